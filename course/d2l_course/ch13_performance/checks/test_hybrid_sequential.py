"""Public checks of ch13/hybrid_sequential."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, probe
from torch import nn

HYBRIDIZE, BACK, TRAIN, EVAL, DOUBLE = "hybridize", "back", "train", "eval", "double the scale"


@probe
def session(module, weight, scale, steps):
    """A network of nn.Linear and a layer of our own; every step is a word or an input.

    For each input: the result, how often the layer's own code ran meanwhile, and num_compiled afterwards.
    """
    import sys
    import types

    if "torch._dynamo" in sys.modules:  # each probe begins without programs, and Dynamo looks its globals up by module
        sys.modules["torch._dynamo"].reset()
        sys.modules[__name__] = types.ModuleType(__name__)
        vars(sys.modules[__name__]).update(globals())

    class Wave(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(scale.clone())

        def forward(self, x):
            return torch.sin(x * self.scale) if self.training else torch.cos(x * self.scale)

    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    linear.weight.data.copy_(weight)
    wave = Wave()
    net = module.HybridSequential(linear, wave) if len(weight) else module.HybridSequential(wave)
    found = []
    for step in steps:
        if isinstance(step, torch.Tensor):
            frames = []

            def count(frame, event, argument, frames=frames):
                if event == "call" and frame.f_code is Wave.forward.__code__:
                    frames.append(event)

            sys.setprofile(count)
            try:
                result = net(step)
            finally:
                sys.setprofile(None)
            found.append((result, len(frames), net.num_compiled))
        elif step == "hybridize":
            net.hybridize()
        elif step == "back":
            net.hybridize(False)
        elif step == "double the scale":
            with torch.no_grad():
                wave.scale *= 2
        else:
            net.train(step == "train")
    return found


@probe
def gradients(module, weight, scale, inputs):
    """Gradients after each of several calls: for the input, the linear layer's weight and the layer's scale."""
    import sys
    import types

    if "torch._dynamo" in sys.modules:  # each probe begins without programs, and Dynamo looks its globals up by module
        sys.modules["torch._dynamo"].reset()
        sys.modules[__name__] = types.ModuleType(__name__)
        vars(sys.modules[__name__]).update(globals())

    class Wave(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(scale.clone())

        def forward(self, x):
            return torch.sin(x * self.scale)

    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    linear.weight.data.copy_(weight)
    net = module.HybridSequential(linear, Wave())
    net.hybridize()
    found = []
    for x in inputs:
        net.zero_grad()
        leaf = x.clone().requires_grad_()
        net(leaf).sum().backward()
        found.append((leaf.grad, linear.weight.grad.clone(), net[1].scale.grad.clone()))
    return found


@probe
def contents(module, hybrid):
    """What the network holds, after a call as a program or without one."""
    import sys
    import types

    if "torch._dynamo" in sys.modules:  # each probe begins without programs, and Dynamo looks its globals up by module
        sys.modules["torch._dynamo"].reset()
        sys.modules[__name__] = types.ModuleType(__name__)
        vars(sys.modules[__name__]).update(globals())
    net = module.HybridSequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    if hybrid:
        net.hybridize()
    x = torch.linspace(-1.0, 1.0, 8).reshape(2, 4)
    plain = net[2](torch.tanh(net[0](x)))
    difference = (net(x) - plain).abs().max()
    return {
        "names": list(net.state_dict()),
        "parameters": sum(p.numel() for p in net.parameters()),
        "children": len(list(net.children())),
        "spread": plain.std(),
        "wrong by": difference,
    }


def plain(x, weight, scale, training=True):
    x = x @ weight.T if len(weight) else x
    return torch.sin(x * scale) if training else torch.cos(x * scale)


def draw(rng):
    """A weight, a scale, and inputs of three rows, of three rows again, and of five."""
    return rng.normal(3, 4), rng.uniform(3, low=0.5, high=2.0), [rng.normal(3, 4), rng.normal(3, 4), rng.normal(5, 4)]


@pytest.mark.weight(2)
def test_imperative_at_first(submission, rng):
    """Without hybridize it is a Sequential like any other, and builds no program."""
    weight, scale, (first, second, third) = draw(rng)
    found = submission.run(session, weight, scale, [first, second, EVAL, third])
    expected = [plain(first, weight, scale), plain(second, weight, scale), plain(third, weight, scale, False)]
    assert_close([result for result, _, _ in found], expected, what="results")
    assert_equal([programs for _, _, programs in found], [0, 0, 0], what="num_compiled after each call")


@pytest.mark.weight(3)
@pytest.mark.needs("imperative_at_first")
def test_the_program_gives_what_the_layers_give(submission, rng):
    """Hybridised, every call gives what the layers give for its own input."""
    weight, scale, inputs = draw(rng)
    found = submission.run(session, weight, scale, [HYBRIDIZE, *inputs, inputs[0]])
    expected = [plain(x, weight, scale) for x in [*inputs, inputs[0]]]
    assert_close([result for result, _, _ in found], expected, what="results")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_python_does_not_run_again(submission, rng):
    """After the first call of a signature, the code written for a layer is not run again."""
    weight, scale, (first, second, _) = draw(rng)
    found = submission.run(session, weight, scale, [first, HYBRIDIZE, first, second, first, second])
    assert_equal(found[0][1], 1, what="number of runs of the layer's code in an imperative call")
    later = [frames for _, frames, _ in found[2:]]
    assert_equal(later, [0, 0, 0], what="number of runs of the layer's code in later calls")


@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_a_program_for_each_signature(submission, rng):
    """num_compiled counts shapes and modes that were met, each once."""
    weight, scale, (first, second, third) = draw(rng)
    steps = [HYBRIDIZE, first, second, third, first, EVAL, first, third, TRAIN, second, third]
    counts = [programs for _, _, programs in submission.run(session, weight, scale, steps)]
    assert_equal(counts, [1, 1, 2, 2, 3, 4, 4, 4], what="num_compiled after each call")


@pytest.mark.needs("a_program_for_each_signature")
def test_dtypes_are_part_of_the_signature(submission, rng):
    """An input of another dtype has a program of its own."""
    x, scale = rng.normal(3, 2), rng.uniform(2, low=0.5, high=2.0)
    found = submission.run(session, torch.zeros(0, 2), scale, [HYBRIDIZE, x, x.double(), x, x.double()])
    assert_close([result for result, _, _ in found], [plain(one, [], scale) for one in (x, x.double()) * 2])
    assert_equal([programs for _, _, programs in found], [1, 2, 2, 2], what="num_compiled after each call")


@pytest.mark.weight(2)
@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_training_and_evaluation(submission, rng):
    """The layer computes something else in evaluation: the program for it does as well."""
    weight, scale, (first, second, _) = draw(rng)
    found = submission.run(session, weight, scale, [HYBRIDIZE, first, EVAL, first, second, TRAIN, second])
    modes = [(first, True), (first, False), (second, False), (second, True)]
    expected = [plain(x, weight, scale, training) for x, training in modes]
    assert_close([result for result, _, _ in found], expected, what="results in training and evaluation")


@pytest.mark.weight(2)
@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_parameters_stay_live(submission, rng):
    """What is done to a parameter shows in the next call, without a new program."""
    weight, scale, (first, second, _) = draw(rng)
    found = submission.run(session, weight, scale, [HYBRIDIZE, first, DOUBLE, first, second, DOUBLE, second])
    factors = [(first, 1), (first, 2), (second, 2), (second, 4)]
    expected = [plain(x, weight, scale * factor) for x, factor in factors]
    assert_close([result for result, _, _ in found], expected, what="results while the scale is doubled")
    assert_equal([programs for _, _, programs in found], [1, 1, 1, 1], what="num_compiled after each call")


@pytest.mark.weight(2)
@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_gradients_reach_input_and_parameters(submission, rng):
    """Gradients flow through the program to its input and to every layer's own parameters."""
    weight, scale, inputs = draw(rng)
    found = submission.run(gradients, weight, scale, inputs)
    for x, mine in zip(inputs, found, strict=True):
        leaves = [tensor.clone().requires_grad_() for tensor in (x, weight, scale)]
        wanted = torch.autograd.grad(plain(*leaves).sum(), leaves)
        assert_close(mine, wanted, what="gradients for input, weight and scale")


@pytest.mark.needs("imperative_at_first")
def test_nothing_is_registered(submission):
    """state_dict, parameters and children are those of the layers, also after a call as a program."""
    found = submission.run(contents, True)
    assert_close(found["wrong by"], 0.0, what="difference from the layers' result", trivial=True, atol=1e-5)
    assert_equal(found["names"], ["0.weight", "0.bias", "2.weight", "2.bias"], what="names in state_dict")
    assert_equal((found["parameters"], found["children"]), (23, 3), what="numbers of parameters and of children")


@pytest.mark.observed
@pytest.mark.needs("python_does_not_run_again")
def test_and_back_again(submission, rng):
    """hybridize(False) runs the layers themselves again, and hybridize() the programs that are there."""
    weight, scale, (first, second, _) = draw(rng)
    found = submission.run(session, weight, scale, [HYBRIDIZE, first, BACK, second, first, HYBRIDIZE, second])
    assert_equal([frames for _, frames, _ in found[1:]], [1, 1, 0], what="runs of the layer's code in each call")
    assert_equal([programs for _, _, programs in found], [1, 1, 1, 1], what="num_compiled after each call")
    expected = [plain(x, weight, scale) for x in (first, second, first, second)]
    assert_close([result for result, _, _ in found], expected, what="results")

"""Hidden checks of ch13/hybrid_sequential."""

import pytest
import torch
import torch.nn.functional as F
from d2l_course.ch13_performance.checks.test_hybrid_sequential import EVAL, HYBRIDIZE, TRAIN, plain, session
from d2l_kit.checks import assert_close, assert_equal, probe
from torch import nn


@probe
def dropping(module, x):
    """Results of a network with dropout, hybridised, in training, in evaluation and in training again."""
    import sys
    import types

    if "torch._dynamo" in sys.modules:  # each probe begins without programs, and Dynamo looks its globals up by module
        sys.modules["torch._dynamo"].reset()
        sys.modules[__name__] = types.ModuleType(__name__)
        vars(sys.modules[__name__]).update(globals())

    class Drop(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, self.training)

    net = module.HybridSequential(nn.Identity(), Drop())
    net.hybridize()
    found = [net(x)]
    net.eval()
    found.append(net(x))
    net.train()
    return [*found, net(x)]


@probe
def training(module, X, y, steps):
    """Losses and weights of a few steps of gradient descent on a network whose layers have names."""
    import sys
    import types
    from collections import OrderedDict

    if "torch._dynamo" in sys.modules:  # each probe begins without programs, and Dynamo looks its globals up by module
        sys.modules["torch._dynamo"].reset()
        sys.modules[__name__] = types.ModuleType(__name__)
        vars(sys.modules[__name__]).update(globals())
    first, second = nn.Linear(3, 4, dtype=X.dtype), nn.Linear(4, 1, dtype=X.dtype)
    start = [p.detach().clone() for layer in (first, second) for p in layer.parameters()]
    net = module.HybridSequential(OrderedDict(hidden=first, squash=nn.Tanh(), out=second))
    net.hybridize()
    losses = []
    for _ in range(steps):
        loss = ((net(X) - y) ** 2).mean()
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= 0.1 * p.grad
        losses.append(loss.item())
    return start, losses, list(net.state_dict()), net.num_compiled


@pytest.mark.weight(3)
@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_any_shapes_and_modes(submission, rng):
    """Results for any shapes, leading axes included, and any order of modes."""
    weight, scale = rng.normal(5, 2), rng.uniform(5, low=0.5, high=2.0)
    steps, expected, mode = [HYBRIDIZE], [], True
    for shape in [(2,), (rng.integers(2, 5), 2), (2, 3, 2), (2,)]:
        x = rng.normal(*shape)
        steps += [x, EVAL if mode else TRAIN, x]
        expected += [plain(x, weight, scale, mode), plain(x, weight, scale, not mode)]
        mode = not mode
    found = submission.run(session, weight, scale, steps)
    assert_close([result for result, _, _ in found], expected, what="results")
    assert_equal(found[-1][2], 6, what="num_compiled for three shapes in two modes")


@pytest.mark.needs("the_program_gives_what_the_layers_give")
def test_dropout_is_drawn_anew(submission, rng):
    """In training something else is dropped in each call, in evaluation nothing."""
    x = rng.uniform(40, 50, low=1.0, high=2.0)
    first, evaluated, second = submission.run(dropping, x)
    assert_close(evaluated, x, what="result in evaluation")
    for result in (first, second):
        kept = result != 0
        assert_close(result, 2 * x * kept, what="result in training")
        assert_close(kept.double().mean(), 0.5, atol=0.1, rtol=0.0, what="share that is kept in training")
    assert not torch.equal(first, second), "two calls in training drop the same elements"


@pytest.mark.weight(2)
@pytest.mark.needs("gradients_reach_input_and_parameters")
def test_it_can_be_trained(submission, rng):
    """A network with named layers takes the same steps as an imperative one, all with one program."""
    X, y = rng.normal(8, 3, dtype=torch.float64), rng.normal(8, 1, dtype=torch.float64)
    start, losses, names, programs = submission.run(training, X, y, 5)
    parameters, wanted = [p.clone().requires_grad_() for p in start], []
    for _ in range(5):
        w1, b1, w2, b2 = parameters
        loss = ((torch.tanh(X @ w1.T + b1) @ w2.T + b2 - y) ** 2).mean()
        grads = torch.autograd.grad(loss, parameters)
        parameters = [(p - 0.1 * g).detach().requires_grad_() for p, g in zip(parameters, grads, strict=True)]
        wanted.append(loss.item())
    assert_close(losses, wanted, rtol=1e-6, what="losses")
    assert_equal(names, ["hidden.weight", "hidden.bias", "out.weight", "out.bias"], what="names in state_dict")
    assert_equal(programs, 1, what="num_compiled")

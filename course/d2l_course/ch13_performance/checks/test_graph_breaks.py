"""Public checks of ch13/graph_breaks."""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, probe
from torch import nn


@probe
def stepped(module, inputs, threshold, cotangents):
    """For each input, what noisy_step gives and the gradient for the input; not compiled."""
    found = []
    for x, cotangent in zip(inputs, cotangents, strict=True):
        leaf = x.clone().requires_grad_()
        result = module.noisy_step(leaf, threshold)
        result.backward(cotangent)
        found.append((result.detach(), leaf.grad))
    return found


@probe
def gated(module, weight, bias, inputs, cotangents):
    """For each input, what a GatedBlock gives and the gradients for input, weight and bias; and names in state_dict."""
    block = module.GatedBlock(len(bias)).to(bias.dtype)
    block.linear.weight.data.copy_(weight)
    block.linear.bias.data.copy_(bias)
    found = []
    for x, cotangent in zip(inputs, cotangents, strict=True):
        block.zero_grad()
        leaf = x.clone().requires_grad_()
        result = block(leaf)
        result.backward(cotangent)
        found.append((result.detach(), leaf.grad, block.linear.weight.grad.clone(), block.linear.bias.grad.clone()))
    return found, list(block.state_dict())


@probe
def compiled(module, name, weights, calls):
    """What a compiled program gives in several calls, after how many compilations; or why it cannot be compiled."""
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch._dynamo.reset()
    program = getattr(module, name)
    if weights:
        program = program(len(weights[1])).to(weights[1].dtype)
        program.linear.weight.data.copy_(weights[0])
        program.linear.bias.data.copy_(weights[1])
    program = torch.compile(program, backend=backend, fullgraph=True)
    results = []
    for args in calls:
        try:
            results.append(program(*args).detach())
        except torch._dynamo.exc.TorchDynamoException as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return {"error": " ".join(lines[:3])[:300], "results": [], "compilations": 0}
    return {"error": "", "results": results, "compilations": len(graphs)}


@probe
def counts(module):
    """count_graphs for functions that break once, never, twice, in a helper that is called three times; and often."""

    def whole(x):
        return torch.sin(x) + 1

    def branch(x):
        y = x * 2
        if y.sum() > 0:
            return y + 1
        return y - 1

    def shout(x):
        x = x + 1
        print("one")
        x = x * 2
        print("two")
        return x - 1

    def helper(x):
        print("again")
        return x + 1

    def loop(x):
        for _ in range(3):
            x = helper(x) * 2
        return x

    x = torch.linspace(0.5, 1.5, 3)
    found = [module.count_graphs(fn, x) for fn in (branch, whole, shout, loop, branch)]
    return [*found, [module.count_graphs(whole, x) for _ in range(9)][-1]]


def step(x, threshold):
    centred = x - x.mean()
    size = centred.detach().norm()
    return centred * (threshold / size) if size > threshold else centred


def gate(x, weight, bias):
    h = x @ weight.T + bias
    return h * h.sum().sqrt() if h.sum() > 0 else torch.tanh(h)


def gradients(function, inputs, cotangent, wrt):
    leaves = [tensor.clone().requires_grad_() if i in wrt else tensor for i, tensor in enumerate(inputs)]
    result = function(*leaves)
    return result.detach(), torch.autograd.grad(result, [leaves[i] for i in wrt], cotangent)


def draw_steps(rng, sizes=(4, 4, 7, 5)):
    """Inputs far from 0 that are by turns longer and shorter than 2 once their mean is gone, and cotangents."""
    inputs = []
    for turn, n in enumerate(sizes):
        x = rng.normal(n)
        x = (x - x.mean()) / (x - x.mean()).norm()
        inputs.append(x * (0.5 if turn % 2 else rng.uniform(low=4.0, high=9.0).item()) + rng.normal() * 5)
    return inputs, [rng.normal(n) for n in sizes]


def draw_gates(rng, shapes=((5, 3), (2, 3), (4, 3), (6, 3)), width=3):
    """A layer, inputs whose outputs' sums are by turns positive and negative, and cotangents."""
    # Near the identity, so that it can be turned round; and the input's own sum has often the other sign.
    weight, bias = torch.eye(width) + 0.2 * rng.normal(width, width), rng.uniform(width, low=2.0, high=3.0)
    inputs = []
    for turn, shape in enumerate(shapes):
        x = rng.normal(*shape)
        h = x @ weight.T + bias
        wanted = h.numel() * (-0.7 if turn % 2 else 0.7 if turn % 4 else 5.0)
        shift = torch.linalg.solve(weight, torch.full((width,), (wanted - h.sum().item()) / h.numel()))
        inputs.append(x + shift)
    return weight, bias, inputs, [rng.normal(*shape) for shape in shapes]


def assert_compiled(found, what):
    if found["error"]:
        raise CheckFailed(
            f"{what} should compile with fullgraph=True.",
            f"Dynamo says: {found['error']}",
            help="torch._dynamo.explain(fn)(*args) lists each break of the graph, with its reason.",
        )


@pytest.mark.weight(3)
@pytest.mark.observed
def test_noisy_step_as_one_graph(submission, rng):
    """noisy_step compiles as a whole, and gives for long and for short inputs what it gave."""
    inputs, cotangents = draw_steps(rng)
    assert_compiled(submission.run(compiled, "noisy_step", None, [(x, 2.0) for x in inputs]), "noisy_step")
    found = [result for result, _ in submission.run(stepped, inputs, 2.0, cotangents)]
    assert_close(found, [step(x, 2.0) for x in inputs], what="results", rtol=1e-4, atol=1e-5)


@pytest.mark.weight(3)
@pytest.mark.observed
def test_gated_block_as_one_graph(submission, rng):
    """GatedBlock compiles as a whole, and gives for positive and for negative sums what it gave."""
    weight, bias, inputs, cotangents = draw_gates(rng)
    assert_compiled(submission.run(compiled, "GatedBlock", (weight, bias), [(x,) for x in inputs]), "GatedBlock")
    found, names = submission.run(gated, weight, bias, inputs, cotangents)
    expected = [gate(x, weight, bias) for x in inputs]
    assert_close([result for result, *_ in found], expected, what="results", rtol=1e-4, atol=1e-5)
    assert_equal(names, ["linear.weight", "linear.bias"], what="names in state_dict")


@pytest.mark.needs("noisy_step_as_one_graph")
def test_gradients_of_noisy_step(submission, rng):
    """The gradient for the input, on both sides; the length counts as a constant."""
    inputs, cotangents = draw_steps(rng)
    found = [gradient for _, gradient in submission.run(stepped, inputs, 2.0, cotangents)]
    expected = [
        gradients(lambda x: step(x, 2.0), [x], cotangent, [0])[1][0]
        for x, cotangent in zip(inputs, cotangents, strict=True)
    ]
    assert_close(found, expected, what="gradients", rtol=1e-4, atol=1e-5)


@pytest.mark.needs("gradients_of_noisy_step")
def test_equal_numbers(submission, rng):
    """Where all numbers are the same, nothing is left, and the gradient is that of taking off the mean."""
    cotangent = rng.normal(4)
    ((result, gradient),) = submission.run(stepped, [torch.full((4,), 3.0)], 2.0, [cotangent])
    assert_close(result, torch.zeros(4), what="result", trivial=True)
    assert_close(gradient, cotangent - cotangent.mean(), what="gradient", rtol=1e-4, atol=1e-5)


@pytest.mark.weight(2)
@pytest.mark.needs("gated_block_as_one_graph")
def test_gradients_of_gated_block(submission, rng):
    """The gradients for input, weight and bias, on both sides, are finite and right."""
    weight, bias, inputs, cotangents = draw_gates(rng)
    found, _ = submission.run(gated, weight, bias, inputs, cotangents)
    for (_, *mine), x, cotangent in zip(found, inputs, cotangents, strict=True):
        _, wanted = gradients(gate, [x, weight, bias], cotangent, [0, 1, 2])
        assert_close(mine, list(wanted), what="gradients for input, weight and bias", rtol=1e-4, atol=1e-4)


@pytest.mark.observed
@pytest.mark.needs("noisy_step_as_one_graph", "gated_block_as_one_graph")
def test_other_sizes_take_one_more_compilation(submission, rng):
    """Six inputs of six sizes take two compilations: one for the first, one for all others."""
    inputs, _ = draw_steps(rng, (2, 3, 4, 5, 6, 7))
    weight, bias, batches, _ = draw_gates(rng, [(n, 3) for n in range(2, 8)])
    calls = {"noisy_step": [(x, 2.0) for x in inputs], "GatedBlock": [(x,) for x in batches]}
    for name, weights in (("noisy_step", None), ("GatedBlock", (weight, bias))):
        found = submission.run(compiled, name, weights, calls[name])
        if found["error"] or found["compilations"] > 2:
            raise CheckFailed(
                f"{name} should be compiled at most twice for inputs of six sizes.",
                found["error"] or f"It was compiled {found['compilations']} times.",
                help="What is compiled holds as long as no Python value changes that it was compiled for.",
            )


@pytest.mark.weight(3)
def test_graphs_are_counted(submission):
    """Functions without a break, with one, with two; a helper that runs three times; one that was counted often."""
    assert_equal(submission.run(counts), [2, 1, 3, 1, 2, 1], what="numbers of graphs")

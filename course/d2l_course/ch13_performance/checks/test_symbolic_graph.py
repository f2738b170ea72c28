"""Public checks of ch13/symbolic_graph."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

SHARED = "def program(a, b):\n    return a * b + b * a\n"
MIXED = "def program(a, b):\n    return (2.0 - a) / b + (-b).exp(), (a * a + 1.0).sqrt() * 3.0, 1.0 / b - 0.5 * a\n"
LOOP = "def program(x):\n    total = 0.0\n    for i in range(4):\n        total = total + x * i\n    return total\n"


@probe
def traced(module, text, inputs, known):
    """What a program's graph gives: results, optimised results, and the lists of operations."""
    namespace = {"calls": 0}
    exec(text + "\ndef counting(*args):\n    global calls\n    calls += 1\n    return program(*args)\n", namespace)
    graph = module.trace(namespace["counting"], len(inputs))
    before = list(graph.ops)
    small = graph.optimize(known) if known else graph.optimize()
    return {
        "run": graph.run(*inputs),
        "optimised ops": small.ops,
        "optimised run": small.run(*inputs),
        "ops": before,
        "optimised outputs": small.outputs,
        "ops afterwards": graph.ops,
        "calls": namespace["calls"],
    }


@probe
def traced_only(module, text, n_inputs):
    namespace = {}
    exec(text, namespace)
    return module.trace(namespace["program"], n_inputs).ops


@probe
def gradients(module, text, inputs):
    """Gradients of the sum of all results, through the graph and through the optimised one."""
    namespace, found = {}, []
    exec(text, namespace)
    graph = module.trace(namespace["program"], len(inputs))
    for one in (graph, graph.optimize()):
        leaves = [x.clone().requires_grad_() for x in inputs]
        sum(result.sum() for result in one.run(*leaves)).backward()
        found.append([leaf.grad for leaf in leaves])
    return found


def eager(text, inputs):
    namespace = {}
    exec(text, namespace)
    result = namespace["program"](*inputs)
    return result if isinstance(result, tuple) else (result,)


def kinds(ops):
    return [op for _name, op, _args in ops]


@pytest.mark.weight(3)
def test_the_graph_gives_what_python_gives(submission, rng):
    """A traced program's results are those of the program itself, numbers on either side included."""
    inputs = [rng.uniform(5, low=0.5, high=2.0), rng.uniform(5, low=0.5, high=2.0)]
    for text in (MIXED, SHARED):
        assert_close(submission.run(traced, text, inputs, {})["run"], eager(text, inputs), what="results of run")


@pytest.mark.needs("the_graph_gives_what_python_gives")
def test_operations_are_listed(submission, rng):
    """Each operation stands in the list with its name, in order; a loop leaves as many as it has turns."""
    ops = submission.run(traced, SHARED, [rng.normal(3), rng.normal(3)], {})["ops"]
    assert_equal(kinds(ops), ["mul", "mul", "add"], what="operations of a * b + b * a")
    first, second, third = ops
    assert_equal(first[2], ("x0", "x1"), what="arguments of the first multiplication")
    assert_equal(second[2], ("x1", "x0"), what="arguments of the second multiplication")
    assert_equal(third[2], (first[0], second[0]), what="arguments of the addition")
    found = submission.run(traced, LOOP, [rng.normal(3)], {})
    assert_equal(kinds(found["ops"]), ["mul", "add"] * 4, what="operations of the loop")


@pytest.mark.observed
@pytest.mark.needs("the_graph_gives_what_python_gives")
def test_python_runs_once(submission, rng):
    """The program's Python runs once, while it is traced, and never in run or optimize."""
    assert_equal(submission.run(traced, SHARED, [rng.normal(3), rng.normal(3)], {})["calls"], 1, what="calls")


@pytest.mark.weight(2)
@pytest.mark.needs("operations_are_listed")
def test_common_subexpressions(submission, rng):
    """What has been computed is not computed again; factors and summands may change places, others may not."""
    inputs = [rng.normal(4), rng.normal(4) + 3.0]
    text = "def program(a, b):\n    return a * b + (a * b + b * a)\n"
    found = submission.run(traced, text, inputs, {})
    assert_equal(kinds(found["optimised ops"]), ["mul", "add", "add"], what="operations of a * b + (a * b + b * a)")
    text = "def program(a, b):\n    return (a - b) * (b - a) + (a / b) * (b / a + 2.0) + (2.0 + b / a)\n"
    found = submission.run(traced, text, inputs, {})
    assert_close(found["optimised run"], eager(text, inputs), what="results after optimize")
    assert_equal(len(found["optimised ops"]), 9, what="number of operations")
    text = "def program(a, b):\n    return (a * b + 1.0).exp() - (1.0 + b * a).exp() * a\n"  # equal only through equals
    found = submission.run(traced, text, inputs, {})
    assert_equal(kinds(found["optimised ops"]), ["mul", "add", "exp", "mul", "sub"], what="operations")


@pytest.mark.weight(2)
@pytest.mark.needs("operations_are_listed")
def test_dead_code(submission, rng):
    """What no output needs is left out, also if it is needed by something that is not needed itself."""
    text = "def program(a, b):\n    c = a + b\n    d = c.exp()\n    e = d * b\n"
    text += "    f = a - b\n    g = f * 2.0\n    h = g + c\n    return g, a\n"
    inputs = [rng.normal(4), rng.normal(4)]
    found = submission.run(traced, text, inputs, {})
    assert_equal(kinds(found["optimised ops"]), ["sub", "mul"], what="operations")
    assert_close(found["optimised run"], eager(text, inputs), what="results after optimize")


@pytest.mark.weight(2)
@pytest.mark.needs("operations_are_listed")
def test_constant_folding(submission, rng):
    """What depends on known inputs only is computed in advance, and run does not look at these inputs any more."""
    text = "def program(x, rate, decay):\n    return x - (rate / (1.0 + decay * 3.0)).sqrt() * x, -rate\n"
    x = rng.normal(4)
    found = submission.run(traced, text, [x, torch.tensor(9.0), torch.tensor(9.0)], {1: 0.5, 2: 0.25})
    assert_close(found["optimised run"], (x - math.sqrt(0.5 / 1.75) * x, -0.5), what="results after optimize")
    assert_equal(kinds(found["optimised ops"]), ["mul", "sub"], what="operations")


@pytest.mark.needs("common_subexpressions")
def test_the_graph_stays_as_it_is(submission, rng):
    """optimize makes a new graph and leaves the list of the old one alone."""
    found = submission.run(traced, SHARED, [rng.normal(3), rng.normal(3)], {})
    assert_equal(found["ops afterwards"], found["ops"], what="list of operations after optimize")


@pytest.mark.needs("the_graph_gives_what_python_gives")
def test_control_flow_is_refused(submission):
    """An `if` on a traced value is a TypeError: it has no value yet."""
    text = "def program(x):\n    if x:\n        return x + 1.0\n    return x\n"
    assert_raises(TypeError, submission.run, traced_only, text, 1)


@pytest.mark.needs("common_subexpressions")
def test_gradients_flow_through_the_graph(submission, rng):
    """Gradients reach the inputs through run, before and after optimize."""
    inputs = [rng.uniform(4, low=0.5, high=2.0), rng.uniform(4, low=0.5, high=2.0)]
    leaves = [x.clone().requires_grad_() for x in inputs]
    wanted = torch.autograd.grad(sum(result.sum() for result in eager(MIXED, leaves)), leaves)
    for found, which in zip(submission.run(gradients, MIXED, inputs), ("graph", "optimised graph"), strict=True):
        assert_close(found, list(wanted), what=f"gradients through the {which}")

"""Hidden checks of ch13/symbolic_graph."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_symbolic_graph import MIXED, SHARED, eager, kinds, traced
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe

BY_HAND = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "sqrt": lambda a: a**0.5,
    "exp": lambda a: a.exp(),
}


@probe
def counted(module, text, inputs):
    """The operations listed, and those that torch was asked for in run, before and after optimize."""
    from torch.overrides import TorchFunctionMode

    class Counter(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            names.append(function.__name__.strip("_"))
            return function(*args, **(kwargs or {}))

    namespace, found = {}, []
    exec(text, namespace)
    graph = module.trace(namespace["program"], len(inputs))
    for one in (graph, graph.optimize()):
        names = []
        with Counter():
            one.run(*inputs)
        found.append((len(one.ops), len([name for name in names if name in ("add", "sub", "mul", "exp", "neg")])))
    return found


@probe
def run_with(module, text, n_inputs, inputs):
    namespace = {}
    exec(text, namespace)
    return module.trace(namespace["program"], n_inputs).run(*inputs)


@probe
def optimised_twice(module, text, inputs, known):
    namespace = {}
    exec(text, namespace)
    small = module.trace(namespace["program"], len(inputs)).optimize(known).optimize()
    return small.ops, small.run(*inputs)


def draw_program(rng, lines):
    """Straight-line code over three inputs, with much in common and some of it dead."""
    names, text = ["a", "b", "c"], ["def program(a, b, c):"]
    for i in range(lines):
        first, second = rng.choice(names), rng.choice([*names, "2.0", "0.5"])
        form = rng.choice(["{} + {}", "{} * {}", "{} + {}", "{} - {}", "{1} / {0}", "{1} * {0}", "{1} + {0}", "-{}"])
        text.append(f"    v{i} = {form.format(first, second)}")
        names.append(f"v{i}")
    return "\n".join([*text, f"    return v{lines - 1} * 1.5, {rng.choice(names[3:])}"]) + "\n"


def evaluated(ops, outputs, inputs):
    """The list of operations, gone through by the grader itself."""
    values = {f"x{i}": x for i, x in enumerate(inputs)}
    for name, op, args in ops:
        assert name not in values, f"the name {name!r} occurs twice"
        values[name] = BY_HAND[op](*(values[arg] if isinstance(arg, str) else arg for arg in args))
    return tuple(values[output] if isinstance(output, str) else output for output in outputs)


def fewest(ops, outputs):
    """How many different expressions the outputs need."""
    meaning = {}
    for name, op, args in ops:
        parts = [repr(meaning.get(arg, arg)) for arg in args]
        meaning[name] = (op, *(sorted(parts) if op in ("add", "mul") else parts))
    needed, todo = set(), [meaning[output] for output in outputs if output in meaning]
    by_text = {repr(one): one for one in meaning.values()}
    while todo:
        one = todo.pop()
        if one not in needed:
            needed.add(one)
            todo += [by_text[part] for part in one[1:] if part in by_text]
    return len(needed)


@probe
def outputs_of(module, text, n_inputs):
    namespace = {}
    exec(text, namespace)
    graph = module.trace(namespace["program"], n_inputs)
    return graph.ops, graph.outputs


@pytest.mark.weight(3)
@pytest.mark.needs("the_graph_gives_what_python_gives")
def test_any_program(submission, rng):
    """Results of any straight-line program, from both graphs, and what the optimised list itself computes."""
    for lines in (4, 8, 12):
        text = draw_program(rng, lines)
        inputs = [rng.uniform(3, low=1.0, high=2.0, dtype=torch.float64) for _ in range(3)]
        found, wanted = submission.run(traced, text, inputs, {}), eager(text, inputs)
        assert_close(found["run"], wanted, what="results of run")
        assert_close(found["optimised run"], wanted, what="results of run after optimize")
        by_list = evaluated(found["optimised ops"], found["optimised outputs"], inputs)
        assert_close(by_list, wanted, what="what the listed operations compute")


@pytest.mark.weight(2)
@pytest.mark.needs("operations_are_listed")
def test_no_operation_too_many(submission, rng):
    """After optimize there are as few operations as folding, sharing and leaving out allow."""
    for lines in (6, 10, 14):
        text = draw_program(rng, lines)
        ops, outputs = submission.run(outputs_of, text, 3)
        inputs = [rng.uniform(3, low=1.0, high=2.0) for _ in range(3)]
        found = submission.run(traced, text, inputs, {})["optimised ops"]
        assert_equal(len(found), fewest(ops, outputs), what="number of operations after optimize")


@pytest.mark.observed
@pytest.mark.needs("common_subexpressions")
def test_run_computes_each_operation_once(submission, rng):
    """run does the operations of the list, and no others."""
    text = "def program(a, b):\n    c = a * b + b * a\n    return c.exp() - a, -c, a * b\n"
    (ops, done), (few_ops, few_done) = submission.run(counted, text, [rng.normal(3), rng.normal(3)])
    assert_equal((ops, few_ops), (7, 5), what="numbers of operations listed")
    assert_equal(done, ops, what="number of operations in run")
    assert_equal(few_done, few_ops, what="number of operations in run after optimize")


@pytest.mark.needs("operations_are_listed")
def test_outputs_that_need_no_operation(submission, rng):
    """A program may return its inputs, a number, or something that is known in advance."""
    text = "def program(a, b, c):\n    return b, a * 2.0 - a, 3.5, c * 2.0 + 1.0\n"
    inputs = [rng.normal(3), rng.normal(3), rng.normal(3)]
    found = submission.run(traced, text, inputs, {2: 0.5})
    assert_close(found["optimised run"], (inputs[1], inputs[0], 3.5, 2.0), what="results after optimize")
    assert_equal(kinds(found["optimised ops"]), ["mul", "sub"], what="operations")
    ops, results = submission.run(optimised_twice, text, inputs, {2: 0.5})
    assert_equal(kinds(ops), ["mul", "sub"], what="operations after optimizing twice")
    assert_close(results, (inputs[1], inputs[0], 3.5, 2.0), what="results after optimizing twice")


@pytest.mark.needs("operations_are_listed")
def test_every_operation_can_be_folded(submission, rng):
    """Every operation on known numbers is computed in advance, exactly as Python does it."""
    text = "def program(x, k):\n    return x * ((-k).exp() + (k / 3.0 - 0.1).sqrt() * (2.0 - k) + 1.0 / k), k + 0.1\n"
    k, x = rng.integers(5, 40) / 16, rng.normal(3, dtype=torch.float64)
    number = torch.tensor(k, dtype=torch.float64)
    found = submission.run(traced, text, [x, torch.tensor(77.0, dtype=torch.float64)], {1: k})
    assert_equal(kinds(found["optimised ops"]), ["mul"], what="operations")
    wanted = eager(text, [x, number])
    assert_close(found["optimised run"], (wanted[0], k + 0.1), what="results after optimize", rtol=1e-12)


@pytest.mark.needs("the_graph_gives_what_python_gives")
def test_the_number_of_inputs_is_checked(submission, rng):
    """Too few or too many inputs are a ValueError that names both numbers."""
    x = rng.normal(3)
    assert_close(submission.run(run_with, MIXED, 2, [x + 9.0, x + 7.0]), eager(MIXED, [x + 9.0, x + 7.0]))
    assert_raises(ValueError, submission.run, run_with, SHARED, 2, [x], mentions=("1", "2"))
    assert_raises(ValueError, submission.run, run_with, SHARED, 2, [x, x, x], mentions=("2", "3"))

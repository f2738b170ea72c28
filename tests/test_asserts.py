"""The assertions of checks: every fair form of a right answer passes, a wrong one is told what is wrong with it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from d2l_kit.checks import (
    CheckFailed,
    Subject,
    assert_accuracy,
    assert_close,
    assert_dtype,
    assert_equal,
    assert_faster,
    assert_gradients,
    assert_raises,
    assert_shape,
    assert_unchanged,
    probe,
)
from d2l_kit.errors import AuthorError
from d2l_kit.grading.evidence import LocalModule, NoAnswer
from d2l_kit.worker.protocol import Answer
from hypothesis import given, settings
from hypothesis import strategies as st

NAN = math.nan
M = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def refused(assertion: Callable[..., Any], *args: Any, **kwargs: Any) -> CheckFailed:
    """The failure of an assertion that must fail."""
    with pytest.raises(CheckFailed) as caught:
        assertion(*args, **kwargs)
    assert caught.value.expected.endswith(".") and caught.value.got
    return caught.value


def said(failure: CheckFailed) -> str:
    """All that a student reads of a failed public check."""
    return "\n".join((failure.expected, failure.got, failure.secret, failure.help))


# assert_close: what is right


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (M.clone(), M),
        (M.double(), M),
        (M.t().contiguous().t(), M),
        (M.clone().requires_grad_(), M),
        (M + 1e-6, M),
        (M.half(), M),
        (M, M.numpy()),
        (M.numpy(), M.numpy()),
        (0.1, 0.1),
        (0.1, np.float64(0.1)),
        (np.float32(0.1), 0.1),
        (np.float64(0.1), 0.1),
        (np.array(0.1), 0.1),
        (torch.tensor(0.1), 0.1),
        (torch.tensor(0.1, dtype=torch.float64), 0.1),
        (0.1, torch.tensor(0.1)),
        (np.float32(0.1), torch.tensor(0.1)),
        (3, 3.0),
        (torch.tensor(3), 3.0),
        (3.0, torch.tensor(3)),
        ([M, 0.5], (M, 0.5)),
        ((M, 0.5), [M, 0.5]),
        ({"loss": 0.5, "out": [M]}, {"loss": torch.tensor(0.5), "out": (M,)}),
        (torch.tensor([1.0, NAN]), torch.tensor([1.0, NAN])),
        (torch.tensor([1.0, math.inf]), torch.tensor([1.0, math.inf])),
        (torch.empty(0, 3), torch.empty(0, 3)),
        (torch.tensor([1, 2]), torch.tensor([1, 2], dtype=torch.int32)),
        (torch.tensor([1 + 2j]), torch.tensor([1 + 2j])),
        (1 + 2j, torch.tensor(1 + 2j)),
    ],
)
def test_every_fair_form_of_the_right_numbers_is_close(actual: Any, expected: Any) -> None:
    assert_close(actual, expected)


@given(st.lists(st.floats(-1e3, 1e3, width=32).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_rounding_in_another_precision_is_close(numbers: list[float]) -> None:
    exact = torch.tensor(numbers, dtype=torch.float64)
    assert_close(exact.float(), exact)
    assert_close(exact, exact.float())
    assert_close(exact.bfloat16(), exact)


# assert_close: what is wrong


@pytest.mark.parametrize(
    ("actual", "expected", "fragments"),
    [
        (None, M, ("should be a torch tensor", "returned None", "Is a `return` missing?")),
        (M.tolist(), M, ("should be a torch tensor", "not a Python list")),
        (M.numpy(), M, ("should be a torch tensor", "carries no gradient")),
        (2.0, M, ("should be a torch tensor", "returned 2.0")),
        (M, 2.0, ("should have shape ()", "shape (2, 3)")),
        ("0.1", 0.1, ("should be a number", "'0.1'")),
        (None, 0.1, ("should be a number", "returned None")),
        ([0.1], 0.1, ("should be a number", "[0.1]")),
        (torch.tensor([0.1]), 0.1, ("should have shape ()", "shape (1,)")),
        (M[0], M, ("should have shape (2, 3)", "It has shape (3,)", "leading axis is missing")),
        (M[:1], M, ("shape (1, 3)",)),
        (M.t(), M, ("shape (3, 2)", "last two axes are swapped")),
        (M[None], M, ("shape (1, 2, 3)", "axis of size 1 too many (axis 0)")),
        (torch.empty(0, 3), M, ("shape (0, 3)",)),
        (M, torch.empty(0, 3), ("should have shape (0, 3)",)),
        (M.long(), M, ("should hold floating-point numbers", "torch.int64")),
        (M, M.long(), ("should hold whole numbers", "torch.float32")),
        (M > 0, (M > 0).long(), ("should hold whole numbers", "torch.bool")),
        ((M > 0).long(), M > 0, ("should hold true and false", "torch.int64")),
        (M.to(torch.complex64), M, ("should hold floating-point numbers", "torch.complex64")),
        (1 + 0j, 1.0, ("should hold floating-point numbers", "torch.complex64")),
        (-M, M, ("right values", "6 of 6 numbers are wrong", "first is at [0, 0]", "wrong sign", "-1.0 for 1.0")),
        (M + torch.tensor([0.0, 0.0, 0.5]), M, ("2 of 6 numbers are wrong", "first is at [0, 2]")),
        (0.2, 0.1, ("The number is wrong", "0.2")),
        (M * NAN, M, ("should be finite", "6 of 6 numbers are NaN or infinite")),
        (torch.tensor([1.0, math.inf]), torch.tensor([1.0, 2.0]), ("should be finite", "1 of 2")),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, NAN]), ("right values", "first is at [1]")),
        (M, [M, M], ("should be a tuple or list of 2",)),
        ([M], (M, M), ("should have 2 parts", "It has 1")),
        ([M, -M], (M, M), ("result[1]", "wrong sign")),
        (M, {"loss": 1.0}, ("should be a dictionary",)),
        ({"los": 1.0}, {"loss": 1.0}, ("keys ['loss']", "['los']")),
        ({"loss": 2.0}, {"loss": 1.0}, ("result['loss']",)),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(actual: Any, expected: Any, fragments: Sequence[str]) -> None:
    text = said(refused(assert_close, actual, expected))
    assert [part for part in fragments if part not in text] == [], text


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 1), (1,), (), (1, 1, 1)])
def test_what_would_broadcast_is_no_answer(shape: tuple[int, ...]) -> None:
    assert "should have shape (2, 3)" in said(refused(assert_close, torch.ones(shape), torch.ones(2, 3)))


@given(
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
)
@settings(max_examples=100, deadline=None)
def test_only_the_very_shape_is_accepted(mine: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    actual, expected = torch.ones(mine), torch.ones(theirs)
    if mine == theirs:
        assert_close(actual, expected)
        assert_equal(actual, expected)
    else:
        refused(assert_close, actual, expected)
        refused(assert_equal, actual, expected)


def test_what_is_expected_stays_secret_and_apart() -> None:
    failure = refused(assert_close, torch.tensor([7.0, 8.5]), torch.tensor([1.25, 2.0]), what="loss")
    assert "1.25" in failure.secret
    assert "1.25" not in failure.expected + failure.got + failure.help
    assert failure.expected == "The loss should have the right values."


def test_the_dtype_counts_only_where_it_is_asked_for() -> None:
    assert_close(M.double(), M)
    assert_close(M, M, dtype=True)
    failure = refused(assert_close, M.double(), M, dtype=True)
    assert (failure.expected, failure.got) == ("The result should be of torch.float32.", "It is of torch.float64.")


def test_tolerances_can_be_set_and_follow_the_coarser_dtype_otherwise() -> None:
    assert_close(M + 0.05, M, atol=0.1)
    assert_close(M * 1.05, M, rtol=0.1)
    refused(assert_close, M + 1e-3, M)
    refused(assert_close, M.double() + 1e-5, M.double())
    assert_close((M + 5e-6).double(), M)
    refused(assert_close, M.long() + 1, M.long())


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        (torch.zeros(3), {}),
        (torch.zeros(3, dtype=torch.int64), {}),
        (torch.full((3,), 1e-6), {}),
        (torch.full((3,), 0.5), {"atol": 0.6}),
        (torch.full((3,), 0.5), {"rtol": 1.0}),
        (0.0, {}),
        ([M, torch.zeros(2)], {}),
        ({"a": 0.0}, {}),
    ],
)
def test_an_expectation_that_zeros_would_meet_is_never_met(expected: Any, given: Any) -> None:
    # No error of ours: it may be made of the submission's own answers. The solution fails too, so `verify` tells.
    failure = refused(assert_close, expected, expected, **given)
    assert "should not be zero everywhere" in failure.expected
    assert "choose other inputs, or say trivial=True" in failure.secret
    assert_close(expected, expected, trivial=True, **given)


def test_a_coarse_dtype_neither_blames_the_author_nor_lets_zeros_pass() -> None:
    small = torch.full((3,), 2e-3)
    assert_close(small.bfloat16(), small)
    for dtype in (torch.bfloat16, torch.float16):
        refused(assert_close, torch.zeros(3, dtype=dtype), small)
    assert_close(M.bfloat16(), M)


@pytest.mark.parametrize("expected", ["text", None, {1, 2}])
def test_assert_close_of_no_numbers_is_never_met(expected: Any) -> None:
    failure = refused(assert_close, expected, expected)
    assert "should be numbers" in failure.expected and "use assert_equal" in failure.secret


# assert_equal


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (3, 3),
        (np.int64(3), 3),
        (torch.tensor(3), 3),
        (3, torch.tensor(3)),
        (True, True),
        (np.bool_(True), True),
        ("same", "same"),
        ((2, 3), [2, 3]),
        ([2, [3]], (2, (3,))),
        ({"a": [1]}, {"a": (1,)}),
        (None, None),
        (torch.tensor([1, 2]), torch.tensor([1, 2])),
        (torch.tensor([1, 2], dtype=torch.int32), torch.tensor([1, 2])),
        (torch.tensor([True]), torch.tensor([True])),
        (torch.tensor([0.1]), torch.tensor([0.1])),
        (2**70, 2**70),
    ],
)
def test_what_is_exactly_the_same_is_equal(actual: Any, expected: Any) -> None:
    assert_equal(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "fragments"),
    [
        (4, 3, ("returned 4", "Expected 3", "One too many")),
        (-3, 3, ("The sign is wrong",)),
        (True, 1, ("returned True",)),
        (1, True, ("returned 1",)),
        (None, 3, ("returned None",)),
        ("3", 3, ("'3'",)),
        (NAN, 3, ("nan",)),
        (2**70, 3, ("1180591620717411303424",)),
        (2**4000, 3, ("…",)),
        ((2, 3), (2, 4), ("(2, 3)",)),
        (torch.tensor([257]), torch.tensor([1], dtype=torch.uint8), ("int64 (1,) [257]",)),
        (torch.tensor([7, 0]), torch.tensor([True, False]), ("[7, 0]",)),
        (torch.tensor([True]), torch.tensor([1]), ("bool",)),
        (torch.tensor([1 + 5j]), torch.tensor([1]), ("complex64",)),
        (torch.tensor([1.9]), torch.tensor([1]), ("float32",)),
        (torch.tensor([1.0]), torch.tensor([1]), ("float32",)),
        (torch.tensor([0.1], dtype=torch.float64), torch.tensor([0.1]), ("float64",)),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), ("[1, 2]",)),
        (torch.zeros(2_000_000, dtype=torch.uint8), 3, ("uint8 tensor (2000000,)",)),
        ([1, 2], torch.tensor([1, 2]), ("should be a torch tensor",)),
    ],
)
def test_what_differs_is_told_apart(actual: Any, expected: Any, fragments: Sequence[str]) -> None:
    text = said(refused(assert_equal, actual, expected))
    assert [part for part in fragments if part not in text] == [], text


# assert_shape, assert_dtype, assert_accuracy


def test_shapes_and_dtypes() -> None:
    assert_shape(M, (2, 3))
    assert_shape(M.numpy(), [2, 3])
    assert_shape(torch.tensor(1.0), ())
    assert "should have shape (3, 2)" in said(refused(assert_shape, M, (3, 2)))
    assert "should be a tensor" in said(refused(assert_shape, [[1.0]], (1, 1)))
    assert_dtype(M, torch.float32)
    assert "It is of torch.float32." in said(refused(assert_dtype, M, torch.float64))
    assert "should be a tensor" in said(refused(assert_dtype, 1.0, torch.float64))


def test_accuracy_is_told_beside_that_of_the_most_frequent_class() -> None:
    labels = torch.tensor([0, 0, 1, 2])
    for right in (labels, labels.numpy(), labels.float(), labels.int()):
        assert_accuracy(right, labels, at_least=1.0)
    assert_accuracy(torch.tensor([0, 0, 1, 1]), labels, at_least=0.75)
    text = said(refused(assert_accuracy, torch.zeros(4), labels, at_least=0.9))
    assert "at least 90%" in text and "It is 50.0%" in text and "most frequent class gives 50.0%" in text
    assert "shape (4,)" in said(refused(assert_accuracy, torch.zeros(4, 10), labels, at_least=0.1))
    assert "tensor of labels" in said(refused(assert_accuracy, [0, 0, 1, 2], labels, at_least=0.1))
    refused(assert_accuracy, torch.full((4,), NAN), labels, at_least=0.1)


# What asks the submission. The "submission" is a module in this process, which answers as a worker would.

Student = Callable[[str], Subject]


@pytest.fixture
def student(tmp_path: Path) -> Student:
    """Makes a subject of a source text."""

    def make(source: str, role: str = "submission") -> Subject:
        path = tmp_path / f"{role}.py"
        path.write_text("import torch\n\n\n" + source, encoding="utf-8")
        subject = Subject(role, LocalModule(path, role).ask, 1)
        subject.pristine = lambda: Subject("yardstick", subject.ask, 2)
        return subject

    return make


def test_an_error_of_the_right_kind_and_words_is_accepted(student: Student) -> None:
    mine = student("def root(x):\n    if x < 0:\n        raise ValueError(f'{x} has no root')\n    return x ** 0.5\n")
    assert_raises(ValueError, mine.root, -4)
    assert_raises(ValueError, mine.root, -4, mentions=("-4",))
    assert_raises(Exception, mine.root, -4)
    assert_raises(TypeError, mine.root, "x")


@pytest.mark.parametrize(
    ("body", "error", "fragments"),
    [
        ("return x", ValueError, ("should raise ValueError", "No error came", "it returned -4")),
        ("raise KeyError('k')", ValueError, ("should raise ValueError", "It raised KeyError: 'k'")),
        ("raise ValueError('bad')", ValueError, ("should name the offending value ('-4')", "'bad'")),
        ("class ValueError(Exception): pass\n    raise ValueError('-4')", ValueError, ("It raised ValueError",)),
    ],
)
def test_no_error_another_or_a_poor_message_is_refused(student: Student, body, error, fragments) -> None:
    mine = student(f"def root(x):\n    {body}\n")
    text = said(refused(assert_raises, error, mine.root, -4, mentions=("-4",)))
    assert [part for part in fragments if part not in text] == [], text


def test_the_error_a_stub_raises_is_never_the_error_asked_for(student: Student) -> None:
    mine = student("def root(x):\n    raise NotImplementedError\n")
    for error in (ValueError, RuntimeError, Exception):
        with pytest.raises(NoAnswer):
            assert_raises(error, mine.root, -4)
    assert_raises(NotImplementedError, mine.root, -4)


def test_a_call_that_did_not_even_raise_ends_the_check(student: Student) -> None:
    hangs = Subject("submission", lambda probe, payload, seed: Answer("timeout"), 1)
    with pytest.raises(NoAnswer):
        assert_raises(ValueError, hangs.root, -4)
    broken = student("def root(x):\n    raise ValueError('-4')\n", role="reference")
    with pytest.raises(NoAnswer):  # the reference's own error is never the submission's
        assert_raises(ValueError, broken.root, -4)


def test_arguments_that_stay_as_they_were_pass(student: Student) -> None:
    mine = student("def double(x, ys):\n    return x * 2 + ys[0] * 0\n")
    assert_unchanged(mine, "double", M, [1.0])
    assert_unchanged(mine, "double", torch.tensor([NAN, -0.0]), [1.0])
    assert_unchanged(mine, "double", torch.empty(0), [1.0])
    assert_unchanged(student("def double(x):\n    return x.shape[0]\n"), "double", M)
    assert_unchanged(student("def double(x):\n    return x + 1, [x + 2]\n"), "double", M)


@pytest.mark.parametrize(
    ("body", "fragments"),
    [
        ("return x.mul_(2)", ("leave its arguments", "Argument 1 was changed", "Work on a copy")),
        ("x[0, 0] = float('nan'); return x + 1", ("Argument 1 was changed",)),
        ("x.resize_(1); return x + 1", ("Argument 1 was changed",)),
        ("x.data = x.double(); return x + 1", ("Argument 1 was changed",)),
        ("return x", ("a tensor of its own", "shares memory with argument 1")),
        ("return x.view(-1)", ("shares memory with argument 1",)),
        ("return x[0], x + 1", ("shares memory with argument 1",)),
        ("return x.t()", ("shares memory with argument 1",)),
    ],
)
def test_changed_and_shared_arguments_are_refused(student: Student, body: str, fragments: Sequence[str]) -> None:
    mine = student(f"def double(x):\n    {body}\n")
    text = said(refused(assert_unchanged, mine, "double", M))
    assert [part for part in fragments if part not in text] == [], text


RIGHT_GRADIENTS = (
    "return x ** 2 * w",
    "return torch.einsum('ij,ij->ij', x * x, w.expand_as(x))",
    "out = torch.zeros_like(x)\n    for i in range(len(x)):\n        out[i] = x[i] ** 2 * w\n    return out",
)


@pytest.mark.parametrize("body", RIGHT_GRADIENTS)
def test_gradients_that_are_the_oracles_pass(student: Student, body: str) -> None:
    mine, reference = (
        student(f"def f(x, w):\n    {body}\n"),
        student("def f(x, w):\n    return x * x * w\n", "reference"),
    )
    W = torch.tensor([0.5, 1.0, -2.0])
    assert_gradients(mine, "f", (M, W), lambda x, w: x * x * w, wrt=(0, 1))
    assert_gradients(mine, "f", (M, W), reference, wrt=(1,))


@pytest.mark.parametrize(
    ("body", "fragments"),
    [
        ("return (x ** 2 * w).detach()", ("flow from the result back to argument 1", "cut off", ".detach()")),
        ("return x.detach() ** 2 * w", ("back to argument 1",)),
        ("return x ** 2 * w.data", ("back to argument 2",)),
        ("return torch.tensor((x ** 2 * w).tolist())", ("back to argument 1",)),
        ("return x.detach() * x * w * 1", ("gradient for argument 1", "1/2 of")),
        ("return (x ** 2 * w).sum(0)", ("should have shape (2, 3)",)),
        ("return None", ("should be a tensor", "returned None")),
        ("return (x ** 2 * w, x)", ("should be a tensor",)),
    ],
)
def test_gradients_that_do_not_arrive_or_are_wrong_are_refused(student: Student, body, fragments) -> None:
    mine = student(f"def f(x, w):\n    {body}\n")
    W = torch.tensor([0.5, 1.0, -2.0])
    text = said(refused(assert_gradients, mine, "f", (M, W), lambda x, w: x * x * w, wrt=(0, 1)))
    assert [part for part in fragments if part not in text] == [], text


def test_a_gradient_that_is_only_summed_right_is_refused(student: Student) -> None:
    class_ = (
        "class Wrong(torch.autograd.Function):\n"
        "    @staticmethod\n    def forward(ctx, x):\n        return x * 2\n\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return torch.full_like(g, 2.0)\n\n\n"
        "def f(x):\n    return Wrong.apply(x)\n"
    )
    refused(assert_gradients, student(class_), "f", (M,), lambda x: x * 2)


def test_a_gradient_of_zero_proves_nothing(student: Student) -> None:
    mine = student("def f(x):\n    return x * 0\n")
    assert "zeros would pass" in said(refused(assert_gradients, mine, "f", (M,), lambda x: x * 0)).lower()


@probe
def quick(module, xs):
    return [module.f(x) for x in xs]


@probe
def slow(module, n):
    return n


class Clock:
    """Answers with times that are made up."""

    def __init__(self, fast: float, slow: float) -> None:
        self.times = {"quick": fast, "slow": slow}

    def __call__(self, what, payload, seed) -> Answer:
        return Answer("returned", [1.0], seconds=self.times[what.name])


def timed(fast: float, slow_: float) -> Subject:
    clock = Clock(fast, slow_)
    return Subject("submission", clock, 1, lambda: Subject("yardstick", clock, 2))


def test_speed_is_compared_per_item_and_every_rounds_result_is_given_back() -> None:
    inputs = itertools.count(1)
    rounds = assert_faster(
        timed(0.01, 0.05), quick, slow, fast_args=lambda: ([next(inputs)],), slow_args=(1,), work=(100, 1), ratio=400
    )
    assert [args for args, _result in rounds] == [([n],) for n in range(1, len(rounds) + 1)]
    assert all(result == [1.0] for _args, result in rounds)


def test_too_slow_is_refused_with_the_ratio_that_was_measured() -> None:
    failure = refused(
        assert_faster,
        timed(0.01, 0.05),
        quick,
        slow,
        fast_args=lambda: ([1],),
        slow_args=(1,),
        work=(100, 1),
        ratio=600,
    )
    assert "at least 600 times faster" in failure.expected
    assert failure.got == "It is 500 times faster."
    assert failure.measure == pytest.approx(500)


def test_a_reference_has_no_yardstick() -> None:
    with pytest.raises(AuthorError, match="yardstick"):
        assert_faster(
            Subject("reference", Clock(1, 1), 1), quick, slow, fast_args=lambda: ([1],), slow_args=(1,), ratio=1
        )


def test_an_argument_that_cannot_travel_and_a_function_that_is_no_probe_are_the_authors_errors(student) -> None:
    mine = student("def f(x):\n    return x\n")
    with pytest.raises(AuthorError, match="cannot travel"):
        mine.f(object())
    mine.f(1)
    with pytest.raises(AssertionError, match="cannot be handed on"):  # perhaps it is what came back
        mine.f(object())
    with pytest.raises(AuthorError, match="Decorate the function with @probe"):
        mine.run(lambda module: 1)
    with pytest.raises(AuthorError, match="not a plain `def`"):
        probe(lambda module: 1)
    outside = 3

    def closes_over(module):
        return outside

    with pytest.raises(AuthorError, match="uses variables of the function around it"):
        probe(closes_over)


def test_two_tensors_that_look_alike_are_told_apart_by_their_places() -> None:
    expected = torch.arange(40)
    with pytest.raises(CheckFailed) as failed:
        assert_equal(expected.roll(1), expected)
    assert "40 of 40 entries are wrong, the first at [0]." in failed.value.got


def test_equal_tensors_with_nan_are_not_equal_and_empty_ones_are() -> None:
    assert_equal(torch.empty(0, 2, dtype=torch.int64), torch.empty(0, 2, dtype=torch.int64))
    with pytest.raises(CheckFailed):
        assert_equal(torch.tensor([1.0, float("nan")]), torch.tensor([1.0, float("nan")]))

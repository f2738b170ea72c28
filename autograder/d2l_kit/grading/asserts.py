"""The assertions of checks. They carry the messages, so that a check stays a few lines and a failure teaches.

Each raises `CheckFailed` with what should hold and what came back; what was called is added by the judge from the
log. An expectation that zeros would meet is never met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from d2l_kit.grading import describe
from d2l_kit.grading.evidence import NoAnswer, Subject
from d2l_kit.grading.probes import Probe, call_keeping_arguments, vjp
from d2l_kit.worker.codec import flat_bytes

_TOLERANCES = {  # rtol, atol; of the coarser dtype of the two sides
    torch.float16: (1e-2, 1e-3),
    torch.bfloat16: (3e-2, 1e-2),
    torch.float32: (1e-4, 1e-5),
    torch.float64: (1e-7, 1e-9),
    torch.complex64: (1e-4, 1e-5),
    torch.complex128: (1e-7, 1e-9),
}
FASTER_ROUNDS = 5
PLAIN_MAX = 1_000_000  # elements of a tensor that is compared with Python's numbers; each becomes an object


class CheckFailed(AssertionError):
    """A property does not hold.

    Args:
        expected: What should hold, for the student.
        got: What came back, for the student.
        secret: Expected values and differences, for the instructor; shown for public checks too.
        help: A mechanical mistake that this looks like ("the sign is turned round"); may be empty.
        measure: A ratio the check measured, if that is what failed.
    """

    def __init__(self, expected: str, got: str, secret: str = "", help: str = "", measure: float = 0.0) -> None:
        super().__init__(f"{expected} {got}")
        self.expected = expected
        self.got = got
        self.secret = secret
        self.help = help
        self.measure = measure


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    what: str = "result",
    dtype: bool = False,
    trivial: bool = False,
) -> None:
    """The same numbers in the same shape, within tolerance; through lists, tuples and dictionaries.

    Args:
        actual: What the submission returned.
        expected: A tensor, array, number, or a collection of them.
        rtol: Relative tolerance; by default that of the coarser dtype of both sides.
        atol: Absolute tolerance; likewise.
        what: The thing compared, as the message calls it.
        dtype: Whether the dtype must agree too (else only the kind: floating, whole, bool, complex).
        trivial: Whether an answer of zeros may meet the expectation.

    Raises:
        CheckFailed: It does not hold; or zeros would pass, and `trivial` was not given; or `expected` is no number.
    """
    if isinstance(expected, dict):
        _same_keys(actual, expected, what)
        for key, value in expected.items():
            assert_close(
                actual[key],
                value,
                rtol=rtol,
                atol=atol,
                what=f"{what}[{key!r}]",
                dtype=dtype,
                trivial=trivial,
            )
        return
    if isinstance(expected, list | tuple):
        _same_length(actual, expected, what)
        for i, (mine, theirs) in enumerate(zip(actual, expected, strict=True)):
            assert_close(mine, theirs, rtol=rtol, atol=atol, what=f"{what}[{i}]", dtype=dtype, trivial=trivial)
        return
    target = _as_tensor(expected)
    if target is None:
        # As below: an expectation may be an earlier answer of the submission's.
        secret = f"assert_close cannot compare with {type(expected).__name__}: use assert_equal."
        raise CheckFailed(f"{_the(what)} should be numbers.", describe.came_back(actual), secret)
    value = _numbers(actual, expected, target, what)
    _same_shape(value, target, what)
    _same_kind(value, target, what, dtype)
    own = _chosen(_tolerance(target.dtype), rtol, atol)
    if not trivial and _zeros_meet(target, own):
        # Not an AuthorError: where the expectation is made of the submission's own answers, they could stop the
        # grader with it. Where it is the author's, the solution fails too, and `author verify` says so.
        raise CheckFailed(
            f"{_the(what)} should not be zero everywhere.",
            describe.came_back(actual),
            "An answer of zeros would pass here: choose other inputs, or say trivial=True.",
        )
    coarser = _chosen(_tolerance(value.dtype, target.dtype), rtol, atol)
    # Who answers in bfloat16 need not have more digits than that; but an answer of zeros must never do.
    r, a = (coarser[0], own[1]) if not trivial and _zeros_meet(target, coarser) else coarser
    _same_numbers(value, target, r, a, what)


def assert_equal(actual: Any, expected: Any, what: str = "result") -> None:
    """Exactly the same: whole numbers, strings, shapes (a list counts as a tuple), dictionaries, integer tensors."""
    if isinstance(expected, Tensor):
        value = _numbers(actual, expected, expected, what)
        _same_shape(value, expected, what)
        # Never in the expected dtype: 257 is 1 in uint8, and everything but 0 is True.
        if _kind(value) != _kind(expected):
            _differs(actual, expected, what)
        wrong = (_exact(value) != _exact(expected)).reshape(expected.shape)
        if wrong.any():
            _differs(actual, expected, what, _places(wrong))
        return
    if isinstance(actual, Tensor | np.ndarray) and math.prod(actual.shape) > PLAIN_MAX:
        _differs(actual, expected, what)
    mine, theirs = _plain(actual), _plain(expected)
    if mine != theirs or isinstance(mine, bool) != isinstance(theirs, bool):
        _differs(actual, expected, what)


def assert_shape(actual: Any, shape: Sequence[int], what: str = "result") -> None:
    """A tensor (or array) of this shape."""
    if not isinstance(actual, Tensor | np.ndarray):
        raise CheckFailed(
            f"{_the(what)} should be a tensor.", describe.came_back(actual), help=describe.not_a_tensor(actual)
        )
    if tuple(actual.shape) != tuple(shape):
        raise CheckFailed(
            f"{_the(what)} should have shape {describe.shape(shape)}.",
            f"It has shape {describe.shape(actual.shape)}.",
            help=describe.shape_slip(tuple(actual.shape), tuple(shape)),
        )


def assert_dtype(actual: Any, dtype: torch.dtype, what: str = "result") -> None:
    """A tensor of this dtype."""
    if not isinstance(actual, Tensor):
        raise CheckFailed(
            f"{_the(what)} should be a tensor.", describe.came_back(actual), help=describe.not_a_tensor(actual)
        )
    if actual.dtype != dtype:
        raise CheckFailed(f"{_the(what)} should be of {dtype}.", f"It is of {actual.dtype}.")


def assert_raises(
    error: type[BaseException],
    function: Callable[..., Any],
    *args: Any,
    mentions: Sequence[str] = (),
    **kwargs: Any,
) -> None:
    """The call must raise `error` or a subclass, with a message that contains every string of `mentions`."""
    expected = f"This call should raise {error.__name__}."
    try:
        value = function(*args, **kwargs)
    except NoAnswer as ended:
        raised = ended.call.answer.raised
        if raised is None or ended.subject.role == "reference":
            raise
        if "NotImplementedError" in raised.bases and not issubclass(error, NotImplementedError):
            raise  # the stub's own: it is a RuntimeError, too, but nobody raised it on purpose
        if error.__name__ not in raised.bases:
            raise CheckFailed(expected, f"It raised {raised.kind}: {raised.message[:300]}") from None
        missing = [text for text in mentions if text not in raised.message]
        if missing:
            wanted = " and ".join(repr(text) for text in missing)
            raise CheckFailed(
                f"The message of the {error.__name__} should name the offending value ({wanted}).",
                f"It reads: {raised.message[:300]!r}",
            ) from None
        return
    raise CheckFailed(expected, f"No error came; {describe.came_back(value)[0].lower()}{describe.came_back(value)[1:]}")


def assert_unchanged(submission: Subject, name: str, *args: Any) -> None:
    """After the call no argument has changed, and the result shares no memory with one."""
    _result, after, shared = _triple(submission.run(call_keeping_arguments, name, args))
    for i, (was, now) in enumerate(zip(args, after, strict=True)):
        if isinstance(was, Tensor) and not (
            isinstance(now, Tensor) and was.shape == now.shape and torch.equal(_bits(was), _bits(now))
        ):
            raise CheckFailed(
                f"{name} must leave its arguments as they are.",
                f"Argument {i + 1} was changed by the call.",
                help="Work on a copy, or build a new tensor, instead of writing into the argument.",
            )
    if shared:
        raise CheckFailed(
            f"{name} must return a tensor of its own.",
            f"The result shares memory with argument {shared[0] + 1}: changing one changes the other.",
            help="A view or the argument itself was returned; return a new tensor.",
        )


def assert_gradients(
    submission: Subject,
    name: str,
    args: Sequence[Any],
    oracle: Callable[..., Any] | Subject,
    wrt: Sequence[int] = (0,),
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """The gradient reaches the positional arguments `wrt` and is the oracle's, for a random cotangent.

    Args:
        submission: The subject.
        name: The function.
        args: Its arguments; those of `wrt` floating tensors.
        oracle: A function on tensors in the grader, or the reference.
        wrt: Positions of the arguments to differentiate by.
        rtol: As in `assert_close`.
        atol: As in `assert_close`.
    """
    copies = [a.clone().requires_grad_() if i in wrt else a for i, a in enumerate(args)]
    function = getattr(oracle, name) if isinstance(oracle, Subject) else oracle
    out = function(*[a.detach() if isinstance(a, Tensor) else a for a in copies])
    generator = torch.Generator().manual_seed(submission.seed)
    # Away from zero, and not constant: a constant cotangent hides gradients that are merely summed wrongly.
    cotangent = torch.rand(out.shape, generator=generator, dtype=torch.float64).add(0.5).to(out.dtype)
    cotangent = cotangent * (torch.randint(0, 2, out.shape, generator=generator) * 2 - 1)
    if isinstance(oracle, Subject):
        _out, wanted = oracle.run(vjp, name, list(args), list(wrt), cotangent)
    else:
        wanted = torch.autograd.grad((oracle(*copies) * cotangent).sum(), [copies[i] for i in wrt])
    pair = submission.run(vjp, name, list(args), list(wrt), cotangent)
    result, got = pair if isinstance(pair, tuple) and len(pair) == 2 else (pair, [None] * len(wrt))
    assert_shape(result, out.shape)
    for position, mine, theirs in zip(wrt, got, wanted, strict=True):
        if mine is None:
            raise CheckFailed(
                f"The gradient should flow from the result back to argument {position + 1}.",
                "No gradient arrives: the result is cut off from it.",
                help="Python numbers (.item(), float()), .detach(), .data, numpy and torch.tensor(...) cut the graph.",
            )
        assert_close(mine, theirs, rtol=rtol, atol=atol, what=f"gradient for argument {position + 1}")


def assert_accuracy(predicted: Any, labels: Tensor, at_least: float) -> None:
    """Class labels that agree with `labels` in at least this share."""
    if not isinstance(predicted, Tensor | np.ndarray):
        raise CheckFailed("The predictions should be a tensor of labels.", describe.came_back(predicted))
    value = torch.as_tensor(predicted)
    assert_shape(value, labels.shape, what="predictions")
    accuracy = (value.to(torch.float64) == labels.to(torch.float64)).double().mean().item()
    if not accuracy >= at_least:
        guess = labels.bincount().max().item() / labels.numel()
        raise CheckFailed(
            f"The accuracy on unseen data should be at least {at_least:.0%}.",
            f"It is {accuracy:.1%}; always answering the most frequent class gives {guess:.1%}.",
        )


def assert_faster(
    submission: Subject,
    fast: Probe,
    slow: Probe,
    *,
    fast_args: Callable[[], Sequence[Any]],
    slow_args: Sequence[Any],
    work: tuple[int, int] = (1, 1),
    ratio: float,
) -> list[tuple[Sequence[Any], Any]]:
    """The submission's probe does its work at least `ratio` times faster per item than the kit's yardstick.

    Both times are the grader's own: from sending a request to holding its answer, the best of several rounds, each
    with inputs of its own. The yardstick runs in a worker without student code. The evidence is established as far
    as the check then compares every round's result: a round that was quick because nothing was computed must fail.

    Args:
        submission: The subject.
        fast: Loops over a batch of inputs with the student's function, returns all results.
        slow: The yardstick on its own batch; never sees the student's module.
        fast_args: Called for each round: fresh arguments of `fast`.
        slow_args: Arguments of `slow`.
        work: Items in the fast and in the slow batch.
        ratio: How many times faster per item.

    Returns:
        (arguments, result) of every round.
    """
    arguments = [fast_args() for _ in range(FASTER_ROUNDS)]
    yardstick = submission.pristine()
    fast_calls = [submission.request(fast, *args) for args in arguments]
    slow_calls = [yardstick.request(slow, *slow_args) for _ in range(2)]
    fast_time = min(c.answer.seconds for c in fast_calls) / work[0]
    slow_time = min(c.answer.seconds for c in slow_calls) / work[1]
    if fast_time * ratio > slow_time:
        raise CheckFailed(
            f"It should be at least {ratio:g} times faster than the same in plain Python loops.",
            f"It is {slow_time / fast_time:.0f} times faster.",
            help="Let torch loop: one operation on whole tensors instead of many on single numbers.",
            measure=slow_time / fast_time,
        )
    return [(args, made.answer.value) for args, made in zip(arguments, fast_calls, strict=True)]


def _numbers(actual: Any, expected: Any, target: Tensor, what: str) -> Tensor:
    """The submission's answer as a tensor, if it is what `expected` is: a tensor, or any scalar for a scalar."""
    if isinstance(actual, Tensor):
        return actual.detach()
    scalar = isinstance(actual, bool | int | float | complex | np.generic)
    if scalar and target.dim() == 0:
        return torch.as_tensor(actual if not isinstance(actual, np.generic) else actual.item())
    if isinstance(actual, np.ndarray) and (isinstance(expected, np.ndarray) or target.dim() == 0):
        return torch.as_tensor(actual)
    kind = "a number" if target.dim() == 0 else "an array" if isinstance(expected, np.ndarray) else "a torch tensor"
    raise CheckFailed(f"{_the(what)} should be {kind}.", describe.came_back(actual), help=describe.not_a_tensor(actual))


def _the(what: str) -> str:
    """The subject of a sentence: authors write `what` with an article or without."""
    return f"The {what.removeprefix('the ')}"


def _as_tensor(value: Any) -> Tensor | None:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, bool | int | float | complex | np.ndarray | np.generic):
        # A Python number has no precision of its own: float64 would demand digits that float32 does not have.
        plain = value.item() if isinstance(value, np.generic) else value
        return torch.as_tensor(plain)
    return None


def _same_shape(value: Tensor, target: Tensor, what: str) -> None:
    if value.shape != target.shape:
        raise CheckFailed(
            f"{_the(what)} should have shape {describe.shape(target.shape)}.",
            f"It has shape {describe.shape(value.shape)}.",
            help=describe.shape_slip(tuple(value.shape), tuple(target.shape)),
        )


def _same_kind(value: Tensor, target: Tensor, what: str, exact: bool) -> None:
    if exact and value.dtype != target.dtype:
        raise CheckFailed(f"{_the(what)} should be of {target.dtype}.", f"It is of {value.dtype}.")
    mine, theirs = _kind(value), _kind(target)
    # A single number is one however it is written: 3, 3.0, tensor(3).
    if mine != theirs and (target.dim() or "complex numbers" in (mine, theirs)):
        raise CheckFailed(f"{_the(what)} should hold {theirs} ({target.dtype}).", f"It is of {value.dtype}.")


def _kind(tensor: Tensor) -> str:
    if tensor.is_complex():
        return "complex numbers"
    if tensor.is_floating_point():
        return "floating-point numbers"
    return "true and false" if tensor.dtype == torch.bool else "whole numbers"


def _same_numbers(value: Tensor, target: Tensor, rtol: float, atol: float, what: str) -> None:
    close = _close(value, target, rtol, atol)
    if close.all():
        return
    wrong = int((~close).sum())
    index = tuple(int(i) for i in (~close).nonzero()[0]) if target.dim() else ()
    place = f" The first is at {list(index)}." if index else ""
    if not torch.isfinite(_wide(value)).all() and torch.isfinite(_wide(target)).all():
        bad = int((~torch.isfinite(_wide(value))).sum())
        raise CheckFailed(f"{_the(what)} should be finite.", f"{bad} of {value.numel()} numbers are NaN or infinite.")
    share = f"{wrong} of {target.numel()} numbers are wrong." if target.numel() > 1 else "The number is wrong."
    got = f"{share}{place} Came back: {describe.value(value)}"
    secret = f"Expected {describe.value(target)}; at {list(index)}: {value[index].item()} for {target[index].item()}."
    raise CheckFailed(
        f"{_the(what)} should have the right values.",
        got,
        secret,
        help=describe.value_slip(_wide(value), _wide(target)),
    )


def _close(value: Tensor, target: Tensor, rtol: float, atol: float) -> Tensor:
    mine, theirs = _wide(value), _wide(target)
    return torch.isclose(mine, theirs, rtol=rtol, atol=atol, equal_nan=True)


def _zeros_meet(target: Tensor, tolerance: tuple[float, float]) -> bool:
    return target.numel() > 0 and bool(_close(torch.zeros_like(target), target, *tolerance).all())


def _chosen(default: tuple[float, float], rtol: float | None, atol: float | None) -> tuple[float, float]:
    return default[0] if rtol is None else rtol, default[1] if atol is None else atol


def _exact(tensor: Tensor) -> Tensor:
    """In a dtype that holds every value of its kind (of uint64, in its bits)."""
    return _wide(tensor) if tensor.is_floating_point() or tensor.is_complex() else tensor.to(torch.int64)


def _wide(tensor: Tensor) -> Tensor:
    return tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)


def _tolerance(*dtypes: torch.dtype) -> tuple[float, float]:
    known = [_TOLERANCES[dtype] for dtype in dtypes if dtype in _TOLERANCES]
    return max(known) if known else (0.0, 0.0)


def _bits(tensor: Tensor) -> Tensor:
    return flat_bytes(tensor.detach().contiguous()) if tensor.numel() else torch.empty(0)


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _same_keys(actual: Any, expected: dict[Any, Any], what: str) -> None:
    if not isinstance(actual, dict):
        raise CheckFailed(f"{_the(what)} should be a dictionary.", describe.came_back(actual))
    if set(actual) != set(expected):
        raise CheckFailed(
            f"{_the(what)} should have the keys {sorted(map(str, expected))}.",
            f"It has {sorted(map(str, actual))}.",
        )


def _same_length(actual: Any, expected: Sequence[Any], what: str) -> None:
    if not isinstance(actual, list | tuple):
        raise CheckFailed(f"{_the(what)} should be a tuple or list of {len(expected)}.", describe.came_back(actual))
    if len(actual) != len(expected):
        raise CheckFailed(f"{_the(what)} should have {len(expected)} parts.", f"It has {len(actual)}.")


def _places(wrong: Tensor) -> str:
    """Where entries are wrong: two long tensors look alike when only their sizes and means are told."""
    if wrong.dim() == 0:
        return ""
    first = [int(index) for index in wrong.nonzero()[0]]
    return f"{int(wrong.sum())} of {wrong.numel()} entries are wrong, the first at {first}."


def _differs(actual: Any, expected: Any, what: str, places: str = "") -> NoReturn:
    number = (
        isinstance(expected, int | float)
        and isinstance(actual, int | float)
        and not isinstance(expected, bool)
        and abs(actual) < 2**53  # no NaN, and nothing that a float cannot hold
    )
    slip = describe.number_slip(float(actual), float(expected)) if number else ""
    raise CheckFailed(
        f"{_the(what)} should be {'the case' if isinstance(expected, bool) and expected else 'right'}.",
        " ".join(part for part in (describe.came_back(actual), places) if part),
        f"Expected {describe.value(expected)}.",
        help=slip,
    )


def _triple(value: Any) -> tuple[Any, Sequence[Any], Sequence[int]]:
    if (
        isinstance(value, tuple)
        and len(value) == 3
        and isinstance(value[1], list | tuple)
        and isinstance(value[2], list)
    ):
        return value
    raise CheckFailed("The call should return.", describe.came_back(value))


__all__ = [
    "CheckFailed",
    "assert_accuracy",
    "assert_close",
    "assert_dtype",
    "assert_equal",
    "assert_faster",
    "assert_gradients",
    "assert_raises",
    "assert_shape",
    "assert_unchanged",
]

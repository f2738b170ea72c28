"""Values in words: the slip that a wrong answer looks like is named, and nothing is claimed that does not hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from d2l_kit.grading import describe
from d2l_kit.worker import codec
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

NAN = math.nan
M = torch.tensor([[1.0, -2.0, 3.5], [4.25, 5.0, -6.0]], dtype=torch.float64)
SQUARE = torch.tensor([[1.0, -2.0], [4.25, 5.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("mine", "theirs", "slip"),
    [
        (-M, M, "Every number has the wrong sign."),
        (-M.to(torch.complex128), M.to(torch.complex128), "Every number has the wrong sign."),
        (2 * M, M, "Every number is 2 times what it should be."),
        (M / 6, M, "Every number is 1/6 of what it should be."),
        (M * 1.37, M, "Every number is 1.37 times what it should be."),
        (M * 1.0002, M, "Every number is 1.0002 times what it should be."),
        (M * -3, M, "Every number is -3 times what it should be."),
        (M + 1, M, "Every number is 1 too large."),
        (M - 0.25, M, "Every number is 0.25 too small."),
        (SQUARE.t(), SQUARE, "The last two axes are swapped: this is the transpose."),
        (M.flip(0), M, "The right numbers came back in reversed order."),
        (M.flip(1), M, "The right numbers came back in reversed order."),
        (M.flip(0, 1), M, "The right numbers came back in reversed order."),
        (M[0].flip(0), M[0], "The right numbers came back in reversed order."),
        (M[:, [1, 2, 0]], M, "The right numbers came back in another order."),
        (torch.full_like(M, 0.5), M, "Every number that came back is the same."),
        (torch.zeros_like(M), M, "Every number that came back is the same."),
        (torch.full_like(M, 2.0), torch.ones_like(M), "Every number is 2 times what it should be."),
        (M * (1 + 2e-5), M, "The numbers are nearly right: was a lower precision used on the way?"),
        (SQUARE + SQUARE.t() + 1e-5, SQUARE + SQUARE.t(), "The numbers are nearly right"),
        (M.float().double() + 1e-8, M, "The numbers are nearly right"),
        (torch.tensor(-3.0), torch.tensor(3.0), "The sign is wrong."),
        (torch.tensor([4.0]), torch.tensor([3.0]), "One too many."),
        (torch.tensor(2.0), torch.tensor(3.0), "One too few."),
        (torch.tensor(2.5), torch.tensor(3.0), ""),
        (M**2, M, ""),
        (M * NAN, M, ""),
        (M, M * NAN, ""),
        (M, M / 0, ""),
        (torch.empty(0), torch.empty(0), ""),
        (torch.tensor(1j), torch.tensor(1 + 1j), ""),
        # What is small is not alike, and what is large is not shifted.
        (torch.tensor([4e-7, 1e-7]), torch.tensor([5e-7, 3e-7]), ""),
        (torch.tensor([1000.03, 2000.01]), torch.tensor([1000.0, 2000.0]), "The numbers are nearly right"),
        (torch.tensor([1e-9, -2e-9]), torch.tensor([1.0, 2.0]), ""),
    ],
)
def test_a_slip_in_the_numbers_is_named(mine: Tensor, theirs: Tensor, slip: str) -> None:
    found = describe.value_slip(mine, theirs)
    assert found.startswith(slip) and bool(found) == bool(slip), found


@pytest.mark.parametrize(
    ("mine", "theirs", "slip"),
    [
        ((3, 2), (2, 3), "The last two axes are swapped."),
        ((5, 3, 2), (5, 2, 3), "The last two axes are swapped."),
        ((3, 5, 2), (5, 3, 2), "The axes are in another order."),
        ((7, 9), (6, 8), "One too many along each axis that is wrong."),
        ((6, 7), (6, 8), "One too few along each axis that is wrong."),
        ((7, 7), (6, 8), ""),
        ((1, 6, 8), (6, 8), "There is an axis of size 1 too many (axis 0)."),
        ((6, 8, 1), (6, 8), "There is an axis of size 1 too many (axis 2)."),
        ((6, 8), (6, 1, 8), "There is an axis of size 1 too few (axis 1)."),
        ((48,), (6, 8), "All the numbers are there, but an axis was flattened or split."),
        ((2, 3, 8), (6, 8), "All the numbers are there, but an axis was flattened or split."),
        ((4, 3), (2, 6, 1), ""),
        ((3, 4), (2, 6), ""),
        ((0,), (0, 5), ""),
        ((6, 8), (4, 6, 8), "A leading axis is missing (the batch?)."),
        ((4, 6, 8), (6, 8), ""),
        ((5,), (6, 8), ""),
    ],
)
def test_a_slip_in_the_shape_is_named(mine: tuple[int, ...], theirs: tuple[int, ...], slip: str) -> None:
    assert describe.shape_slip(mine, theirs) == slip


# Every claim once more, as it would be put to a person with a pocket calculator.


def near(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(((a - b).abs() <= 1e-3 * float(b.abs().max())).all())


def factor_holds(claim: str, mine: Tensor, theirs: Tensor) -> bool:
    (text,) = re.findall(r"is (\S+) (?:times|of) what", claim)
    top, _, bottom = text.partition("/")
    factor = float(top) / float(bottom or 1)
    return abs(factor - 1) > 1e-5 and near(mine, factor * theirs)


def shift_holds(claim: str, mine: Tensor, theirs: Tensor) -> bool:
    ((size, word),) = re.findall(r"is (\S+) too (large|small)", claim)
    shift = float(size) * (1 if word == "large" else -1)
    return bool(((mine - theirs - shift).abs() <= 0.02 * abs(shift)).all())


CLAIMS: dict[str, Callable[[str, Tensor, Tensor], bool]] = {
    "wrong sign": lambda _, mine, theirs: near(-mine, theirs),
    "sign is wrong": lambda _, mine, theirs: near(-mine, theirs),
    "One too many": lambda _, mine, theirs: near(mine - theirs, torch.ones_like(mine)),
    "One too few": lambda _, mine, theirs: near(theirs - mine, torch.ones_like(mine)),
    "nearly right": lambda _, mine, theirs: near(mine, theirs),
    "is the same": lambda _, mine, theirs: bool((mine == mine.flatten()[0]).all()),
    "transpose": lambda _, mine, theirs: near(mine.transpose(-1, -2), theirs),
    "reversed": lambda _, mine, theirs: any(
        near(mine.flip(axes), theirs) for axes in ((0,), (-1,), (-1, -2)) if -min(axes) <= mine.dim()
    ),
    "another order": lambda _, mine, theirs: near(mine.flatten().sort().values, theirs.flatten().sort().values),
    "what it should be": factor_holds,
    "too large": shift_holds,
    "too small": shift_holds,
}

NUMBERS = st.floats(-100, 100).map(lambda x: round(x, 3)) | st.sampled_from(
    [0.0, 1.0, -1.0, 1e-7, 3e-7, 1e5, 1e5 + 0.01]
)


@st.composite
def pairs(draw: Any) -> tuple[Tensor, Tensor]:
    """Two different tensors of one shape: not related, related by a slip, or nearly so."""
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=0, max_size=3)))
    count = math.prod(shape)

    def tensor() -> Tensor:
        return torch.tensor(draw(st.lists(NUMBERS, min_size=count, max_size=count)), dtype=torch.float64).reshape(shape)

    theirs = tensor()
    slips: list[Callable[[Tensor], Tensor]] = [
        lambda _: tensor(),
        lambda x: -x,
        lambda x: x * draw(NUMBERS),
        lambda x: x + draw(NUMBERS),
        lambda x: x.flip(-1) if x.dim() else x,
        lambda x: x.transpose(-1, -2) if x.dim() >= 2 and x.shape[-1] == x.shape[-2] else x,
    ]
    mine = draw(st.sampled_from(slips))(theirs)
    noise = draw(st.sampled_from([0.0, 0.0, 1e-8, 1e-5, 1e-2]))
    return mine * (1 + noise * tensor() / 100), theirs


@given(pairs())
@settings(max_examples=400, deadline=None)
def test_nothing_is_claimed_of_numbers_that_does_not_hold(pair: tuple[Tensor, Tensor]) -> None:
    mine, theirs = pair
    if torch.equal(mine, theirs):
        return
    claim = describe.value_slip(mine, theirs)
    if claim:
        (holds,) = [check for words, check in CLAIMS.items() if words in claim]
        assert holds(claim, mine, theirs), claim


SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@given(SHAPES, SHAPES)
@settings(max_examples=300, deadline=None)
def test_nothing_is_claimed_of_shapes_that_does_not_hold(mine: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    if mine == theirs:
        return
    claim = describe.shape_slip(mine, theirs)
    if "axes are" in claim:
        assert sorted(mine) == sorted(theirs)
    elif "One too" in claim:
        assert len(mine) == len(theirs)
        assert {a - b for a, b in zip(mine, theirs, strict=True)} <= {0, 1 if "many" in claim else -1}
    elif "of size 1" in claim:
        assert [n for n in mine if n != 1] == [n for n in theirs if n != 1]
    elif "flattened" in claim:
        assert math.prod(mine) == math.prod(theirs) > 0
    elif "leading" in claim:
        assert theirs[len(theirs) - len(mine) :] == mine
    else:
        assert claim == ""


# Values for people


@pytest.mark.filterwarnings("ignore:ComplexHalf")
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", codec.DTYPES)
def test_every_kind_of_tensor_can_be_described(name: str, large: bool) -> None:
    value = torch.ones(2).to(codec.DTYPES[name])
    text = describe.came_back(value.repeat(50) if large else value)
    assert text.startswith(f"It returned {name} ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "It returned None."),
        (M[0].float(), "It returned float32 (3,) [1.0, -2.0, 3.5]."),
        (torch.tensor([1 / 3]), "It returned float32 (1,) [0.3333]."),
        (torch.tensor(2), "It returned int64 () 2."),
        (torch.empty(0, 3), "It returned an empty float32 tensor of shape (0, 3)."),
        (torch.arange(100), "It returned int64 tensor (100,) between 0 and 99, mean 49.5."),
        (np.array([1.0, 2.0]), "It returned float64 (2,) [1.0, 2.0]."),
        (np.array([1j]), "It returned array([0.+1.j])."),
        ("text", "It returned 'text'."),
        ([1, (2, {"a": None})], "It returned [1, (2, {'a': None})]."),
        (torch.tensor([NAN, math.inf]), "It returned float32 (2,) [nan, inf]."),
    ],
)
def test_a_value_is_written_as_a_person_would(value: Any, text: str) -> None:
    assert describe.came_back(value) == text


def test_large_collections_are_written_in_part() -> None:
    many = [torch.ones(2)] * 90_000
    for value in (many, dict.fromkeys(range(3), many), "x" * 100_000, list(range(100_000)), [[[[[[1]]]]]]):
        assert len(describe.came_back(value)) < 400
        assert len(describe.brief(value)) < 400


def test_a_call_is_written_with_the_parameters_names_and_forms() -> None:
    X, names = torch.ones(2, 3), ("X", "mode", "pair", "table", "f", "n")
    inputs = (X, "max", [X, 1], {"k": X}, lambda x: x, np.ones(2))
    assert describe.called("pool", list(zip(names, inputs, strict=True))) == (
        "pool(X: float32 tensor (2, 3), mode: 'max', pair: [float32 tensor (2, 3), 1], "
        "table: {'k': float32 tensor (2, 3)}, f: a function, n: float64 array (2,))"
    )
    assert describe.called("pool", [("", X), ("", 1)]) == "pool(float32 tensor (2, 3), 1)"


def test_small_inputs_are_shown_so_that_the_call_can_be_tried() -> None:
    lines = describe.small_inputs([("X", torch.tensor([1.5, 2.0])), ("n", 3), ("Y", torch.ones(100))])
    assert lines == ["  X = [1.5, 2.0]"]
    assert describe.small_inputs([("", torch.tensor([1]))]) == ["  int64 tensor (1,) = [1]"]


@pytest.mark.parametrize(
    ("value", "text"), [(None, "`return`"), (np.ones(1), "Stay in torch"), ([1], "Return one tensor"), (1.0, "")]
)
def test_what_is_no_tensor_gets_its_advice(value: Any, text: str) -> None:
    assert text in describe.not_a_tensor(value)

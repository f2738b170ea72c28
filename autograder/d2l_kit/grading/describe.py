"""Values in words, and the mechanical slips they look like. Used for messages, never for a verdict."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

SMALL = 24  # numbers shown in full
_TEXT = 300


def shape(sizes: Sequence[int]) -> str:
    """A shape as the book writes it: (2, 3)."""
    return "(" + ", ".join(str(int(n)) for n in sizes) + ("," if len(sizes) == 1 else "") + ")"


def brief(value: Any) -> str:
    """A value's type and form in a few characters: `float32 tensor (6, 8)`, `3`, `'max'`."""
    if isinstance(value, Tensor):
        return f"{_dtype(value)} tensor {shape(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array {shape(value.shape)}"
    if isinstance(value, list | tuple):
        inner = ", ".join(brief(item) for item in value[:6]) + (", …" if len(value) > 6 else "")
        text = f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
        return _cut(text, _TEXT)
    if isinstance(value, dict):
        inner = ", ".join(f"{_cut(repr(k), 40)}: {brief(v)}" for k, v in list(value.items())[:6])
        return _cut("{" + inner + (", …" if len(value) > 6 else "") + "}", _TEXT)
    if callable(value) and not isinstance(value, type):
        return "a function"
    return _cut(repr(value), 80)


def value(item: Any) -> str:
    """A value for people: small tensors in full, large ones by form and range."""
    if isinstance(item, np.ndarray):
        item = torch.as_tensor(item) if item.dtype.kind in "fiub" else item
    if isinstance(item, list | tuple | dict):
        return _cut(_outline().repr(item), _TEXT)
    if not isinstance(item, Tensor):
        return _cut(repr(item), _TEXT)
    if 0 < item.numel() <= SMALL:
        return f"{_dtype(item)} {shape(item.shape)} {_numbers(item)}"
    if item.numel() == 0:
        return f"an empty {_dtype(item)} tensor of shape {shape(item.shape)}"
    if item.is_complex() or item.dtype == torch.bool:
        return brief(item)
    wide = item.to(torch.float64)
    low, high, mean = (f"{number:.4g}" for number in (wide.min().item(), wide.max().item(), wide.mean().item()))
    return f"{brief(item)} between {low} and {high}, mean {mean}"


def came_back(item: Any) -> str:
    """A sentence on what was returned."""
    if item is None:
        return "It returned None."
    return f"It returned {value(item)}."


def not_a_tensor(item: Any) -> str:
    """What to do about an answer that is no tensor."""
    if item is None:
        return "Is a `return` missing?"
    if isinstance(item, np.ndarray):
        return "Stay in torch: a NumPy array carries no gradient."
    if isinstance(item, list | tuple):
        return "Return one tensor, not a Python list."
    return ""


def called(function: str, inputs: Sequence[tuple[str, Any]]) -> str:
    """A call as a person would write it: `corr2d(X: float32 tensor (6, 8), K: float32 tensor (3, 2))`."""
    return f"{function}({', '.join(f'{name}: {brief(item)}' if name else brief(item) for name, item in inputs)})"


def small_inputs(inputs: Sequence[tuple[str, Any]]) -> list[str]:
    """The values of small tensor arguments, a line each, so that a student can try the call."""
    return [
        f"  {name or brief(item)} = {_numbers(item)}"
        for name, item in inputs
        if isinstance(item, Tensor) and 0 < item.numel() <= SMALL
    ]


def shape_slip(mine: tuple[int, ...], theirs: tuple[int, ...]) -> str:
    """What a wrong shape looks like."""
    if len(mine) == len(theirs):
        if len(mine) >= 2 and mine == (*theirs[:-2], theirs[-1], theirs[-2]):
            return "The last two axes are swapped."
        if sorted(mine) == sorted(theirs):
            return "The axes are in another order."
        off = {a - b for a, b in zip(mine, theirs, strict=True) if a != b}
        if off == {1}:
            return "One too many along each axis that is wrong."
        if off == {-1}:
            return "One too few along each axis that is wrong."
        return ""
    longer, shorter = (mine, theirs) if len(mine) > len(theirs) else (theirs, mine)
    for axis in range(len(longer)):
        if longer[axis] == 1 and (*longer[:axis], *longer[axis + 1 :]) == shorter:
            return f"There is an axis of size 1 too {'many' if longer is mine else 'few'} (axis {axis})."
    if _is_merged(longer, shorter):
        return "All the numbers are there, but an axis was flattened or split."
    if shorter == mine and shorter == longer[len(longer) - len(shorter) :]:
        return "A leading axis is missing (the batch?)."
    return ""


def _is_merged(longer: Sequence[int], shorter: Sequence[int]) -> bool:
    """Whether `shorter` comes of `longer` by making neighbouring axes one, with something in them."""
    rest = list(longer)
    for size in shorter:
        product = 1
        while rest and product < size:
            product *= rest.pop(0)
        if product != size or not product:
            return False
    return math.prod(rest) == 1


def value_slip(mine: Tensor, theirs: Tensor) -> str:
    """What wrong numbers look like: a sign, a factor, a constant, a transpose, a reversal. Empty: none of these."""
    if theirs.numel() < 2 or not bool(torch.isfinite(mine).all() and torch.isfinite(theirs).all()):
        return number_slip(mine.item(), theirs.item()) if theirs.numel() == 1 and not mine.is_complex() else ""

    def same(a: Tensor, b: Tensor) -> bool:
        # Against the size of the numbers: of small ones, all are close to each other.
        return a.shape == b.shape and bool(torch.allclose(a, b, rtol=1e-4, atol=1e-6 * float(b.abs().max())))

    if same(mine, theirs):  # before all that a symmetric answer would pass for, too
        return "The numbers are nearly right: was a lower precision used on the way?"
    if same(-mine, theirs):
        return "Every number has the wrong sign."
    if mine.is_complex():
        return ""
    if _is_constant(mine) and not _is_constant(theirs):
        return "Every number that came back is the same."
    if theirs.dim() >= 2 and same(mine.transpose(-1, -2), theirs):
        return "The last two axes are swapped: this is the transpose."
    if same(mine.flip(0), theirs) or (
        theirs.dim() >= 2 and (same(mine.flip(-1), theirs) or same(mine.flip(-2, -1), theirs))
    ):
        return "The right numbers came back in reversed order."
    norm = float((theirs * theirs).sum())
    factor = float((mine * theirs).sum()) / norm if norm else 0.0
    if factor and same(mine, factor * theirs):
        return f"Every number is {_factor(factor)} what it should be."
    shift = float((mine - theirs).mean())
    if shift and bool(((mine - theirs - shift).abs() <= 1e-2 * abs(shift)).all()):
        return f"Every number is {abs(shift):.4g} too {'large' if shift > 0 else 'small'}."
    if same(mine.flatten().sort().values, theirs.flatten().sort().values):
        return "The right numbers came back in another order."
    return ""


def _is_constant(tensor: Tensor) -> bool:
    return bool((tensor == tensor.flatten()[0]).all())


def number_slip(mine: float, theirs: float) -> str:
    """What one wrong number looks like; only what is plain."""
    if theirs and mine == -theirs:
        return "The sign is wrong."
    if float(mine).is_integer() and float(theirs).is_integer() and abs(mine - theirs) == 1:
        return f"One too {'many' if mine > theirs else 'few'}."
    return ""


def _factor(factor: float) -> str:
    for times in range(2, 1000):
        if math.isclose(factor, times, rel_tol=1e-4):
            return f"{times} times"
        if math.isclose(factor, 1 / times, rel_tol=1e-4):
            return f"1/{times} of"
    digits = 6 if math.isclose(factor, 1.0, rel_tol=1e-3) else 4  # "1 times" says nothing
    return f"{factor:.{digits}g} times"


def _numbers(item: Tensor) -> str:
    plain = item.detach()
    if plain.is_floating_point():
        plain = plain.to(torch.float64)
        return _cut(repr(_rounded(plain.tolist())), 400)
    return _cut(repr(plain.tolist()), 400)


def _rounded(numbers: Any) -> Any:
    if isinstance(numbers, list):
        return [_rounded(number) for number in numbers]
    return float(f"{numbers:.4g}")


def _dtype(item: Tensor) -> str:
    return str(item.dtype).removeprefix("torch.")


def _outline() -> reprlib.Repr:
    """Writes collections; not all of them, since a hundred thousand tensors take a minute to write."""
    writer = reprlib.Repr()
    writer.maxlevel = 3
    writer.maxlist = writer.maxtuple = writer.maxdict = SMALL
    writer.maxstring = writer.maxother = writer.maxlong = _TEXT
    return writer


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"

"""What a submission answered to the checks, in a few numbers: to compare it with known wrong solutions.

An answer's features are its outcome, its structure, and for each tensor or number in it the dtype's kind, the shape
and three random projections. Two answers agree if structure and shapes are equal and the projections are close; by
chance that does not happen. The same features serve the diagnosis with the reference and the fingerprints.
A fingerprint is read on other machines than the one that wrote it: it keeps no number that hangs on a processor's way
to round, as after a training that diverges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from d2l_kit.worker.protocol import Answer

PROJECTIONS = 3
RELATIVE = 2e-3
ABSOLUTE = 1e-5
STEADY = 0.2  # the share of these tolerances within which two ways to round must agree for a number to be kept
MEASURE_FACTOR = 2.2  # how far apart two measured speed ratios may be and still be the same mistake's
MAX_CALLS = 8
PLACES = "where"  # of findings: lines of the student's own text, which are no behaviour
MAX_LEAVES = 40
MAX_ELEMENTS = 1 << 16  # of a tensor that are looked at: whoever answers 64 MiB must not keep the grader busy


@dataclass(frozen=True)
class CheckTrace:
    """How one check ended on a subject and what was answered during it.

    Attributes:
        passed: Whether the check passed; None if that, or how often it asked,
            hangs on how numbers are rounded.
        answers: Features of the first answers, as plain JSON; None in the place of what is not known.
        measure: A measured ratio if the check measures one, else 0.
    """

    passed: bool | None
    answers: tuple[Any, ...] = ()
    measure: float = 0.0

    @property
    def vague(self) -> bool:
        """Whether something of what was answered is not known, or whether it passed."""
        return self.passed is None or _holds_none(self.answers)

    def as_json(self) -> dict[str, Any]:
        """For fingerprints: of a passed check only that it passed."""
        if self.passed is not False:
            return {"passed": self.passed}
        data: dict[str, Any] = {"passed": False, "answers": list(self.answers)}
        return data | ({"measure": self.measure} if self.measure else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CheckTrace:
        """The reverse of `as_json`."""
        passed = data["passed"]
        return cls(
            None if passed is None else bool(passed), tuple(data.get("answers", ())), float(data.get("measure", 0.0))
        )


def features(answers: Sequence[Answer]) -> tuple[Any, ...]:
    """The features of a check's answers, as plain JSON."""
    return tuple(_answer(answer) for answer in answers[:MAX_CALLS])


def agree(mine: CheckTrace, theirs: CheckTrace) -> bool:
    """Whether two traces of one check show the same behaviour, as far as it is known."""
    if mine.passed is None or theirs.passed is None:
        return True
    if mine.passed != theirs.passed:
        return False
    if mine.passed:
        return True
    if mine.measure and theirs.measure and abs(math.log(mine.measure / theirs.measure)) > math.log(MEASURE_FACTOR):
        return False
    return _same(list(mine.answers), list(theirs.answers))


def in_common(mine: CheckTrace, theirs: CheckTrace) -> CheckTrace:
    """What two runs of one source on the same inputs both show; None in the place of the rest."""
    if mine.passed != theirs.passed or len(mine.answers) != len(theirs.answers):
        return CheckTrace(None)
    return replace(mine, answers=tuple(map(_in_common, mine.answers, theirs.answers)))


def _holds_none(value: Any) -> bool:
    return value is None or (isinstance(value, list | tuple) and any(map(_holds_none, value)))


def _in_common(mine: Any, theirs: Any) -> Any:
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        return [_in_common(a, b) for a, b in zip(mine, theirs, strict=True)]
    return mine if _same(mine, theirs, STEADY) else None


def _answer(answer: Answer) -> list[Any]:
    if answer.outcome == "returned":
        leaves: list[Any] = []
        _leaves(answer.value, leaves)
        return ["returned", leaves[:MAX_LEAVES]]
    if answer.raised is not None:
        # A builtin's name, not the class's own: a student's exception has a name of its own.
        return ["raised", answer.raised.bases[0] if answer.raised.bases else "Exception"]
    return [answer.outcome]


def _leaves(value: Any, leaves: list[Any]) -> None:
    if len(leaves) >= MAX_LEAVES:
        return
    if isinstance(value, Mapping):
        for key in value:
            if key == PLACES:
                continue
            leaves.append(f"key {key!r}"[:60])
            _leaves(value[key], leaves)
    elif isinstance(value, list | tuple):
        leaves.append(f"sequence of {len(value)}")
        for item in value:
            _leaves(item, leaves)
    elif isinstance(value, torch.Tensor | np.ndarray | np.generic | float | complex) or _fits_a_tensor(value):
        leaves.append(_numbers(torch.as_tensor(value).detach()))
    else:
        leaves.append(repr(value)[:80])


def _fits_a_tensor(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _numbers(tensor: torch.Tensor) -> list[Any]:
    kind = "complex" if tensor.is_complex() else "float" if tensor.is_floating_point() else "int"
    shape = list(tensor.shape)
    tensor = tensor.reshape(-1)[:: -(-tensor.numel() // MAX_ELEMENTS) or 1]
    wide = torch.view_as_real(tensor.to(torch.complex128)) if tensor.is_complex() else tensor.to(torch.float64)
    flat = wide.reshape(-1).numpy()
    finite = np.isfinite(flat)
    clean = np.where(finite, flat, 0.0)
    stream = np.random.RandomState(len(flat) % 2**31)
    scale = max(1.0, math.sqrt(len(flat)))
    projections = [float(f"{clean @ stream.uniform(0.5, 1.5, len(flat)) / scale:.6g}") for _ in range(PROJECTIONS)]
    return [kind, shape, int((~finite).sum()), *projections]


def _same(mine: Any, theirs: Any, share: float = 1.0) -> bool:
    if mine is None or theirs is None:
        return True
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(_same(a, b, share) for a, b in zip(mine, theirs, strict=True))
    if isinstance(mine, float) or isinstance(theirs, float):
        return (
            isinstance(mine, float | int)
            and isinstance(theirs, float | int)
            and math.isclose(mine, theirs, rel_tol=share * RELATIVE, abs_tol=share * ABSOLUTE)
        )
    return bool(mine == theirs)

"""A chapter made by `author new` in a folder of its own, and the texts that fill its exercise `relu` in."""

from __future__ import annotations

from pathlib import Path

from d2l_kit.author.new import Rooms, new_chapter, new_exercise
from d2l_kit.catalog import Chapter, Course, Section, read_chapter

NUMBER = 21

STUB = '''\
"""Rectified linear units (section 21.1)."""

import torch
from torch import Tensor


def relu(X: Tensor) -> Tensor:
    """Keep what is positive and put zero where it is not.

    Every number is looked at alone, so the result has X's shape. X itself is left as it is.

    Args:
        X: Any shape, a floating dtype.

    Returns:
        The rectified numbers, X's shape and dtype.

    Example:
        >>> relu(torch.tensor([1.0, -2.0]))
        tensor([1., 0.])

    Book: section 21.1.
    """
    raise NotImplementedError
'''
SOLUTION = """\
from torch import Tensor


def relu(X: Tensor) -> Tensor:
    return X * (X > 0)
"""
ALTERNATIVE = """\
import torch
from torch import Tensor


def relu(X: Tensor) -> Tensor:
    return torch.where(X > 0, X, torch.zeros_like(X))
"""
PUBLIC = '''\
"""Public checks of ch21/relu."""

import pytest
import torch
from d2l_kit.checks import assert_close


def test_worked_example(submission):
    """What is positive stays, the rest becomes zero."""
    X = torch.tensor([1.0, -2.0, 3.0])
    assert_close(submission.relu(X), torch.tensor([1.0, 0.0, 3.0]))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_matches_torch(submission, rng):
    """Small and large numbers give what torch gives."""
    X = rng.normal(3, 4, std=50.0)
    assert_close(submission.relu(X), torch.relu(X))
'''
HIDDEN = '''\
"""Hidden checks of ch21/relu."""

import pytest
import torch
from d2l_kit.checks import assert_close


@pytest.mark.needs("matches_torch")
def test_double_precision(submission, reference, rng):
    """float64 in, float64 out."""
    X = rng.normal(rng.integers(2, 5), rng.integers(5, 8), dtype=torch.float64)
    assert_close(submission.relu(X), reference.relu(X), dtype=True)
'''
MISTAKES = """\
[[mistake]]
name = "absolute_value"
tells = "Negative numbers lose their sign. They are to become zero."
caught_by = ["worked_example"]
replace = "X * (X > 0)"
by = "X.abs()"

[[mistake]]
name = "cuts_at_four"
tells = "Large numbers are cut off. What is positive stays as it is."
caught_by = ["matches_torch"]
replace = "X * (X > 0)"
by = "X.clamp(0, 4)"

[[mistake]]
name = "single_precision"
tells = "The result is always float32. It is to have X's dtype."
caught_by = ["double_precision"]
replace = "X * (X > 0)"
by = "(X * (X > 0)).float()"
"""
HINTS = """\
summary = "The function between the layers."
sections = ["21.1"]
kind = "function"
difficulty = 1
hints = ["Which numbers stay as they are?", "Comparing tensors gives a mask.", "Multiply with the mask."]
"""


def rooms(folder: Path) -> Rooms:
    """Two empty rooms."""
    made = Rooms(folder / "course" / "my_course", folder / "reference" / "my_reference")
    for room in (made.course, made.reference):
        room.mkdir(parents=True)
    return made


def scaffold(where: Rooms, *exercises: str) -> Chapter:
    """Chapter 21 with unwritten exercises."""
    new_chapter(where, NUMBER, "Between the layers", "between", [Section("21.1", "Activations")])
    for name in exercises:
        new_exercise(where, NUMBER, name, sections=["21.1"])
    return read(where)


def read(where: Rooms) -> Chapter:
    """The chapter as it is now."""
    slug = "ch21_between"
    return read_chapter(where.course / slug).with_reference(where.reference / slug)


def course(where: Rooms) -> Course:
    """A course of this one chapter."""
    return Course((read(where),))


def fill_in(chapter: Chapter, name: str = "relu") -> None:
    """Write everything that a scaffold leaves to the author."""
    reference = chapter.reference_root
    assert reference is not None
    texts = {
        chapter.root / f"{name}.py": STUB,
        chapter.root / "checks" / f"test_{name}.py": PUBLIC,
        reference / f"{name}.py": SOLUTION,
        reference / f"{name}.mistakes.toml": MISTAKES,
        reference / "alternatives" / f"{name}__another_way.py": ALTERNATIVE,
        reference / "checks" / f"test_{name}.py": HIDDEN,
    }
    for path, text in texts.items():
        assert path.exists(), path  # the scaffold and this list name the same files
        path.write_text(text.replace("relu(X: ", f"{name}(X: ").replace(".relu(X)", f".{name}(X)")
                        .replace(f"torch.{name}(X)", "torch.relu(X)"), encoding="utf-8")  # fmt: skip
    table = chapter.root / "chapter.toml"
    before, _, rest = table.read_text(encoding="utf-8").partition(f'name = "{name}"\n')
    title, _, after = rest.partition("\n")
    following = after[after.index("\n]\n") + 3 :]
    table.write_text(f'{before}name = "{name}"\n{title}\n{HINTS}{following}', encoding="utf-8")
    chapter.page.write_text("# 21 Between the layers\n\nOne function, in section 21.1.\n", encoding="utf-8")

"""The demo (`make demo`): a student checks their work, an instructor grades a class, in an empty folder.

Nobody's answers are copied here. What is right is the reference solution, what is wrong is one of its known
misconceptions, and what breaks in other ways (a loop that never ends, `exit`, a syntax error …) lies in
`class/`. So the demo needs the instructor's package. It fails if a command does not end as it should.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.catalog import Course
from d2l_kit.grading.mistakes import read_mistakes
from d2l_kit.plugins import load_course

HANDED_IN = Path(__file__).parent / "class"
GRADED = ("corr2d", "conv1x1", "pool2d")
WIDTH = 100

TITLE = "d2l-kit: checks and grades the exercises of Dive into Deep Learning."
STUDENT = "A student starts chapter 7: one file to fill in for each exercise, and what to read."
LIST = "What there is to do:"
ANSWERS = """\
Some answers are written now: corr2d and lenet right; conv1x1, padding_stride and pool2d with mistakes
that students really make; the other files are left as they are. Then the student asks what they are worth.
The code runs in a worker without network, files or other processes to reach. A mistake that is a known one
is named:"""
HINT = "Stuck? Hints come one at a time, from a nudge to nearly the answer:"
MENDED = "The student reads, mends pool2d, and checks only that one:"
STATUS = "Where do I stand?"
SUBMIT = "The work is packed into one file to hand in. The same answers always give the same file:"
CLASS = """\
Now the instructor's side. Thirteen students have handed in: folders, a zip, a notebook. Among them are
a loop that never ends (gil), one who prints "all tests passed" and exits (hana), a syntax error (ivo),
the untouched file (jun), one who calls the library function that the exercise forbids (kim), and
one who prints instead of returning (max). All get a report, and no hang or crash costs a neighbour
anything:"""
GRADES = "The same for a spreadsheet; the last column says what happened, and names mistakes:"
AGAIN = "Graded again, nothing is done twice: only what has changed would be."
MACHINE = "All of this depends on how well this machine can lock code in. What can it do?"
END = "That was the demo. README.md goes on from here: each audience's first five minutes."

NOTEBOOK_INTRO = "# My answers\n\nRun from top to bottom before you read."
NOTEBOOK_MAGICS = "%matplotlib inline\nimport torch"
NOTEBOOK_PLAY = "X = torch.arange(9.0).reshape(3, 3)\nprint(corr2d(X, torch.ones(2, 2)))"


@dataclass(frozen=True)
class Answers:
    """Right and wrong answers, made from the reference."""

    course: Course

    def right(self, name: str) -> str:
        """The solution of an exercise."""
        solution = self.course.by_id[f"ch07/{name}"].files.solution
        if solution is None:
            raise SystemExit("The demo needs the instructor's package: pip install -e . -e reference")
        return solution.read_text(encoding="utf-8")

    def wrong(self, name: str, mistake: str) -> str:
        """A known misconception of an exercise."""
        known = {m.name: m.source for m in read_mistakes(self.course.by_id[f"ch07/{name}"])}
        return known[mistake]

    def stub(self, name: str) -> str:
        """The file a student starts from."""
        return self.course.by_id[f"ch07/{name}"].files.stub.read_text(encoding="utf-8")

    def another(self, name: str) -> str:
        """A solution in another style."""
        return self.course.by_id[f"ch07/{name}"].files.alternatives[0].read_text(encoding="utf-8")


def main() -> None:
    """Show everything, one command after the other."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--keep", type=Path, metavar="DIR", help="work in this new folder and leave it there")
    keep: Path | None = options.parse_args().keep
    answers = Answers(load_course())
    with _folder(keep) as folder:
        _heading(TITLE)
        _student(folder / "workspace", answers)
        _instructor(folder, answers)
        _heading(END)


def _student(workspace: Path, answers: Answers) -> None:
    workspace.mkdir()
    _say(LIST)
    _kit("list", "ch7", cwd=workspace)
    _say(STUDENT)
    _kit("start", "ch7", cwd=workspace)
    written = {
        "corr2d": answers.right("corr2d"),
        "padding_stride": answers.wrong("padding_stride", "stride_of_the_kernel"),
        "conv1x1": answers.wrong("conv1x1", "reshape_scrambles"),
        "pool2d": answers.wrong("pool2d", "padding_wins_the_maximum"),
        "lenet": answers.right("lenet"),
    }
    _write(workspace / "ch07", written)
    _say(ANSWERS)
    _kit("check", cwd=workspace, expected=1)
    _say(HINT)
    _kit("hint", "pool2d", cwd=workspace)
    _write(workspace / "ch07", {"pool2d": answers.right("pool2d")})
    _say(MENDED)
    _kit("check", "pool2d", cwd=workspace)
    _say(STATUS)
    _kit("status", cwd=workspace)
    _say(SUBMIT)
    _kit("submit", cwd=workspace)


def _instructor(folder: Path, answers: Answers) -> None:
    make_class(folder / "class", answers)
    grade = ("grade", "class", "--exercises", ",".join(GRADED), "--out", "graded")
    _say(CLASS)
    _kit(*grade, cwd=folder)
    _say(GRADES)
    _command("cat graded/grades.csv")
    print((folder / "graded" / "grades.csv").read_text(encoding="utf-8"), flush=True)
    _say(AGAIN)
    _kit(*grade, cwd=folder)
    _say(MACHINE)
    _kit("doctor", cwd=folder)


def make_class(folder: Path, answers: Answers) -> None:
    """A class of thirteen, as files."""
    shutil.copytree(HANDED_IN, folder)
    right = {name: answers.right(name) for name in GRADED}
    _write(folder / "ada", right)
    _write(folder / "ben", {name: answers.another(name) for name in GRADED})
    _zip(folder / "cleo.zip", right | {"corr2d": answers.wrong("corr2d", "float32_buffer")})
    _notebook(folder / "dan.ipynb", [right["corr2d"], right["conv1x1"]])
    _write(folder / "eva", right | {"corr2d": answers.wrong("corr2d", "flips_kernel")})
    _write(
        folder / "finn",
        {
            "corr2d": answers.wrong("corr2d", "one_short"),
            "conv1x1": answers.wrong("conv1x1", "ignores_bias"),
            "pool2d": answers.wrong("pool2d", "sums_the_window"),
        },
    )
    _write(folder / "jun", {name: answers.stub(name) for name in GRADED})
    _write(folder / "lea", {"conv1x1": right["conv1x1"]})
    for name in ("gil", "hana", "ivo", "kim", "max"):
        _write(folder / name, {"conv1x1": right["conv1x1"], "pool2d": right["pool2d"]})


def _write(folder: Path, sources: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")


def _zip(path: Path, sources: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, source in sources.items():
            archive.writestr(f"chapter 7/{name}.py", source)


def _notebook(path: Path, sources: Sequence[str]) -> None:
    cells = [("markdown", NOTEBOOK_INTRO), ("code", NOTEBOOK_MAGICS), *(("code", s) for s in sources)]
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [_cell(n, *cell) for n, cell in enumerate([*cells, ("code", NOTEBOOK_PLAY)])],
    }
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def _cell(number: int, kind: str, source: str) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="d2l-kit-demo-") as name:
            yield Path(name)


def _kit(*arguments: str, cwd: Path, expected: int = 0) -> None:
    _command(f"d2l-kit {' '.join(arguments)}")
    environment = {"COLUMNS": str(WIDTH)} | dict(os.environ)
    run = subprocess.run([sys.executable, "-m", "d2l_kit", *arguments], cwd=cwd, env=environment, check=False)
    print(flush=True)
    if run.returncode != expected:
        raise SystemExit(f"d2l-kit {' '.join(arguments)} ended with {run.returncode}, not with {expected}.")


def _heading(text: str) -> None:
    print(f"\n{'=' * WIDTH}\n{text}\n{'=' * WIDTH}", flush=True)


def _say(text: str) -> None:
    print("\n" + textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="# ", subsequent_indent="# "))


def _command(line: str) -> None:
    print(f"$ {line}", flush=True)


if __name__ == "__main__":
    main()

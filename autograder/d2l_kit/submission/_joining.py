"""The cells of a notebook that one exercise needs, as one module.

The rule. An exercise's *own* cells are those marked as its (`d2l_kit.exercise` in the metadata) and those
that are not marked at all and define one of the names its stub defines. Own cells are taken whole, in the
notebook's order, as running it from top to bottom would: the last definition counts.

Of the other cells only those statements are taken that an own cell needs, directly or through each other:
a helper function, an import, a constant. So a training run in another exercise's cell costs nothing, and an
import that fails there breaks nothing. What is needed is worked out name by name, where the name is used:

* A name used as the cell runs means its last value before. We walk back to the nearest statement that binds
  it whatever happens, and take what may change it on the way.
* A name used inside a function means its value when the function is called, which may be after any cell:
  every statement that binds it is taken, back to the own cell that binds it too.
* Loops and bare calls (`TABLE.append(3)`) are taken only where they stand before the last own cell and bind
  or change a needed name that is not a module: behind it nothing but practice and training follows.
* A cell marked as another exercise's never replaces what an own cell defines.
* `from … import *` is taken only where a needed name is bound nowhere else.

A cell that is not Python is left out and reported by cell and line. `x = !command` and `x = %magic` give no
value here: where such a line is needed the exercise's source is an error that names the cell, elsewhere it is
left out. Nothing is run to find any of this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from d2l_kit.errors import SubmissionError
from d2l_kit.submission._cells import Cell, Notebook
from d2l_kit.submission._model import Source
from d2l_kit.submission._names import folded, shown
from d2l_kit.submission._needs import NOTEBOOK_NAMES, Needed
from d2l_kit.submission._statements import Statement, defined_names, statements

MAX_STATEMENTS = 10_000
NAMED_AT_MOST = 8  # lines listed in a note

_COUNTED = {2: "twice", 3: "three times"}


@dataclass(frozen=True)
class Code:
    """A code cell with what is found in it.

    Attributes:
        defines: Functions and classes at top level.
        error: The line and the reason, where the cell is not Python.
    """

    cell: Cell
    statements: tuple[Statement, ...] = ()
    defines: frozenset[str] = frozenset()
    error: tuple[int, str] | None = None


@dataclass(frozen=True)
class Wanted:
    """An exercise, as far as a notebook is searched for it: its names and what its stub defines."""

    id: str
    name: str
    defines: frozenset[str]

    def is_marked(self, cell: Cell) -> bool:
        """Whether a cell's metadata says that it is this exercise's."""
        return cell.exercise in (self.id, self.name)


def analysed(notebook: Notebook) -> list[Code]:
    """The code cells of a notebook.

    Raises:
        SubmissionError: There are more statements than anyone writes by hand.
    """
    cells = [cell for cell in notebook.cells if cell.kind == "code"]
    if sum(len(cell.plain.tree.body) for cell in cells if cell.plain.tree) > MAX_STATEMENTS:
        raise SubmissionError(f"{notebook.file} has more than {MAX_STATEMENTS} statements.", "Split the notebook.")
    return [_analysed(cell) for cell in cells]


def notebook_notes(notebook: Notebook, codes: Iterable[Code], exercise_files: Collection[str]) -> list[str]:
    """What was left out of a notebook: lines for the notebook itself, cells that are not Python."""
    broken = [(code.cell.number, *code.error) for code in codes if code.error]
    notes = [
        f"{notebook.file}: cell {number}, line {line}: {reason}; the cell is left out."
        for number, line, reason in broken
    ]
    left_out = [
        f"`{shown(what)}` (cell {cell.number}, line {line})"
        for cell in notebook.cells
        for line, what in sorted({**cell.plain.dropped, **cell.plain.captured}.items())
    ]
    left_out += [
        f"`%%writefile {shown(cell.plain.file)}` (cell {cell.number})"
        for cell in notebook.cells
        if cell.kind == "%%writefile" and folded(cell.plain.file_name) not in exercise_files
    ]
    if left_out:
        more = f" and {len(left_out) - NAMED_AT_MOST} more" if len(left_out) > NAMED_AT_MOST else ""
        listed = ", ".join(left_out[:NAMED_AT_MOST])
        notes.append(f"{notebook.file}: left out, as they speak to the notebook and not to Python: {listed}{more}.")
    return notes


def joined(notebook: Notebook, codes: list[Code], wanted: Wanted) -> Source | None:
    """One exercise's source, or None where the notebook holds nothing of it.

    Raises:
        SubmissionError: It is there but cannot be used; names cell and line.
    """
    own = [code for code in codes if not code.error and _is_own(code, wanted)]
    if not any(code.defines & wanted.defines for code in own):
        _explain_absence(notebook, codes, wanted)
    if not own:
        return None
    own_cells = {code.cell.number - 1 for code in own}
    everything = [statement for code in codes for statement in code.statements]
    fenced = {s.cell for s in everything if notebook.cells[s.cell].exercise and s.cell not in own_cells}
    needed = Needed(everything, own_cells, fenced)
    for statement in needed.kept:
        _require_no_capture(notebook, notebook.cells[statement.cell], statement.first, statement.last)
    for code in own:
        _require_no_capture(notebook, code.cell, 1, code.cell.source.count("\n") + 1)
    text, places = _laid_out(notebook, own_cells, needed)
    return Source(text, notebook.file, places, tuple(_repeated(own, wanted)))


def _analysed(cell: Cell) -> Code:
    tree = cell.plain.tree
    if tree is None:
        return Code(cell, error=cell.plain.error)
    try:
        return Code(cell, tuple(statements(cell.plain.text, tree, cell.number - 1)), defined_names(tree))
    except SyntaxError as error:
        return Code(cell, error=(error.lineno or 1, error.msg))
    except (RecursionError, MemoryError):
        return Code(cell, error=(1, "nested too deeply"))


def _is_own(code: Code, wanted: Wanted) -> bool:
    return wanted.is_marked(code.cell) or (not code.cell.exercise and bool(code.defines & wanted.defines))


def _explain_absence(notebook: Notebook, codes: list[Code], wanted: Wanted) -> None:
    """Raise where the answer seems to be there, in a cell that does not parse or is of another type."""
    definition = re.compile(
        rf"^[ \t]*(?:def|class)[ \t]+(?:{'|'.join(map(re.escape, wanted.defines))})\b", re.MULTILINE
    )
    for code in reversed(codes):
        if code.error and (wanted.is_marked(code.cell) or definition.search(code.cell.source)):
            line, reason = code.error
            raise SubmissionError(
                f"{notebook.file}, cell {code.cell.number}, line {line}: {reason}.",
                "Correct the cell and run it.",
            )
    for cell in reversed(notebook.cells):
        if cell.kind not in ("code", "%%writefile") and definition.search(cell.source):
            raise SubmissionError(
                f"{notebook.file}: {wanted.name} is not found; cell {cell.number} looks like code but is a"
                f" {cell.kind} cell.",
                "Turn it into a code cell.",
            )


def _require_no_capture(notebook: Notebook, cell: Cell, first: int, last: int) -> None:
    for line, what in sorted(cell.plain.captured.items()):
        if first <= line <= last:
            raise SubmissionError(
                f"{notebook.file}, cell {cell.number}, line {line}: `{shown(what)}` takes its value from the"
                " notebook, which is not there when your work is graded.",
                "Write it in Python, or move it to a cell that the exercise does not need.",
            )


def _repeated(own: list[Code], wanted: Wanted) -> Iterator[str]:
    for name in sorted(wanted.defines):
        cells = [str(code.cell.number) for code in own if name in code.defines]
        if len(cells) > 1:
            times = _COUNTED.get(len(cells), f"{len(cells)} times")
            listed = f"{', '.join(cells[:-1])} and {cells[-1]}"
            yield f"{name} is defined {times} (cells {listed}); the last one counts."


def _laid_out(notebook: Notebook, own: set[int], needed: Needed) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The module's text and, line for line, where it stands in the notebook."""
    first_own = notebook.cells[min(own)].number
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    # `from __future__` must come first in a module, and holds for all cells behind it in a notebook.
    futures = [s for s in needed.everything if s.future and s.cell <= max(own)]
    for statement in futures:
        lines += statement.lines
        places += [(notebook.cells[statement.cell].number, statement.first + i) for i in range(len(statement.lines))]
    for name in sorted(NOTEBOOK_NAMES.keys() & needed.unbound):
        lines.append(NOTEBOOK_NAMES[name])
        places.append((first_own, 1))
    for index in sorted(own | {statement.cell for statement in needed.kept}):
        cell = notebook.cells[index]
        if index in own:
            parts = [(1, tuple(_without(cell.plain.text, [s for s in futures if s.cell == index])))]
        else:
            parts = [(s.first, s.lines) for s in needed.kept if s.cell == index]
        for first, part in parts:
            lines += part
            places += [(cell.number, first + i) for i in range(len(part))]
    return "\n".join(lines) + "\n", tuple(places)


def _without(text: str, left_out: Iterable[Statement]) -> list[str]:
    lines = text.split("\n")
    for statement in left_out:
        before, first, after = lines[statement.first - 1].partition(statement.lines[0])
        lines[statement.first - 1] = f"{before}pass{after}" if first else lines[statement.first - 1]
        for number in range(statement.first, statement.last):
            lines[number] = ""
    return lines

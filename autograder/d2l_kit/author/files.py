"""The rules of `author verify` that look at files alone: every part is there and says what it should.

They need nothing to be run, so that an author sees all of them at once, also where nothing can be run yet.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.author import cuda_text
from d2l_kit.catalog import HINTS_MIN, Chapter, Exercise

PLACEHOLDER = "FILL IN"  # what a scaffold of `author new` leaves to the author
DOCSTRING_MIN = 80  # characters

_LINES_SHOWN = 8


@dataclass(frozen=True)
class Finding:
    """Something to mend."""

    file: Path
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.rule}: {self.message}\n  {self.remedy}"


def look(chapter: Chapter, exercise: Exercise) -> list[Finding]:
    """What the rules on one exercise's files find, in the rules' order."""
    return [finding for rule in RULES for finding in rule(chapter, exercise)]


def look_at_chapter(chapter: Chapter) -> list[Finding]:
    """What the rules on a chapter as a whole find, in the rules' order."""
    return [finding for rule in CHAPTER_RULES for finding in rule(chapter)]


def can_be_run(exercise: Exercise) -> bool:
    """Whether everything is there that the checks need, and all Python of the exercise parses."""
    files = exercise.files
    needed = (files.stub, files.public_checks, files.solution)
    return all(p is not None and p.is_file() for p in needed) and all(_fault(p) is None for p in _python(exercise))


def _every_part_is_there(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    files, name = exercise.files, exercise.name
    reference = chapter.reference_root or Path(chapter.slug)
    parts = (
        (files.stub, files.stub.is_file(), "the stub"),
        (files.public_checks, files.public_checks.is_file(), "public checks"),
        (reference / f"{name}.py", files.solution is not None, "the solution"),
        (reference / "checks" / f"test_{name}.py", files.hidden_checks is not None, "hidden checks"),
        (reference / f"{name}.mistakes.toml", files.mistakes is not None, "what students get wrong"),
        (
            reference / "alternatives" / f"{name}__STYLE.py",
            bool(files.alternatives),
            "a right solution in another style",
        ),
    )
    for path, there, what in parts:
        if not there:
            yield Finding(path, "every part is there", "it is missing.", f"Write {what}.")


def _python_parses(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    for path in _python(exercise):
        if (fault := _fault(path)) is not None:
            yield Finding(path, "Python parses", f"{fault}; nothing of {exercise.name} was run.", "Correct the file.")


def _nothing_is_left_to_fill_in(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    files = exercise.files
    texts = (
        files.stub,
        files.public_checks,
        files.solution,
        files.mistakes,
        files.hidden_checks,
        *files.alternatives,
    )
    for path in texts:
        if path is not None and path.is_file():
            yield from _unwritten(path)
    if any(PLACEHOLDER in text for text in (exercise.title, exercise.summary, *exercise.hints)):
        yield Finding(
            chapter.root / "chapter.toml",
            "filled in",
            f"the table of {exercise.name} still holds words of the scaffold ({PLACEHOLDER!r}).",
            "Write its title, summary and hints.",
        )


def _signatures_agree(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    stub, solution = _tree(exercise.files.stub), _tree(exercise.files.solution)
    if stub is None or solution is None or exercise.files.solution is None:
        return
    ours, theirs = _signatures(stub), _signatures(solution)
    for name, signature in ours.items():
        if theirs.get(name) != signature:
            yield Finding(
                exercise.files.solution,
                "signatures agree",
                f"{name}: the stub has ({signature}), the solution ({theirs.get(name, 'nothing')}).",
                "Make them the same, annotations included.",
            )


def _stub_teaches(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    path, tree = exercise.files.stub, _tree(exercise.files.stub)
    if tree is None:
        return
    taught: list[tuple[str, ast.FunctionDef | ast.ClassDef | ast.Module]] = [
        (node.name, node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    if cuda_text.text_of(tree) is not None:  # what teaches to write a kernel stands on top of the file
        taught.append((path.name, tree))
    for name, node in taught:
        if len(ast.get_docstring(node) or "") < DOCSTRING_MIN:
            said = f"{name} has no docstring worth the name."
            yield Finding(path, "stubs teach", said, "Teach in a few sentences.")
    source = path.read_text(encoding="utf-8")
    if "xample" not in source and ">>>" not in source:
        yield Finding(path, "stubs teach", "there is no worked example.", "Add one tiny example with its result.")


def _hints_lead_on(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    if len(exercise.hints) < HINTS_MIN:
        yield Finding(
            chapter.root / "chapter.toml",
            "hints",
            f"{exercise.name} has {len(exercise.hints)} hints.",
            f"Write at least {HINTS_MIN}, from a nudge to nearly the answer.",
        )


def _public_checks_stand_alone(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    path = exercise.files.public_checks
    tree = _tree(path)
    if tree is None:
        return
    uses = [node for node in ast.walk(tree) if getattr(node, "id", getattr(node, "arg", None)) == "reference"]
    package = chapter.reference_root.parent.name if chapter.reference_root else ""
    if uses or package in {name.partition(".")[0] for name in _imported(tree)}:
        yield Finding(
            path,
            "public checks stand alone",
            "it uses the reference.",
            "Compare with torch or worked values.",
        )


def _checks_are_titled(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    for path in (exercise.files.public_checks, exercise.files.hidden_checks):
        for node in ast.walk(_tree(path) or ast.Module([], [])):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node):
                yield Finding(
                    path or Path(),
                    "checks have titles",
                    f"line {node.lineno}: {node.name} has no docstring.",
                    "Its first line is what students are shown: say what holds.",
                )


def _requires_exist(chapter: Chapter, exercise: Exercise) -> Iterator[Finding]:
    known = {other.name for other in chapter.exercises} - {exercise.name}
    for name in exercise.requires:
        if name not in known:
            yield Finding(
                chapter.root / "chapter.toml",
                "requires",
                f"{exercise.name} requires {name!r}, which is no other exercise of this chapter.",
                "Correct the name.",
            )


def _every_section_is_practised(chapter: Chapter) -> Iterator[Finding]:
    practised = {number for exercise in chapter.exercises for number in exercise.sections}
    for section in chapter.sections:
        if section.number not in practised:
            yield Finding(
                chapter.root / "chapter.toml",
                "sections covered",
                f"no exercise practises section {section.number}.",
                f"Add one: d2l-kit author new {chapter.name}/NAME --section {section.number}",
            )


def _chapter_is_written(chapter: Chapter) -> Iterator[Finding]:
    if not chapter.page.is_file():
        yield Finding(chapter.page, "chapter page", "it is missing.", "Write what is practised, in which order.")
    else:
        yield from _unwritten(chapter.page)
    if any(PLACEHOLDER in text for text in (chapter.title, *(section.title for section in chapter.sections))):
        yield Finding(
            chapter.root / "chapter.toml",
            "filled in",
            f"the chapter's titles still hold words of the scaffold ({PLACEHOLDER!r}).",
            "Write the sections as in the book, or drop them.",
        )


def _every_file_belongs(chapter: Chapter) -> Iterator[Finding]:
    """A file under a wrong name is one that nobody ever runs."""
    names = {exercise.name for exercise in chapter.exercises}
    for path in sorted(_strays(chapter.root, names)):
        yield Finding(path, "every file belongs", "it belongs to no exercise of chapter.toml.", _STRAY_REMEDY)
    if chapter.reference_root is not None:
        for path in sorted(_strays(chapter.reference_root, names)):
            yield Finding(path, "every file belongs", "it belongs to no exercise of chapter.toml.", _STRAY_REMEDY)


_STRAY_REMEDY = "Names are NAME.py, checks/test_NAME.py, alternatives/NAME__STYLE.py, mistakes/NAME__MISTAKE.py."


RULES: tuple[Callable[[Chapter, Exercise], Iterator[Finding]], ...] = (
    _every_part_is_there,
    _python_parses,
    _nothing_is_left_to_fill_in,
    _signatures_agree,
    _stub_teaches,
    _hints_lead_on,
    _public_checks_stand_alone,
    _checks_are_titled,
    _requires_exist,
)
CHAPTER_RULES: tuple[Callable[[Chapter], Iterator[Finding]], ...] = (
    _every_section_is_practised,
    _chapter_is_written,
    _every_file_belongs,
)


def _python(exercise: Exercise) -> list[Path]:
    """Every Python file of an exercise that is there."""
    files = exercise.files
    found = (files.stub, files.public_checks, files.solution, files.hidden_checks, *files.alternatives)
    return [path for path in found if path is not None and path.is_file()]


def _tree(path: Path | None) -> ast.Module | None:
    """The file's syntax tree, if there is such a file and it parses."""
    if path is None or not path.is_file() or _fault(path) is not None:
        return None
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _fault(path: Path) -> str | None:
    """Why a file is no Python, None if it is."""
    try:
        ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (OSError, ValueError) as error:  # not UTF-8, or NUL bytes
        return str(error)
    return None


def _unwritten(path: Path) -> Iterator[Finding]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    numbers = [number for number, line in enumerate(lines, 1) if PLACEHOLDER in line]
    if numbers:
        verb = "hold" if len(numbers) > 1 else "holds"
        said = f"{_listed(numbers)} still {verb} words of the scaffold ({PLACEHOLDER!r})."
        yield Finding(path, "filled in", said, "Write what each mark asks for, and take the mark away.")


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_LINES_SHOWN])) + (" …" if len(numbers) > _LINES_SHOWN else "")
    return f"line{'s' if len(numbers) > 1 else ''} {shown}"


def _signatures(tree: ast.Module) -> dict[str, str]:
    found = {kernel.name: ", ".join(kernel.parameters) for kernel in cuda_text.kernels(cuda_text.text_of(tree) or "")}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _signature(node)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = "class"
            found |= {
                f"{node.name}.{m.name}": _signature(m)
                for m in node.body
                if isinstance(m, ast.FunctionDef) and (m.name == "__init__" or not m.name.startswith("_"))
            }
    return found


def _signature(node: ast.FunctionDef) -> str:
    return ast.unparse(node.args) + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _strays(root: Path, names: set[str]) -> Iterator[Path]:
    """Python files and mistakes below a chapter's folder that no exercise's name leads to."""
    for path in root.rglob("*"):
        folder = path.relative_to(root).parent.as_posix()
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        if path.name.endswith(".mistakes.toml") and folder == ".":
            owner = path.name.removesuffix(".mistakes.toml")
        elif path.suffix != ".py" or path.name == "__init__.py":
            continue
        elif folder == ".":
            owner = path.stem
        elif folder == "checks":
            owner = path.stem.removeprefix("test_") if path.stem.startswith("test_") else ""
        elif folder in ("alternatives", "mistakes"):
            owner, dashes, style = path.stem.partition("__")
            owner = owner if dashes and style else ""
        else:
            owner = ""
        if owner not in names:
            yield path

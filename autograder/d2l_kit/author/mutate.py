"""Mechanical mutants of a solution: one small change each, to see whether the checks notice.

What may change is the catalogue in `_mutators`; this module turns a changed tree back into text. Only the changed
part is written anew, in place, so that a mutant keeps the original's lines, numbers and comments. The text is read
again and must give exactly the changed tree: a part that needs parentheses gets them. The text of a kernel in CUDA C++
is changed as such, by the catalogue in `_cuda_mutators`.
"""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from d2l_kit.author import _cuda_mutators, cuda_text
from d2l_kit.author._mutators import GRADIENT_MODES, Spot, facts_of, replacements, spots
from d2l_kit.errors import AuthorError

REMOVED = "(removed)"
_HEADER_END = re.compile(rb"[\s)\\]*:")
_CUT = " …"


@dataclass(frozen=True)
class Mutant:
    """A solution with one change.

    Attributes:
        id: Unique in its source: "line 12: kh - 1 -> kh + 1", with "#2" and so on for the same change elsewhere
            in the line.
        line: Where the change is, counted from 1, in the solution and in the mutant alike.
        before: The changed part as it was, on one line.
        after: What stands there now.
        source: The whole text.
    """

    id: str
    line: int
    before: str
    after: str
    source: str


@dataclass(frozen=True)
class _Edit:
    """A change of the text, and the tree that it must lead to."""

    start: int
    end: int
    line: int
    before: str
    after: str
    text: str
    tree: str
    is_expression: bool = False


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a source, in the order of the text; all differ from it and from each other.

    Raises:
        AuthorError: The source is no Python.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    tree = _parse(text)
    if tree is None:
        raise AuthorError("A solution to be mutated is not valid Python.", "Correct it; `python FILE` names the line.")
    known = {ast.dump(tree)}
    found: list[Mutant] = []
    names: dict[str, int] = {}
    for edit in sorted(_edits(text, tree), key=lambda edit: edit.start):
        if edit.tree in known or (changed := _apply(text, edit)) is None:
            continue
        known.add(edit.tree)
        found.append(Mutant(_unique(edit, names), edit.line, edit.before, edit.after, changed))
    return [*found, *_kernel_mutants(text, tree, names)]


def _unique(edit: _Edit, names: dict[str, int]) -> str:
    name = f"line {edit.line}: {edit.before} -> {edit.after}"
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name} #{names[name]}"


def _kernel_mutants(source: str, tree: ast.Module, names: dict[str, int]) -> Iterator[Mutant]:
    """Those of the CUDA C++ that a module holds; each is shown as the whole line that it changes."""
    kernel = cuda_text.text_of(tree)
    if kernel is None:
        return
    begin = cuda_text.place_of(source, kernel)
    known = {source}
    for change in sorted(_cuda_mutators.changes(kernel), key=lambda change: (change.start, change.end, change.new)):
        start, end = begin + change.start, begin + change.end
        new = change.new + "\n" * source.count("\n", start, end)  # the lines stay where they are
        changed = source[:start] + new + source[end:]
        if changed in known:
            continue
        known.add(changed)
        line = source.count("\n", 0, start) + 1
        before, after = (_in_line(text, line) for text in (source, changed))
        edit = _Edit(start, end, line, before, after or REMOVED, new, "")
        yield Mutant(_unique(edit, names), line, before, edit.after, changed)


def _in_line(text: str, line: int) -> str:
    code = text.split("\n")[line - 1].partition("//")[0]
    return " ".join(code.split())


def _edits(text: str, tree: ast.Module) -> Iterator[_Edit]:
    places = _Offsets(text)
    facts = facts_of(tree)
    for spot in spots(tree):
        for new in replacements(spot, facts):
            yield _replacing(places, tree, spot, new)
        if isinstance(spot.node, ast.With):
            yield from _without_mode(places, tree, spot)
        if isinstance(spot.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _without_decorators(places, tree, spot.node)


def _replacing(places: _Offsets, tree: ast.Module, spot: Spot, new: ast.AST) -> _Edit:
    node = spot.node
    assert isinstance(node, (ast.expr, ast.stmt))
    if not hasattr(new, "lineno"):  # ast.unparse wants to know it of statements
        ast.copy_location(new, node)
    start, end = places.span(node)
    before = _shown(spot.shown)
    with _exchanged(spot, new):
        changed = ast.dump(tree)
        after = _shown(new if spot.shown is node else spot.shown)
    text = ast.unparse(new)
    return _Edit(start, end, node.lineno, before, after, text, changed, is_expression=isinstance(node, ast.expr))


def _without_mode(places: _Offsets, tree: ast.Module, spot: Spot) -> Iterator[_Edit]:
    """`with torch.no_grad():` becomes `if True:`, so that the lines below keep their indentation."""
    node = spot.node
    assert isinstance(node, ast.With)
    if len(node.items) != 1 or node.items[0].optional_vars is not None or not _is_mode(node.items[0].context_expr):
        return
    start, _ = places.span(node)
    _, end = places.span(node.items[0].context_expr)
    rest = _HEADER_END.match(places.text, end)
    if rest is not None:
        new = ast.If(ast.Constant(True), node.body, [])
        before = f"with {ast.unparse(node.items[0])}:"
        with _exchanged(spot, new):
            changed = ast.dump(tree)
        yield _Edit(start, rest.end(), node.lineno, before, "if True:", "if True:", changed)


def _without_decorators(
    places: _Offsets, tree: ast.Module, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[_Edit]:
    for number, decorator in enumerate(node.decorator_list):
        if _is_mode(decorator):
            start, end = places.span(decorator)
            start = places.text.rindex(b"@", 0, start)
            node.decorator_list.pop(number)
            changed = ast.dump(tree)
            node.decorator_list.insert(number, decorator)
            before = f"@{ast.unparse(decorator)}"
            yield _Edit(start, end, decorator.lineno, before, REMOVED, "", changed)


def _is_mode(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in GRADIENT_MODES


@contextlib.contextmanager
def _exchanged(spot: Spot, new: ast.AST) -> Iterator[None]:
    """The tree with one node exchanged, as long as the context lasts."""

    def put(node: ast.AST) -> None:
        if spot.index is None:
            setattr(spot.parent, spot.name, node)
        else:
            getattr(spot.parent, spot.name)[spot.index] = node

    put(new)
    yield
    put(spot.node)


def _apply(text: str, edit: _Edit) -> str | None:
    """The changed text, if it can be written with the same number of lines."""
    encoded = text.encode("utf-8")
    old = encoded[edit.start : edit.end]
    padding = "\n" * (old.count(b"\n") - edit.text.count("\n"))
    plain = edit.text + padding
    candidates = [plain, f"({plain})"] if edit.is_expression else [plain]
    if edit.text.startswith("("):  # `a[i:, j]` is a tuple too, and would not stand in parentheses
        candidates.append(edit.text[1:-1] + padding)
    for candidate in candidates:
        changed = (encoded[: edit.start] + candidate.encode("utf-8") + encoded[edit.end :]).decode("utf-8")
        tree = _parse(changed)
        if tree is not None and ast.dump(tree) == edit.tree and _compiles(tree):
            return changed
    return None


def _shown(node: ast.AST) -> str:
    first, *more = ast.unparse(node).splitlines()
    return first + _CUT if more else first


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _compiles(tree: ast.Module) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `0[1]` only warns
            compile(tree, "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class _Offsets:
    """Where syntax nodes stand in the text, in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text.encode("utf-8")
        self._starts = [0]
        for line in self.text.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Start and end of a node."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[end_line - 1] + end_column

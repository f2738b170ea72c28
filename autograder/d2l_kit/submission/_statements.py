"""The top-level statements of a cell: what each binds, what it changes, and which names it needs, and when.

Scopes are Python's own (`symtable`), so a parameter `X` of a function is not the notebook's `X`.
"""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
_DEFINITE = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
)
_QUIET = (*_DEFINITE, ast.AugAssign, ast.If, ast.Try, ast.With)
_ACTIVE = (ast.For, ast.While, ast.Expr)


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a code cell.

    Attributes:
        cell: The cell's index in the notebook.
        lines: Its text, decorators included, moved to the left; the first of it is line `first` of the cell.
        binds: Names it gives a value.
        changes: Names whose value it changes in place (`TABLE[k] = v`, `TABLE.append(v)`).
        needs: Names it needs as it runs.
        needs_later: Names that functions in it need when they are called.
        definite: Whether what it binds is bound afterwards whatever happens.
        quiet: Whether it is a definition, import or assignment, or an `if`, `try` or `with` around such.
        active: Whether it is a loop or a bare call: these do the work of a notebook.
        imports: Whether it is an import.
        star: Whether it is `from … import *`.
        future: Whether it is `from __future__ import …`.
    """

    cell: int
    first: int
    lines: tuple[str, ...]
    binds: frozenset[str]
    changes: frozenset[str]
    needs: frozenset[str]
    needs_later: frozenset[str]
    definite: bool
    quiet: bool
    active: bool
    imports: bool
    star: bool
    future: bool

    @property
    def last(self) -> int:
        """The last of its lines in the cell."""
        return self.first + len(self.lines) - 1


def statements(text: str, tree: ast.Module, cell: int) -> list[Statement]:
    """The statements of a cell that parses.

    Raises:
        SyntaxError: What only shows when scopes are worked out, such as `nonlocal` outside a function.
        RecursionError: Nested too deeply.
    """
    lines = text.split("\n")
    return [_statement(lines, node, cell) for node in tree.body]


def defined_names(tree: ast.Module) -> frozenset[str]:
    """The functions and classes a module defines at top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def _statement(lines: list[str], node: ast.stmt, cell: int) -> Statement:
    first, own = _text(lines, node)
    binds, needs, later = _names("\n".join(own))
    imports = isinstance(node, ast.Import | ast.ImportFrom)
    return Statement(
        cell,
        first,
        own,
        binds,
        frozenset() if imports else frozenset(_changed(node)),
        needs,
        later,
        definite=isinstance(node, _DEFINITE),
        quiet=isinstance(node, _QUIET),
        active=isinstance(node, _ACTIVE),
        imports=imports,
        star=isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names),
        future=isinstance(node, ast.ImportFrom) and node.module == "__future__",
    )


def _text(lines: list[str], node: ast.stmt) -> tuple[int, tuple[str, ...]]:
    """A statement's first line and its text, cut from a line that others may share (`import a; train()`)."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    last = node.end_lineno or node.lineno
    own = lines[first - 1 : last]
    own[-1] = own[-1].encode()[: node.end_col_offset].decode()
    if not decorators:
        own[0] = own[0].encode()[node.col_offset :].decode()
    return first, tuple(own)


def _names(text: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Names bound, needed at once, needed by functions later."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = symtable.symtable(text, "cell", "exec")
    binds = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    needs = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    later: set[str] = set()
    waiting = [(child, False) for child in table.get_children()]
    while waiting:
        scope, called_later = waiting.pop()
        called_later |= scope.get_type() == "function" and scope.get_name() not in _COMPREHENSIONS
        names = {s.get_name() for s in scope.get_symbols() if s.is_global() and s.is_referenced()}
        (later if called_later else needs).update(names)
        waiting += [(child, called_later) for child in scope.get_children()]
    return frozenset(binds), frozenset(needs), frozenset(later)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Names whose value is changed in place, as far as the text shows it."""
    for part in ast.walk(node):
        place: ast.expr | None = None
        if isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
            place = part.value
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            place = part.value.func.value if isinstance(part.value.func, ast.Attribute) else None
        while isinstance(place, ast.Subscript | ast.Attribute):
            place = place.value
        if isinstance(place, ast.Name):
            yield place.id

"""A source as pieces of normal form: what stays of a program when names, layout and order are taken away.

A piece is a statement, the head of a loop or of a test, or what a loop gathers, as a row of tokens. Gone are comments,
docstrings, annotations, imports, signatures, and what stands under the guard of main. Variables become `$`; own
functions, classes and fields are told by their kind; what libraries call themselves stays, however it was imported.
Ways of writing the same are made one where that is cheap: `x += 1`, `b > a`, `1 + a`, `a, b = c, d`, the order of
keyword arguments, a comprehension and the loop with `append`. The order of statements is none of a piece's business.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

VARIABLE = "$"
TEXT = "text"
SMALL = 9  # whole numbers up to here stay what they are
SHORT_NUMBER = 4  # characters of other numbers that stay

_BUILTINS = frozenset(dir(builtins))
_COMMUTES = (ast.Add, ast.Mult)
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SILENT = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


@dataclass(frozen=True)
class Piece:
    """A row of tokens, and the line of the source that each comes from."""

    tokens: tuple[str, ...]
    lines: tuple[int, ...]


def pieces(source: str) -> tuple[Piece, ...] | None:
    """The normal form of a source; None if it is no Python, or is nested too deeply to be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        return tuple(_flat(term) for term in _Reader(_Names.of(tree)).block(tree.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@dataclass(frozen=True)
class _Term:
    """A node of the normal form."""

    head: str
    line: int
    parts: tuple[_Term, ...] = ()

    def shape(self) -> str:
        """What the order of operands rests on: the same whatever variables are called."""
        return f"{self.head}({','.join(part.shape() for part in self.parts)})" if self.parts else self.head


def _flat(term: _Term) -> Piece:
    waiting, tokens, lines = [term], [], []
    while waiting:
        node = waiting.pop()
        tokens.append(node.head)
        lines.append(node.line)
        waiting.extend(reversed(node.parts))
    return Piece(tuple(tokens), tuple(lines))


@dataclass(frozen=True)
class _Names:
    """What the names of a module stand for."""

    imported: dict[str, str] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tree: ast.AST) -> _Names:
        names = cls()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    root = alias.name if alias.asname else alias.name.partition(".")[0]
                    names.imported[alias.asname or root] = root
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names.imported[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.functions.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.fields.add(node.attr)
        return names

    def dotted(self, node: ast.expr) -> str | None:
        """`torch.nn.functional.pad` for `F.pad`; None for what is no name of a library."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imported:
            return None
        return ".".join([self.imported[node.id], *reversed(attributes)])

    def role(self, name: str) -> str:
        if name in self.functions:
            return "own"
        return name if name in _BUILTINS else VARIABLE


class _Reader:
    """Statements to terms. What comprehensions hold is put beside the statement that they stand in."""

    def __init__(self, names: _Names) -> None:
        self._names = names
        self._beside: list[_Term] = []

    def block(self, body: Sequence[ast.stmt]) -> Iterator[_Term]:
        for statement in body:
            for term in self._statement(statement):
                yield from self._beside
                self._beside.clear()
                yield term

    def _statement(self, node: ast.stmt) -> Iterator[_Term]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from (_Term("decorated", each.lineno, (self._expr(each),)) for each in node.decorator_list)
                yield from self.block(node.body)
            case ast.ClassDef():
                yield _Term("class", node.lineno, self._all(node.bases))
                yield from self.block(node.body)
            case ast.Assign():
                for target in node.targets:
                    yield from self._assign(target, node.value)
            case ast.AnnAssign():
                if node.value is not None:
                    yield from self._assign(node.target, node.value)
            case ast.AugAssign():
                changed = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
                yield from self._assign(node.target, changed)
            case ast.For() | ast.AsyncFor():
                yield self._loop(node.target, node.iter)
                yield from self.block([*node.body, *node.orelse])
            case ast.If() | ast.While():
                if not _is_guard_of_main(node.test):
                    yield _Term(type(node).__name__, node.lineno, (self._expr(node.test),))
                    yield from self.block([*node.body, *node.orelse])
            case ast.Raise():
                cause = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                yield _Term("raise", node.lineno, self._all([cause] if cause else []))
            case ast.Expr():
                yield from self._alone(node.value)
            case _ if not isinstance(node, _SILENT):
                yield from self._other(node)

    def _other(self, node: ast.stmt) -> Iterator[_Term]:
        inner: list[ast.stmt] = []
        parts: list[ast.expr] = []
        waiting = [*ast.iter_child_nodes(node)]
        while waiting:
            child = waiting.pop(0)
            if isinstance(child, ast.stmt):
                inner.append(child)
            elif isinstance(child, ast.expr):
                parts.append(child)
            else:
                waiting.extend(ast.iter_child_nodes(child))
        yield _Term(type(node).__name__, node.lineno, self._all(parts))
        yield from self.block(inner)

    def _alone(self, value: ast.expr) -> Iterator[_Term]:
        match value:
            case ast.Constant():  # a docstring, or an ellipsis
                return
            case ast.Call(func=ast.Attribute(attr="append"), args=[only]):
                yield _Term("each", value.lineno, (self._expr(only),))
            case _:
                yield _Term("do", value.lineno, (self._expr(value),))

    def _assign(self, target: ast.expr, value: ast.expr) -> Iterator[_Term]:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            starred = any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
            if len(target.elts) == len(value.elts) and not starred:
                for inner, its in zip(target.elts, value.elts, strict=True):
                    yield from self._assign(inner, its)
                return
        yield _Term("=", target.lineno, (self._expr(target), self._expr(value)))

    def _loop(self, target: ast.expr, over: ast.expr) -> _Term:
        return _Term("for", target.lineno, (self._expr(target), self._expr(over)))

    def _all(self, nodes: Sequence[ast.expr]) -> tuple[_Term, ...]:
        return tuple(self._expr(node) for node in nodes)

    def _expr(self, node: ast.expr) -> _Term:
        line = node.lineno
        match node:
            case ast.Constant():
                return _Term(_constant(node.value), line)
            case ast.JoinedStr():
                return _Term(TEXT, line)
            case ast.Name() | ast.Attribute():
                return self._named(node)
            case ast.BinOp(op=op) if isinstance(op, _COMMUTES):
                return _Term(type(op).__name__, line, _sorted(self._all(_operands(node, type(op)))))
            case ast.BinOp():
                return _Term(type(node.op).__name__, line, self._all([node.left, node.right]))
            case ast.BoolOp():
                return _Term(type(node.op).__name__, line, _sorted(self._all(node.values)))
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[op]) as inner) if type(op) in _NEGATED:
                return self._compare(inner, [_NEGATED[type(op)]])
            case ast.Compare():
                return self._compare(node, [type(op) for op in node.ops])
            case ast.UnaryOp():
                return _Term(type(node.op).__name__, line, self._all([node.operand]))
            case ast.Call():
                keywords = sorted(node.keywords, key=lambda each: each.arg or "")
                named = tuple(_Term(f"{key.arg or '**'}=", line, (self._expr(key.value),)) for key in keywords)
                return _Term("call", line, (self._expr(node.func), *self._all(node.args), *named))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._gathered(node.generators, node.elt)
            case ast.DictComp():
                return self._gathered(node.generators, node.value)
            case ast.Tuple() | ast.List():
                return _Term("tuple", line, self._all(node.elts))
            case ast.Slice():
                bounds = (node.lower, node.upper, node.step)
                return _Term(":", line, tuple(self._expr(each) if each else _Term("_", line) for each in bounds))
            case ast.Lambda():
                return _Term("lambda", line, (self._expr(node.body),))
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return _Term(type(node).__name__, line, self._all(parts))

    def _named(self, node: ast.Name | ast.Attribute) -> _Term:
        if dotted := self._names.dotted(node):
            return _Term(dotted, node.lineno)
        if isinstance(node, ast.Name):
            return _Term(self._names.role(node.id), node.lineno)
        own = node.attr in self._names.fields or node.attr in self._names.functions
        return _Term(".own" if own else f".{node.attr}", node.lineno, (self._expr(node.value),))

    def _compare(self, node: ast.Compare, kinds: Sequence[type[ast.cmpop]]) -> _Term:
        parts = self._all([node.left, *node.comparators])
        head = " ".join(kind.__name__ for kind in kinds)
        if len(kinds) == 1:
            (kind,) = kinds
            if kind in _MIRRORED:
                head, parts = _MIRRORED[kind].__name__, parts[::-1]
            elif kind in (ast.Eq, ast.NotEq):
                parts = _sorted(parts)
        return _Term(head, node.lineno, parts)

    def _gathered(self, loops: Sequence[ast.comprehension], what: ast.expr) -> _Term:
        for loop in loops:
            self._beside.append(self._loop(loop.target, loop.iter))
            self._beside += [_Term("If", test.lineno, (self._expr(test),)) for test in loop.ifs]
        self._beside.append(_Term("each", what.lineno, (self._expr(what),)))
        return _Term("gathered", what.lineno)


def _sorted(parts: Sequence[_Term]) -> tuple[_Term, ...]:
    return tuple(sorted(parts, key=_Term.shape))


def _operands(node: ast.expr, kind: type[ast.operator]) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, kind):
        return [*_operands(node.left, kind), *_operands(node.right, kind)]
    return [node]


def _constant(value: object) -> str:
    if isinstance(value, str | bytes):
        return TEXT
    written = repr(value)
    if isinstance(value, bool) or value is None or value is ...:
        return written
    is_small = isinstance(value, int) and abs(value) <= SMALL
    return written if is_small or (isinstance(value, float) and len(written) <= SHORT_NUMBER) else "number"


def _is_guard_of_main(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return isinstance(test, ast.Compare) and names == {"__name__"}

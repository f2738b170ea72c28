"""Where the names of a source are bound: scopes, bindings, and what flows into them; nothing is evaluated.

Python's rules: a name bound anywhere in a function is local to all of it; classes are skipped when looking
outwards; `global` and `nonlocal` send a binding elsewhere. The tree is walked with a stack of our own, so
that a long expression does not end in a RecursionError.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

Position = tuple[int, int]  # line, column
STARS_MAX = 32  # modules imported whole

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class Binding:
    """One place that gives a name a value.

    Attributes:
        position: From where on it holds: the end of the statement.
        certain: Whether it is executed whenever its scope is, and so hides what was bound before.
        anytime: Made from another scope by `global` or `nonlocal`: it may hold everywhere.
        path: What an import binds, if this is one.
        own: The function or class that this defines.
        instance: Whether this is the first parameter of a method.
    """

    position: Position
    certain: bool
    anytime: bool = False
    path: str = ""
    own: ast.AST | None = None
    instance: bool = False


@dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension and the names it binds."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, Scope | None] = field(default_factory=dict)  # declared global, or nonlocal (None)
    deleted: set[str] = field(default_factory=set)
    stars: dict[str, Position] = field(default_factory=dict)  # from MODULE import *

    @property
    def is_class(self) -> bool:
        """Whether nested functions look past this scope."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_comprehension(self) -> bool:
        """Whether this scope is run where it stands."""
        return isinstance(self.node, COMPREHENSIONS)

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(frozen=True)
class Place:
    """Where a node stands: its scope, and how control gets there."""

    scope: Scope
    certain: bool = True
    looped: bool = False
    annotation: bool = False
    end: Position | None = None  # of the statement whose target this is


@dataclass(frozen=True)
class Flow:
    """A value that goes to a target: the whole of it, or each of its elements in turn (`for`)."""

    target: ast.expr | Binding
    value: ast.expr
    element: bool = False


@dataclass(frozen=True)
class Imported:
    """A module or a member of one that an import statement names."""

    path: str
    line: int


@dataclass(eq=False)
class Layout:
    """Everything found in one walk over a source."""

    module: Scope
    places: dict[ast.AST, Place] = field(default_factory=dict)
    bound: dict[ast.AST, Binding] = field(default_factory=dict)  # of names in Store context
    flows: list[Flow] = field(default_factory=list)
    imports: list[Imported] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    returns: list[tuple[FunctionNode, ast.expr]] = field(default_factory=list)
    parameters: dict[FunctionNode, dict[str, Binding]] = field(default_factory=dict)  # in order
    scopes: dict[ast.AST, Scope] = field(default_factory=dict)


def read_layout(tree: ast.Module) -> Layout:
    """Walk a source once."""
    layout = Layout(Scope(tree, None))
    layout.scopes[tree] = layout.module
    todo: list[tuple[ast.AST, Place]] = [(tree, Place(layout.module))]
    while todo:
        node, place = todo.pop()
        layout.places[node] = place
        _record(layout, node, place)
        todo.extend(reversed(list(_children(layout, node, place))))
    for scope in layout.scopes.values():
        _send_elsewhere(scope)
    return layout


def end_of(node: ast.expr | ast.stmt | ast.alias | ast.pattern | ast.ExceptHandler) -> Position:
    """Where a node ends."""
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _children(layout: Layout, node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, Place]]:
    plain = place if place.end is None else replace(place, end=None)
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _function_children(layout, node, plain)
        case ast.ClassDef():
            inner = Place(_open(layout, node, plain.scope))
            yield from ((n, plain) for n in (*node.decorator_list, *node.bases, *node.keywords))
            yield from ((n, inner) for n in node.body)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            inner = Place(_open(layout, node, plain.scope), looped=True)
            yield node.generators[0].iter, plain
            yield from ((n, inner) for n in _comprehension_parts(node))
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((n, replace(plain, end=end_of(node))) for n in targets)
            if isinstance(node, ast.AnnAssign):
                yield node.annotation, replace(plain, annotation=True)
            if node.value is not None:
                yield node.value, plain
        case ast.NamedExpr():
            scope = plain.scope  # `:=` in a comprehension binds in the function around it
            while scope.is_comprehension and scope.parent is not None:
                scope = scope.parent
            yield node.target, replace(plain, scope=scope, certain=False)
            yield node.value, plain
        case ast.Tuple() | ast.List() | ast.Starred():
            yield from ((n, place) for n in ast.iter_child_nodes(node))
        case ast.For() | ast.AsyncFor() | ast.While():
            inner = replace(plain, certain=False, looped=True)
            yield from ((n, inner) for n in ast.iter_child_nodes(node))
        case ast.If() | ast.Try() | ast.TryStar() | ast.Match():
            inner = replace(plain, certain=False)
            yield from ((n, inner) for n in ast.iter_child_nodes(node))
        case _:
            yield from ((n, plain) for n in ast.iter_child_nodes(node))


def _function_children(layout: Layout, node: FunctionNode, place: Place) -> Iterator[tuple[ast.AST, Place]]:
    arguments = node.args
    defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    yield from ((n, place) for n in defaults)
    hints = [a.annotation for a in all_arguments(arguments) if a.annotation is not None]
    inner = Place(_open(layout, node, place.scope))
    _bind_parameters(layout, node, inner.scope, in_class=place.scope.is_class)
    if isinstance(node, ast.Lambda):
        layout.returns.append((node, node.body))
        yield node.body, inner
        return
    yield from ((n, place) for n in node.decorator_list)
    if node.returns is not None:
        hints.append(node.returns)
    yield from ((n, replace(place, annotation=True)) for n in hints)
    yield from ((n, inner) for n in node.body)


def _comprehension_parts(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> Iterator[ast.AST]:
    yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    for number, generator in enumerate(node.generators):
        yield generator.target
        yield from generator.ifs
        if number:
            yield generator.iter


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    """Every parameter, in the order of the signature."""
    stars = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *stars]


def _open(layout: Layout, node: ast.AST, parent: Scope) -> Scope:
    layout.scopes[node] = Scope(node, parent)
    return layout.scopes[node]


def _bind(scope: Scope, name: str, binding: Binding) -> Binding:
    scope.bindings.setdefault(name, []).append(binding)
    return binding


def _bind_parameters(layout: Layout, node: FunctionNode, scope: Scope, in_class: bool) -> None:
    named = layout.parameters[node] = {}
    for number, argument in enumerate(all_arguments(node.args)):
        instance = in_class and number == 0 and not _is_static(node)
        named[argument.arg] = _bind(scope, argument.arg, Binding((0, 0), True, instance=instance))
    positional = [*node.args.posonlyargs, *node.args.args]
    count = len(node.args.defaults)
    pairs = [
        *zip(positional[len(positional) - count :], node.args.defaults, strict=True),
        *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
    ]
    layout.flows.extend(Flow(named[a.arg], default) for a, default in pairs if default is not None)


def _is_static(node: FunctionNode) -> bool:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in decorators)


def _record(layout: Layout, node: ast.AST, place: Place) -> None:
    scope = place.scope
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            position = place.end or end_of(node)
            layout.bound[node] = _bind(scope, name, Binding(position, place.certain))
        case ast.Name(id=name, ctx=ast.Del()):
            scope.deleted.add(name)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            _bind(scope, node.name, Binding(end_of(node), place.certain, own=node))
        case ast.Import() | ast.ImportFrom():
            _record_import(layout, node, place)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            owner = scope.module if isinstance(node, ast.Global) else None
            scope.elsewhere.update(dict.fromkeys(names, owner))
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            _bind(scope, name, Binding(end_of(node), False))
        case ast.MatchMapping(rest=str(name)):
            _bind(scope, name, Binding(end_of(node), False))
        case ast.Assign(targets=targets, value=value):
            layout.flows.extend(Flow(target, value) for target in targets)
        case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
            before = ast.copy_location(ast.Name(name, ast.Load()), target)
            layout.places[before] = place
            layout.flows.append(Flow(target, ast.copy_location(ast.BinOp(before, op, value), node)))
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            layout.flows.append(Flow(target, value))
        case ast.NamedExpr(target=target, value=value):
            layout.flows.append(Flow(target, value))
        case ast.For() | ast.AsyncFor():
            layout.flows.append(Flow(node.target, node.iter, element=True))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            layout.flows.extend(Flow(g.target, g.iter, element=True) for g in node.generators)
        case ast.Call():
            layout.calls.append(node)
        case ast.Return(value=ast.expr() as value) if isinstance(scope.node, FUNCTIONS):
            layout.returns.append((scope.node, value))


def _record_import(layout: Layout, node: ast.Import | ast.ImportFrom, place: Place) -> None:
    position = end_of(node)
    for alias in node.names:
        if isinstance(node, ast.Import):
            path, name = alias.name, alias.asname or alias.name.partition(".")[0]
            value = alias.name if alias.asname else name
        else:
            module = "." * node.level + (node.module or "")
            if alias.name == "*":
                stars = place.scope.module.stars
                if module in stars or len(stars) < STARS_MAX:
                    stars[module] = position
                layout.imports.append(Imported(module, node.lineno))
                continue
            value = path = f"{module}.{alias.name}"
            name = alias.asname or alias.name
        layout.imports.append(Imported(path, alias.lineno))
        _bind(place.scope, name, Binding(position, place.certain, path=value))


def _send_elsewhere(scope: Scope) -> None:
    for name, declared in scope.elsewhere.items():
        owner = scope.elsewhere[name] = declared or _enclosing(scope, name)
        if owner is not scope:
            for binding in scope.bindings.pop(name, []):
                binding.certain, binding.anytime = False, True
                _bind(owner, name, binding)


def _enclosing(scope: Scope, name: str) -> Scope:
    outer = scope.parent
    while outer is not None and (outer.is_class or name not in outer.bindings):
        outer = outer.parent
    return outer or scope.module

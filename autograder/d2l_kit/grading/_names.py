"""What the expressions of a source stand for, by full dotted name, found without running any of it.

Every expression gets a set of values: things known by a dotted name (`torch.nn.functional.conv2d`), folded
constants, tuples of such, things of the source's own. The empty set means unknown. Sets only grow: all
assignments, arguments, returns and fields are gone through until nothing is added, so that aliases are
followed in any order and through functions, classes and containers. Fields and subscripts are kept by name
alone (`self.f = F` tells of every `.f`), which is coarse and enough. Bindings are followed in the order of
the text, as far as that is certain, so that a name which the source defines anew no longer means what it did.

Sources are hostile: sets, texts, nesting and rounds are bounded, and nothing is imported. What is computed
beyond constants is not seen: a check that counts operators at run time is the second line.
"""

from __future__ import annotations

import ast
import builtins
import functools
import re
import sys
from collections.abc import Iterable, Sequence

from d2l_kit.grading._scopes import FUNCTIONS, Binding, Flow, Layout, Place, Position, Scope, read_layout
from d2l_kit.grading._values import (
    DOTTED_MAX,
    OWN,
    UNKNOWN,
    VALUES_MAX,
    Const,
    Dotted,
    Getter,
    Items,
    Own,
    Value,
    Values,
    add,
    as_texts,
    bounded,
    constant,
    elements,
    fill,
    items_of,
    join,
    slice_of,
    text_call,
    texts,
)

ROUNDS_MAX = 64  # a name handed on through more functions than this is lost
WORK_MAX = 1_500_000  # values looked at, in all rounds: some seconds, a hundred times an honest source
BINDINGS_MAX = 64  # of one name that are told apart by position
PARTS_MAX = 16  # components of a dotted name

# Modules that others hold as an attribute: `torch.nn.functional.torch.conv2d` is `torch.conv2d`.
_HELD_MODULES = frozenset({"torch", "sys", "builtins", "importlib", "operator", "functools", "inspect"})
_LOOKUPS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_ATTRIBUTE_LOOKUPS = frozenset({"__getattribute__", "__getattr__"})
_OWN_NAMES = "<names of the source>"
_SITE_BUILTINS = frozenset({"exit", "quit", "copyright", "credits", "license"})
_PLAIN_RESULTS = frozenset({
    "ascii", "bin", "bool", "bytearray", "bytes", "complex", "dict", "enumerate", "filter", "float",
    "format", "frozenset", "hash", "hex", "id", "input", "int", "isinstance", "issubclass", "len", "map",
    "oct", "open", "ord", "print", "range", "repr", "set", "slice", "sorted", "super", "zip",
})  # fmt: skip
_SAME_THING = frozenset({"tuple", "list", "iter", "reversed"})
_OPERATOR_NAME = re.compile(r"(\w+)::(\w+)")


class TooLarge(Exception):
    """A source cannot be gone through with `WORK_MAX`: far more than anyone writes by hand."""


# What reading a hostile source may end in.
UNREADABLE = (RecursionError, MemoryError, TooLarge)


class Names:
    """The values of every expression of one source; ask with `of`."""

    def __init__(self, tree: ast.Module) -> None:
        self.layout: Layout = read_layout(tree)
        self._bound: dict[Binding, set[Value]] = {}
        self._pooled: dict[tuple[Scope, str], set[Value]] = {}
        self._pool_of: dict[Binding, tuple[Scope, str]] = {}
        self._fields: dict[str, set[Value]] = {}
        self._returned: dict[ast.AST, set[Value]] = {}
        self._memo: dict[ast.AST, Values] = {}
        self._certain: set[tuple[Scope, str]] = set()
        self._size = 0
        self._work = 0
        self._start()
        self._solve()

    def of(self, node: ast.AST) -> Values:
        """What an expression may stand for; empty if that is unknown."""
        if node not in self._memo:
            self._memo[node] = bounded(self._evaluate(node))
            self._work += 1 + len(self._memo[node])
            if self._work > WORK_MAX:
                raise TooLarge
        return self._memo[node]

    def paths(self, node: ast.AST) -> list[str]:
        """The dotted names that an expression may stand for, in order."""
        return sorted(value.path for value in self.of(node) if isinstance(value, Dotted))

    # Solving: everything that can be stored flows until nothing is new.

    def _start(self) -> None:
        for scope in self.layout.scopes.values():
            for name, bindings in scope.bindings.items():
                if name not in scope.deleted and any(binding.certain for binding in bindings):
                    self._certain.add((scope, name))
                for binding in bindings:
                    self._pool_of[binding] = (scope, name)
                    self._put(binding, _initial(binding))
                    if scope.is_class:
                        self._grow(self._fields.setdefault(name, set()), _initial(binding))

    def _solve(self) -> None:
        for _ in range(ROUNDS_MAX):
            self._memo.clear()
            before = self._size
            for flow in self.layout.flows:
                self._flow(flow)
            for call in self.layout.calls:
                self._pass_arguments(call)
            for function, value in self.layout.returns:
                self._grow(self._returned.setdefault(function, set()), self.of(value))
            if self._size == before:
                break
        self._memo.clear()

    def _flow(self, flow: Flow) -> None:
        values = self.of(flow.value)
        if flow.element:
            values = elements(values)
        if isinstance(flow.target, Binding):
            self._put(flow.target, values)
        else:
            self._store(flow.target, values)

    def _store(self, target: ast.expr, values: Values) -> None:
        match target:
            case ast.Name():
                self._put(self.layout.bound[target], values)
                if self.layout.places[target].scope.is_class:
                    self._grow(self._fields.setdefault(target.id, set()), values)
            case ast.Attribute(attr=name):
                self._grow(self._fields.setdefault(name, set()), values)
            case ast.Subscript():
                self._grow(self._fields.setdefault("[]", set()), values)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(targets, values)

    def _unpack(self, targets: Sequence[ast.expr], values: Values) -> None:
        for items in (v for v in values if isinstance(v, Items)):
            in_order = len(items.parts) == len(targets) and not items.keyed
            in_order = in_order and not any(isinstance(t, ast.Starred) for t in targets)
            any_of_them = elements(frozenset({items}))
            for number, target in enumerate(targets):
                if isinstance(target, ast.Starred):
                    self._store(target.value, items_of([any_of_them], keyed=True))
                else:
                    self._store(target, items.parts[number] if in_order else any_of_them)

    def _pass_arguments(self, call: ast.Call) -> None:
        for value in self.of(call.func):
            if isinstance(value, Own) and value.node is not None:
                self._bind_arguments(call, value.node)
            elif value == Dotted("builtins.setattr") and len(call.args) == 3:
                for name in texts(self.of(call.args[1])):
                    self._grow(self._fields.setdefault(name, set()), self.of(call.args[2]))

    def _bind_arguments(self, call: ast.Call, callee: ast.AST) -> None:
        if isinstance(callee, ast.ClassDef):
            for binding in self.layout.scopes[callee].bindings.get("__init__", []):
                if binding.own is not None:
                    self._bind_arguments(call, binding.own)
            return
        named = self.layout.parameters.get(callee, {})  # type: ignore[call-overload]  # a class has none
        order = [binding for binding in named.values() if not binding.instance]
        for argument, binding in zip(call.args, order, strict=False):
            if isinstance(argument, ast.Starred):
                break
            self._put(binding, self.of(argument))
        for keyword in call.keywords:
            if keyword.arg in named:
                self._put(named[keyword.arg], self.of(keyword.value))

    def _put(self, binding: Binding, values: Iterable[Value]) -> None:
        values = tuple(values)
        self._grow(self._bound.setdefault(binding, set()), values)
        self._grow(self._pooled.setdefault(self._pool_of[binding], set()), values)

    def _grow(self, pool: set[Value], values: Iterable[Value]) -> None:
        for value in values:
            unknown = isinstance(value, Dotted) and value.path.startswith("?")
            limit = DOTTED_MAX if isinstance(value, Dotted) else VALUES_MAX
            if not unknown and value not in pool and len(pool) < limit:
                pool.add(value)
                self._size += 1

    # Evaluating one expression, given what is stored so far.

    def _evaluate(self, node: ast.AST) -> Values:
        match node:
            case ast.Constant(value=str() | bytes() | int() as value):
                return constant(value)
            case ast.Constant():
                return OWN
            case ast.JoinedStr(values=parts):
                return join("", [self.of(part) for part in parts]) or OWN
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                return as_texts(self.of(inner))
            case ast.Name(id=name, ctx=ast.Load()):
                return self._look_up(name, self.layout.places[node], (node.lineno, node.col_offset))
            case ast.Attribute(value=inner, attr=name):
                return self._attribute(self.of(inner), name)
            case ast.Subscript(value=inner, slice=ast.Slice() as bounds):
                return slice_of(self.of(inner), bounds)
            case ast.Subscript(value=inner, slice=index):
                return self._item(self.of(inner), self.of(index))
            case ast.Call():
                return self._call(node)
            case ast.BinOp():
                return self._operation(node)
            case _:
                return self._compound(node)

    def _compound(self, node: ast.AST) -> Values:
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                starred = any(isinstance(part, ast.Starred) for part in parts)
                return items_of([self.of(part) for part in parts], keyed=starred or isinstance(node, ast.Set))
            case ast.Dict(values=parts):
                return items_of([self.of(part) for part in parts], keyed=True)
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
                return items_of([self.of(part)], keyed=True)
            case ast.DictComp(value=part):
                return items_of([self.of(part)], keyed=True)
            case ast.IfExp(body=first, orelse=second):
                return self.of(first) | self.of(second)
            case ast.BoolOp(values=parts):
                return UNKNOWN.union(*(self.of(part) for part in parts))
            case ast.NamedExpr(value=inner) | ast.Await(value=inner) | ast.keyword(value=inner):
                return self.of(inner)
            case ast.Starred(value=inner):
                return elements(self.of(inner))
            case ast.Lambda():
                return frozenset({Own(node)})
            case _:
                return UNKNOWN

    def _look_up(self, name: str, place: Place, at: Position) -> Values:
        scope: Scope | None = place.scope.elsewhere.get(name) or place.scope
        nested, looped = scope is not place.scope, place.looped
        found: set[Value] = set()
        while scope is not None:
            if not (nested and scope.is_class):
                values, settled = self._visible(scope, name, None if nested or looped else at, nested)
                found |= values
                if settled:
                    return frozenset(found)
            # A comprehension is run where it stands; a function's body later, when all is bound.
            nested = nested or not scope.is_comprehension
            looped = looped or scope.is_comprehension
            scope = scope.parent
        if name == "__builtins__":
            found.add(Dotted("builtins"))
        elif hasattr(builtins, name) or name in _SITE_BUILTINS:
            found.add(Dotted(f"builtins.{name}"))
        return frozenset(found)

    def _visible(self, scope: Scope, name: str, at: Position | None, later: bool) -> tuple[set[Value], bool]:
        """The values of a name in one scope, and whether there is no need to look further out."""
        bindings = scope.bindings.get(name, [])
        inner = isinstance(scope.node, FUNCTIONS) and bool(bindings)
        inner = inner or (scope.is_comprehension and bool(bindings))
        values: set[Value] = set()
        hidden_before, certain = (0, 0), False
        in_order = at is not None or (later and scope.parent is None)
        if len(bindings) > BINDINGS_MAX or not in_order or name in scope.deleted:
            values |= self._pooled.get((scope, name), set())
            certain = (scope, name) in self._certain
        else:
            for binding in sorted(bindings, key=lambda b: b.position, reverse=True):
                before = binding.anytime or at is None or binding.position <= at
                if before and (binding.anytime or not certain):
                    values |= self._bound[binding]
                    if binding.certain:
                        certain, hidden_before = True, binding.position
        for module, position in scope.stars.items():
            if position > hidden_before and not (at and position > at):
                values.add(_from_star(module, name))
        return values, certain or inner

    def _attribute(self, receivers: Values, name: str) -> Values:
        found = set(self._fields.get(name, ()))
        for value in receivers:
            if isinstance(value, Dotted) and value.path.count(".") < PARTS_MAX:
                path = f"?.{name}" if value.path.startswith("?") else _canonical(f"{value.path}.{name}")
                found.add(Dotted(path, value.guessed))
        if not receivers:
            found.add(Dotted(f"?.{name}"))
        return frozenset(found)

    def _item(self, containers: Values, index: Values) -> Values:
        found: set[Value] = set()
        for value in containers:
            if isinstance(value, Dotted):
                for text in texts(index):
                    found |= self._entry(value.path, text)
                continue
            found |= self._fields.get("[]", set())
            if isinstance(value, Items):
                numbers = [v.value for v in index if isinstance(v, Const) and isinstance(v.value, int)]
                known = bool(numbers) and not value.keyed and len(numbers) == len(index)
                known = known and all(-len(value.parts) <= n < len(value.parts) for n in numbers)
                chosen = [value.parts[n] for n in numbers] if known else value.parts
                found |= UNKNOWN.union(*chosen)
        if not containers:
            found |= self._fields.get("[]", set())
        return frozenset(found)

    def _entry(self, path: str, text: str) -> Values:
        if path == "sys.modules":
            return frozenset({Dotted(text)})
        if path == "builtins" or path.endswith(".__dict__"):
            return frozenset({Dotted(f"{path.removesuffix('.__dict__')}.{text}")})
        if path == _OWN_NAMES:
            return self._look_up(text, Place(self.layout.module, looped=True), (0, 0))
        return UNKNOWN

    def _operation(self, node: ast.BinOp) -> Values:
        if isinstance(node.op, ast.Mod):
            values = self.of(node.right)
            arguments = next((list(v.parts) for v in values if isinstance(v, Items) and not v.keyed), [values])
            return fill(self.of(node.left), "%s", arguments)
        if not isinstance(node.op, ast.Add):
            return UNKNOWN
        terms: list[ast.expr] = []  # a sum of hundreds of terms is deep on the left: no recursion there
        inner: ast.expr = node
        while isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            terms.append(inner.right)
            inner = inner.left
        total = self.of(inner)
        for term in reversed(terms):
            if not total:
                return UNKNOWN
            total = add(total, self.of(term))
        return total

    def _call(self, node: ast.Call) -> Values:
        arguments = [self.of(argument) for argument in node.args]
        found: set[Value] = set()
        for value in self.of(node.func):
            match value:
                case Dotted(path):
                    found |= self._library_call(path, arguments, node)
                case Getter(names) if arguments:
                    for name in names:
                        found |= self._attributes(arguments[0], name)
                case Own(ast.ClassDef()):
                    found |= OWN
                case Own(ast.AST() as function):
                    found |= self._returned.get(function, set())
        if isinstance(node.func, ast.Attribute):
            receivers = self.of(node.func.value)
            found |= text_call(receivers, node.func.attr, arguments)
            if node.func.attr in _LOOKUPS and arguments:
                held = frozenset(v for v in receivers if isinstance(v, Items))
                found |= self._item(held, arguments[0]) if held else UNKNOWN
        return frozenset(found)

    def _attributes(self, receivers: Values, dotted: str) -> Values:
        for name in dotted.split(".")[:PARTS_MAX]:
            receivers = self._attribute(receivers, name)
        return receivers

    def _library_call(self, path: str, arguments: list[Values], node: ast.Call) -> Values:
        first = arguments[0] if arguments else UNKNOWN
        second = arguments[1] if len(arguments) > 1 else UNKNOWN
        name = path.removeprefix("builtins.")
        match name:
            case "getattr" | "inspect.getattr_static" | "object.__getattribute__" | "type.__getattribute__":
                return UNKNOWN.union(*arguments[2:3], *(self._attribute(first, t) for t in texts(second)))
            case "operator.attrgetter" | "operator.methodcaller":
                wanted = arguments if name.endswith("attrgetter") else arguments[:1]
                return frozenset({Getter(tuple(t for values in wanted for t in texts(values)))})
            case "operator.getitem":
                return self._item(first, second)
            case "importlib.import_module" | "__import__" | "importlib.__import__" | "pkgutil.resolve_name":
                return frozenset(Dotted(p) for t in texts(first) for p in _imported(name, t, second, node))
            case "vars" if arguments:
                return frozenset(Dotted(f"{v.path}.__dict__") for v in first if isinstance(v, Dotted))
            case "vars" | "globals" | "locals":
                return frozenset({Dotted(_OWN_NAMES)})
            case "chr":
                codes = [v.value for v in first if isinstance(v, Const) and isinstance(v.value, int)]
                return frozenset(Const(chr(code)) for code in codes if 0 <= code < sys.maxunicode)
            case "str":
                return as_texts(first) or OWN
            case "next":
                return elements(first)
            case "functools.partial":
                return first
        if name in _SAME_THING:
            return first or OWN
        if path.startswith("builtins.") and name in _PLAIN_RESULTS:
            return OWN
        return self._method_call(path, arguments)

    def _method_call(self, path: str, arguments: list[Values]) -> Values:
        base, _, method = path.rpartition(".")
        first = arguments[0] if arguments else UNKNOWN
        if method in _LOOKUPS:
            return self._item(frozenset({Dotted(base)}), first)
        if method in _ATTRIBUTE_LOOKUPS:
            return UNKNOWN.union(*(self._attribute(frozenset({Dotted(base)}), t) for t in texts(first)))
        if path.startswith("torch."):  # torch._C._jit_get_operation("aten::conv2d") and its like
            matches = (_OPERATOR_NAME.match(t) for values in arguments for t in texts(values))
            return frozenset(Dotted(f"torch.ops.{m[1]}.{m[2]}") for m in matches if m)
        return UNKNOWN


@functools.lru_cache(maxsize=4096)
def _from_star(module: str, name: str) -> Dotted:
    return Dotted(_canonical(f"{module}.{name}"), guessed=True)


def _initial(binding: Binding) -> Values:
    if binding.path:
        return frozenset({Dotted(_canonical(binding.path))})
    if binding.own is not None:
        return frozenset({Own(binding.own)})
    return OWN if binding.instance else UNKNOWN


def _canonical(path: str) -> str:
    parts = path.split(".")
    if parts[0] == "torch" or parts[0] in sys.stdlib_module_names:
        for number in range(len(parts) - 1, 0, -1):
            if parts[number] in _HELD_MODULES:
                parts = parts[number:]
                break
    path = ".".join(parts)
    head, held, tail = path.rpartition(".F.")
    return f"torch.nn.functional.{tail}" if held and head.startswith("torch.nn") else path


def _imported(function: str, text: str, second: Values, node: ast.Call) -> list[str]:
    if function == "pkgutil.resolve_name":
        return [text.replace(":", ".")]
    if text.startswith("."):
        return [package + text for package in texts(second)]
    # __import__("torch.nn") is torch, unless something is asked for by `fromlist`.
    whole = function == "importlib.import_module" or len(node.args) > 3
    whole = whole or any(keyword.arg == "fromlist" for keyword in node.keywords)
    return [text if whole else text.partition(".")[0]]

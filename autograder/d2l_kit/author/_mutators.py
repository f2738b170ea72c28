"""What can be changed at each kind of syntax node: the catalogue of mechanical mistakes.

A mutator takes a place in the tree and yields the nodes that could stand there instead. It leaves out what
would only crash: a deleted assignment whose name is needed, `+` between texts turned into `-`.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

DROPPED_METHODS = frozenset({
    "detach", "transpose", "permute", "flip", "contiguous", "clone", "t", "squeeze", "unsqueeze", "abs", "sqrt",
    "clamp", "clip", "type_as", "to", "float", "double", "exp", "log", "movedim", "roll", "requires_grad_",
})  # fmt: skip
DROPPED_ATTRIBUTES = frozenset({"T", "mT", "H", "mH"})
_PAIRS = (
    ("mean", "sum"), ("max", "min"), ("amax", "amin"), ("argmax", "argmin"), ("maximum", "minimum"),
    ("zeros", "ones"), ("zeros_like", "ones_like"), ("new_zeros", "new_ones"), ("zeros_", "ones_"), ("any", "all"),
    ("ceil", "floor"), ("sin", "cos"), ("rand", "randn"), ("std", "var"), ("max_pool2d", "avg_pool2d"),
    ("MaxPool2d", "AvgPool2d"), ("train", "eval"),
)  # fmt: skip
RENAMED: Mapping[str, str] = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
RENAMED_BUILTINS: Mapping[str, str] = {"max": "min", "min": "max", "any": "all", "all": "any"}
GRADIENT_MODES = frozenset({"no_grad", "inference_mode", "enable_grad", "autocast"})

_OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_KEEPS_LEFT = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)  # a / b -> a
_KEEPS_RIGHT = (ast.Add, ast.Mult)  # a * b -> b
_ORDERED = (ast.Sub, ast.Div, ast.MatMult)  # a - b -> b - a
_COMPARISONS: Mapping[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_TURNED_ROUND = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_ORDER_IS_NOTHING = frozenset({"isinstance", "getattr", "hasattr", "setattr", "print", "super", "max", "min"})

# Fields that are never looked into: annotations, messages, names.
_CLOSED: Mapping[type[ast.AST], frozenset[str]] = {
    ast.FunctionDef: frozenset({"returns", "decorator_list", "type_params"}),
    ast.AsyncFunctionDef: frozenset({"returns", "decorator_list", "type_params"}),
    ast.ClassDef: frozenset({"bases", "keywords", "decorator_list", "type_params"}),
    ast.arguments: frozenset({"posonlyargs", "args", "kwonlyargs", "vararg", "kwarg"}),
    ast.AnnAssign: frozenset({"annotation"}),
    ast.Assert: frozenset({"msg"}),
    ast.Raise: frozenset({"exc", "cause"}),
    ast.JoinedStr: frozenset({"values"}),
    ast.ExceptHandler: frozenset({"type"}),
    ast.match_case: frozenset({"pattern"}),
}


@dataclass(frozen=True)
class Spot:
    """A place in the tree.

    Attributes:
        node: What stands there.
        parent: The node it is a part of, in the field `name`, at `index` if that is a list.
        shown: What a person needs to see to know the place: a bare number says little.
        owner: The innermost function, class or module around it.
        holder: The innermost class around it.
    """

    node: ast.AST
    parent: ast.AST
    name: str
    index: int | None
    shown: ast.AST
    owner: ast.AST
    holder: ast.ClassDef | None = None


@dataclass(frozen=True)
class Facts:
    """What a mutator may know of the whole source.

    Attributes:
        modes: The texts that something is compared with, in order: `mode == "max"`.
        stored: How often each name is bound, by function, class or module.
        loaded: The names and attributes that are read, by the same.
    """

    modes: tuple[str, ...]
    stored: Mapping[ast.AST, Mapping[str, int]] = field(repr=False)
    loaded: Mapping[ast.AST, frozenset[str]] = field(repr=False)


def spots(tree: ast.Module) -> Iterator[Spot]:
    """Every place that may be mutated, in the order of the text."""
    yield from _below(Spot(tree, tree, "", None, tree, tree))


def facts_of(tree: ast.Module) -> Facts:
    """Go once over a source for what mutators need to know of it."""
    modes = [
        side.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for part in (node.left, *node.comparators)
        for side in (part.elts if isinstance(part, (ast.Tuple, ast.List, ast.Set)) else [part])
        if isinstance(side, ast.Constant) and isinstance(side.value, str)
    ]
    owners = [n for n in ast.walk(tree) if isinstance(n, (ast.Module, ast.ClassDef, *_FUNCTIONS))]
    return Facts(
        tuple(dict.fromkeys(modes)),
        {owner: _stored(owner) for owner in owners},
        {owner: _loaded(owner) for owner in owners},
    )


def replacements(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    """Everything that could stand at a place instead of what stands there."""
    yield from _conditions(spot)
    for kind, mutators in MUTATORS.items():
        if isinstance(spot.node, kind):
            for mutator in mutators:
                yield from mutator(spot, facts)


def _below(spot: Spot) -> Iterator[Spot]:
    node = spot.node
    closed = _CLOSED.get(type(node), frozenset())
    owner = node if isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS)) else spot.owner
    holder = node if isinstance(node, ast.ClassDef) else spot.holder
    for name, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if name not in closed and isinstance(child, ast.AST) and not _is_left_alone(child):
                below = Spot(child, node, name, index, _shown_for(child, spot), owner, holder)
                yield below
                yield from _below(below)


def _shown_for(child: ast.AST, spot: Spot) -> ast.AST:
    small = isinstance(child, (ast.Slice, ast.Tuple)) or (
        isinstance(child, ast.expr) and isinstance(_unsigned(child), ast.Constant)
    )
    return spot.shown if small and isinstance(spot.node, (ast.expr, ast.keyword)) else child


def _is_left_alone(node: ast.AST) -> bool:
    """Docstrings, imports, `__all__`, what is run only as a script, and what has mutators of its own."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "CUDA_SOURCE")]):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def _stored(owner: ast.AST) -> dict[str, int]:
    counts: dict[str, int] = {}
    names = [n.id for n in ast.walk(owner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    names += [n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    names += [n.arg for n in ast.walk(owner) if isinstance(n, ast.arg)]
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _loaded(owner: ast.AST) -> frozenset[str]:
    names = {n.id for n in ast.walk(owner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return frozenset(
        names | {n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}
    )


# Mutators


def _operation(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.BinOp)
    if _is_text(node.left) or _is_text(node.right):
        return
    if other := _OPERATORS.get(type(node.op)):
        yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, ast.FloorDiv):  # rounded up instead of down
        yield _minus(ast.BinOp(_minus(node.left), ast.FloorDiv(), node.right))
    if isinstance(node.op, _KEEPS_LEFT):
        yield node.left
    if isinstance(node.op, _KEEPS_RIGHT):
        yield node.right
    if isinstance(node.op, _ORDERED):
        yield ast.BinOp(node.right, node.op, node.left)


def _unary(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    assert isinstance(spot.node, ast.UnaryOp)
    yield spot.node.operand


def _comparison(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Compare)
    for number, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:number], other(), *node.ops[number + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _connective(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.BoolOp)
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for number in range(len(node.values)):
        kept = [*node.values[:number], *node.values[number + 1 :]]
        yield ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]


def _constant(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    assert isinstance(spot.node, ast.Constant)
    value = spot.node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield from (_number(value + 1), _number(value - 1))
    elif isinstance(value, str) and value in facts.modes:
        place = facts.modes.index(value)
        if len(facts.modes) > 1:
            yield ast.Constant(facts.modes[(place + 1) % len(facts.modes)])
        elif isinstance(spot.parent, ast.Compare):
            yield ast.Constant(f"not {value}")


def _attribute(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Attribute)
    if not isinstance(node.ctx, ast.Load) or (isinstance(node.value, ast.Name) and node.value.id == "self"):
        return
    if node.attr in DROPPED_ATTRIBUTES:
        yield node.value
    if node.attr in RENAMED:
        yield ast.Attribute(node.value, RENAMED[node.attr], node.ctx)


def _call(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Call)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if isinstance(node.func, ast.Attribute) and node.func.attr in DROPPED_METHODS:
        yield node.func.value
    if name in RENAMED_BUILTINS:
        yield ast.Call(ast.Name(RENAMED_BUILTINS[name], ast.Load()), node.args, node.keywords)
    if name == "range":
        yield from _ranges(node)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "Sequential":  # a layer left out
        for number in range(len(node.args)):
            yield ast.Call(node.func, [*node.args[:number], *node.args[number + 1 :]], node.keywords)
    if name not in _ORDER_IS_NOTHING:
        yield from (ast.Call(node.func, args, node.keywords) for args in _swapped(node.args))
    for number, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield ast.Call(node.func, node.args, [*node.keywords[:number], *node.keywords[number + 1 :]])


def _ranges(node: ast.Call) -> Iterator[ast.AST]:
    for number, bound in enumerate(node.args[:2]):
        if not isinstance(bound, ast.Constant):
            for shifted in _shifted(bound):
                yield ast.Call(node.func, [*node.args[:number], shifted, *node.args[number + 1 :]], [])
    if len(node.args) == 1:
        yield ast.Call(node.func, [ast.Constant(1), node.args[0]], [])


def _slice(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Slice)
    if node.lower is not None:
        yield ast.Slice(None, node.upper, node.step)
        if not isinstance(node.lower, ast.Constant):
            yield from (ast.Slice(lower, node.upper, node.step) for lower in _shifted(node.lower))
    if node.upper is not None:
        yield ast.Slice(node.lower, None, node.step)
        if not isinstance(node.upper, ast.Constant):
            yield from (ast.Slice(node.lower, upper, node.step) for upper in _shifted(node.upper))
    if node.step is not None:
        yield ast.Slice(node.lower, node.upper, None)


def _tuple(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Tuple)
    if not all(isinstance(_unsigned(part), ast.Constant) for part in node.elts):
        yield from (ast.Tuple(parts, node.ctx) for parts in _swapped(node.elts))


def _choice(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    assert isinstance(spot.node, ast.IfExp)
    yield from (spot.node.body, spot.node.orelse)


def _conditions(spot: Spot) -> Iterator[ast.AST]:
    """A condition turned round; that of an `if` also always and never met (a `while` might never end)."""
    if (spot.name == "test" and isinstance(spot.parent, (ast.If, ast.While, ast.IfExp))) or spot.name == "ifs":
        node = spot.node
        assert isinstance(node, ast.expr)
        turned = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        turned = turned or (isinstance(node, ast.Compare) and isinstance(node.ops[0], _TURNED_ROUND))
        if not turned:  # else another mutator turns it
            yield ast.UnaryOp(ast.Not(), node)
        if not isinstance(spot.parent, (ast.While, ast.IfExp)):
            yield from (ast.Constant(True), ast.Constant(False))


def _assignment(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, (ast.Assign, ast.AnnAssign))
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is not None and not any(_is_needed(target, spot, facts) for target in targets):
        yield ast.Pass()


def _is_needed(target: ast.AST, spot: Spot, facts: Facts) -> bool:
    """Whether without this assignment reading the name would only crash."""
    match target:
        case ast.Name(id=name):
            around = spot.owner
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            around = spot.holder or spot.owner
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_is_needed(part, spot, facts) for part in parts)
        case ast.Starred(value=inner):
            return _is_needed(inner, spot, facts)
        case _:
            return False
    return facts.stored[around].get(name, 0) < 2 and name in facts.loaded[around]


def _augmented(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.AugAssign)
    yield ast.Assign([node.target], node.value)
    if (other := _OPERATORS.get(type(node.op))) and not _is_text(node.value):
        yield ast.AugAssign(node.target, other(), node.value)
    yield ast.Pass()


def _expression(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Expr)
    match node.value:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")):
            return  # without it every module crashes
        case ast.Yield() | ast.YieldFrom():
            return
    yield ast.Pass()


def _deleted(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    yield ast.Pass()


def _return(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Return)
    if node.value is None:
        yield ast.Pass()
        return
    if not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))
    if isinstance(node.value, (ast.Name, ast.BinOp, ast.Call, ast.Subscript, ast.Attribute)):
        yield ast.Return(_minus(node.value))


def _raise(spot: Spot, facts: Facts) -> Iterator[ast.AST]:
    node = spot.node
    assert isinstance(node, ast.Raise)
    yield ast.Pass()
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(error, ast.Name):
        other = ast.Name("TypeError" if error.id == "ValueError" else "ValueError", ast.Load())
        new = ast.Call(other, node.exc.args, node.exc.keywords) if isinstance(node.exc, ast.Call) else other
        yield ast.Raise(new, node.cause)


Mutator = Callable[[Spot, Facts], Iterator[ast.AST]]

MUTATORS: Mapping[type[ast.AST], tuple[Mutator, ...]] = {
    ast.BinOp: (_operation,),
    ast.UnaryOp: (_unary,),
    ast.Compare: (_comparison,),
    ast.BoolOp: (_connective,),
    ast.Constant: (_constant,),
    ast.Attribute: (_attribute,),
    ast.Call: (_call,),
    ast.Slice: (_slice,),
    ast.Tuple: (_tuple,),
    ast.IfExp: (_choice,),
    ast.Assign: (_assignment,),
    ast.AnnAssign: (_assignment,),
    ast.AugAssign: (_augmented,),
    ast.Expr: (_expression,),
    ast.Return: (_return,),
    ast.Raise: (_raise,),
    ast.For: (_deleted,),
    ast.While: (_deleted,),
    ast.Break: (_deleted,),
    ast.Continue: (_deleted,),
    ast.Delete: (_deleted,),
}


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def _number(value: float) -> ast.expr:
    """A number as Python reads it: -1 is the negative of 1."""
    return _minus(ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _minus(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    return ast.UnaryOp(ast.USub(), node)


def _unsigned(node: ast.expr) -> ast.expr:
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node


def _shifted(bound: ast.expr) -> Iterator[ast.expr]:
    yield ast.BinOp(bound, ast.Add(), ast.Constant(1))
    yield ast.BinOp(bound, ast.Sub(), ast.Constant(1))


def _swapped(parts: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """The list with each pair of neighbours exchanged in turn."""
    for number, (first, second) in enumerate(itertools.pairwise(parts)):
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            yield [*parts[:number], second, first, *parts[number + 2 :]]

"""The values an expression may have, and the folding of constants; every step is bounded in size.

Sources are hostile: no text method is called that can make something large out of something small, and
nothing but plain texts and numbers is ever computed.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

VALUES_MAX = 32  # values of one expression, dotted names apart
DOTTED_MAX = 256  # so that a flood of other values cannot crowd out a name
TEXT_MAX = 200  # characters of a folded text
ITEMS_MAX = 64  # parts of a tuple that are told apart
DEPTH_MAX = 3  # of tuples in tuples

_TEXT_METHODS = frozenset({
    "lower", "upper", "title", "capitalize", "swapcase", "strip", "lstrip", "rstrip", "removeprefix",
    "removesuffix", "replace", "decode", "encode",
})  # fmt: skip
_FIELD = re.compile(r"\{(\d*)\}")


@dataclass(frozen=True)
class Dotted:
    """A thing known by its full name; `?.NAME` for an attribute of something unknown.

    Attributes:
        guessed: It came from `from MODULE import *`, and the module may have no such name.
    """

    path: str
    guessed: bool = False


@dataclass(frozen=True)
class Const:
    """A text or a number known from the source."""

    value: str | bytes | int


@dataclass(frozen=True)
class Items:
    """A tuple, list, set or dict; `keyed` where the order says nothing."""

    parts: tuple[Values, ...]
    keyed: bool = False
    depth: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Getter:
    """What operator.attrgetter and methodcaller return."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Own:
    """A function or class of the source, or (None) an object that is certainly no tensor and no module."""

    node: ast.AST | None = None


Value = Dotted | Const | Items | Getter | Own
Values = frozenset[Value]

UNKNOWN: Values = frozenset()
OWN: Values = frozenset({Own()})


def bounded(values: Iterable[Value]) -> Values:
    """The same values, or, of too many, the dotted names first."""
    values = frozenset(values)
    if len(values) <= VALUES_MAX:
        return values
    dotted = sorted((v for v in values if isinstance(v, Dotted)), key=lambda v: v.path)
    others = (v for v in values if not isinstance(v, Dotted))
    return frozenset([*dotted[:DOTTED_MAX], *itertools.islice(others, VALUES_MAX)])


def texts(values: Values) -> list[str]:
    return sorted(v.value for v in values if isinstance(v, Const) and isinstance(v.value, str))


def constant(value: str | bytes | int) -> Values:
    large = abs(value) > sys.maxunicode if isinstance(value, int) else len(value) > TEXT_MAX
    return OWN if large or isinstance(value, bool) else frozenset({Const(value)})


def as_texts(values: Values) -> Values:
    return frozenset(Const(str(v.value)) for v in values if isinstance(v, Const) and not isinstance(v.value, bytes))


def items_of(parts: list[Values], keyed: bool = False) -> Values:
    """A tuple of parts; what is nested too deeply in it becomes unknown."""
    depths = [max((v.depth for v in part if isinstance(v, Items)), default=0) for part in parts]
    kept = [part if depth < DEPTH_MAX else UNKNOWN for part, depth in zip(parts, depths, strict=True)]
    if len(parts) > ITEMS_MAX:
        kept, keyed = [UNKNOWN.union(*kept)], True
    depth = 1 + max((depth for depth in depths if depth < DEPTH_MAX), default=0)
    return frozenset({Items(tuple(kept), keyed, depth)})


def elements(values: Values) -> Values:
    parts = [part for v in values if isinstance(v, Items) for part in v.parts]
    letters = [Const(c) for v in values if isinstance(v, Const) and isinstance(v.value, str) for c in v.value]
    return bounded(UNKNOWN.union(*parts, letters))


def add(left: Values, right: Values) -> Values:
    found: set[Value] = set()
    for a, b in itertools.product(left, right):
        if isinstance(a, Const) and isinstance(b, Const) and type(a.value) is type(b.value):
            found |= constant(a.value + b.value)  # type: ignore[operator]  # both of one type
        if len(found) >= VALUES_MAX:
            break
    return frozenset(found)


def join(separator: str, parts: list[Values]) -> Values:
    """Every text that joining one value of each part can give; unknown if a part is."""
    choices = [texts(part) for part in parts[:TEXT_MAX]]
    if not all(choices) or len(parts) > TEXT_MAX:
        return UNKNOWN
    joined = (separator.join(choice) for choice in itertools.product(*choices))
    return UNKNOWN.union(*(constant(text) for text in itertools.islice(joined, VALUES_MAX)))


def fill(templates: Values, mark: str, arguments: list[Values]) -> Values:
    found: set[Value] = set()
    for template in texts(templates):
        pieces = template.split(mark)
        if len(pieces) - 1 == len(arguments):
            filled = [UNKNOWN] * (2 * len(pieces) - 1)
            filled[::2] = [frozenset({Const(piece)}) for piece in pieces]
            filled[1::2] = [as_texts(argument) for argument in arguments]
            found |= join("", filled)
    return frozenset(found)


def slice_of(values: Values, bounds: ast.Slice) -> Values:
    found: set[Value] = set()
    try:
        limits = slice(*(None if b is None else ast.literal_eval(b) for b in (bounds.lower, bounds.upper, bounds.step)))
        for value in values:
            if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
                found.add(Const(value.value[limits]))
            elif isinstance(value, Items) and not value.keyed:
                found |= items_of(list(value.parts[limits]))
    except (ValueError, TypeError):
        return UNKNOWN
    return frozenset(found)


def text_call(receivers: Values, method: str, arguments: list[Values]) -> Values:
    found: set[Value] = set()
    for value in receivers:
        if not isinstance(value, Const) or isinstance(value.value, int):
            continue
        if method in _TEXT_METHODS:
            found |= _apply(value.value, method, arguments)
        elif isinstance(value.value, str) and method == "join" and len(arguments) == 1:
            for items in (v for v in arguments[0] if isinstance(v, Items)):
                found |= join(value.value, list(items.parts))
        elif isinstance(value.value, str) and method == "format":
            numbers = [match[1] for match in _FIELD.finditer(value.value)]
            order = [int(n) if n else place for place, n in enumerate(numbers)]
            if all(n < len(arguments) for n in order):
                plain = frozenset({Const(_FIELD.sub("{}", value.value))})
                found |= fill(plain, "{}", [arguments[n] for n in order])
        if not found:
            return OWN  # still a text, whatever it says
    return frozenset(found)


def _apply(text: str | bytes, method: str, arguments: list[Values]) -> Values:
    choices = [[v.value for v in values if isinstance(v, Const)] for values in arguments]
    found: set[Value] = set()
    for choice in itertools.islice(itertools.product(*choices), VALUES_MAX):
        try:
            found |= constant(getattr(text, method)(*choice))
        except (TypeError, ValueError, AttributeError, LookupError):
            continue
    return frozenset(found)

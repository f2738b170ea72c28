"""What can be changed in CUDA C++: the catalogue of mechanical mistakes in a kernel's text.

Each change replaces one stretch of the text. It leaves out what would only fail to compile or never end: `++` is not
turned into `--`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from d2l_kit.author.cuda_text import Token, closing, tokens

_OPERATORS: Mapping[str, Sequence[str]] = {
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "<<": (">>",), ">>": ("<<",),
    "&": ("|",), "|": ("&",), "^": ("&",), "&&": ("||",), "||": ("&&",),
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",),
    "+=": ("-=", "="), "-=": ("+=",), "*=": ("/=", "="), "/=": ("*=",),
}  # fmt: skip
_NAMES: Mapping[str, Sequence[str]] = {
    "fmaxf": ("fminf",), "fminf": ("fmaxf",), "max": ("min",), "min": ("max",),
    "__syncthreads": ("__syncwarp",), "__shfl_xor_sync": ("__shfl_down_sync",),
    "__shfl_down_sync": ("__shfl_up_sync", "__shfl_xor_sync"), "__shfl_up_sync": ("__shfl_down_sync",),
}  # fmt: skip
_AXES = {"x": "y", "y": "x"}
_INDICES = frozenset({"threadIdx", "blockIdx", "blockDim", "gridDim"})
_TYPES = frozenset({
    "const", "constexpr", "static", "int", "unsigned", "long", "float", "double", "size_t", "bool", "auto", "void",
    "char", "short", "__shared__", "extern", "float2", "float4",
})  # fmt: skip
_WORDS_BEFORE = frozenset({"return", "case", "else"})
_SOFT = frozenset({";", ",", "?", ":", "=", "&&", "||", "return", "+=", "-=", "*=", "/="})  # where a condition ends
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True)
class Change:
    """One stretch of the text, and what stands there instead."""

    start: int
    end: int
    new: str


def changes(text: str) -> Iterator[Change]:
    """Everything that can be changed, in no order; two may lead to the same text."""
    found = tokens(text)
    for number in range(len(found)):
        for mutator in _MUTATORS:
            yield from mutator(found, number)


def _number(found: list[Token], at: int) -> Iterator[Change]:
    token = found[at]
    if token.kind == "directive":
        yield from _defined(token)
    elif token.kind == "number":
        yield from (Change(token.start, token.end, new) for new in _shifted(token.text))


def _defined(token: Token) -> Iterator[Change]:
    """The number of `#define NAME 16`."""
    head, _, value = token.text.rpartition(" ")
    if head.lstrip("# ").startswith("define") and value.isdigit():
        start = token.start + len(head) + 1
        yield from (Change(start, token.end, new) for new in _shifted(value))


def _shifted(text: str) -> Iterator[str]:
    if text[:2].lower() == "0x":
        digits = text[2:].rstrip("uUlL")
        yield f"0x{int(digits, 16) >> 1:x}{text[2 + len(digits) :]}"
        return
    digits = text.rstrip("fFuUlL")
    suffix = text[len(digits) :]
    if digits.isdigit():
        yield f"{int(digits) + 1}{suffix}"
        if int(digits):
            yield f"{int(digits) - 1}{suffix}"
    else:
        yield f"{float(digits) + 1}{suffix}"


def _operator(found: list[Token], at: int) -> Iterator[Change]:
    token = found[at]
    if token.text not in _OPERATORS or not at:
        return
    if _is_binary(found, at):
        yield from (Change(token.start, token.end, new) for new in _OPERATORS[token.text])
        yield from _without_operand(found, at)
    elif token.text == "-":
        yield Change(token.start, token.end, "")


def _is_binary(found: list[Token], at: int) -> bool:
    before, after = found[at - 1], found[at + 1]
    operand = before.kind == "number" or before.text in (")", "]")
    operand = operand or (before.kind == "name" and before.text not in _TYPES | _WORDS_BEFORE)
    return operand and after.text not in _CLOSE | {"=", ","}


def _without_operand(found: list[Token], at: int) -> Iterator[Change]:
    """`a + b` to `a` and, where a product or sum may begin there, to `b`; operands of a single token only."""
    if found[at].text not in ("+", "-", "*", "/", "%"):
        return
    ends = found[at + 2].text not in ("(", "[", ".", "->")
    if found[at + 1].kind in ("name", "number") and ends:
        yield Change(found[at].start, found[at + 1].end, "")
    begins = at >= 2 and found[at - 2].text in _OPEN | _SOFT
    if found[at].text in ("+", "*") and found[at - 1].kind in ("name", "number") and begins:
        yield Change(found[at - 1].start, found[at].end, "")


def _name(found: list[Token], at: int) -> Iterator[Change]:
    token = found[at]
    yield from (Change(token.start, token.end, new) for new in _NAMES.get(token.text, ()))
    if token.text in _INDICES and found[at + 1].text == "." and (axis := _AXES.get(found[at + 2].text)):
        yield Change(found[at + 2].start, found[at + 2].end, axis)


def _condition(found: list[Token], at: int) -> Iterator[Change]:
    """A condition always and never met; one part of it left out; one side of a choice."""
    text = found[at].text
    if text == "if" and found[at + 1].text == "(":
        start, end = found[at + 1].end, found[closing(found, at + 1)].start
        yield from (Change(start, end, new) for new in ("true", "false"))
    elif text in ("&&", "||"):
        left, right = _left(found, at), _right(found, at)
        yield Change(found[left].start, found[at].end, "")
        yield Change(found[at].start, found[right].end, "")
    elif text == "?":
        middle = _right(found, at) + 1
        left, right = _left(found, at, {"&&", "||"}), _right(found, middle, {"&&", "||"})
        for first, last in ((at + 1, middle - 1), (middle + 1, right)):
            yield Change(found[left].start, found[right].end, _written(found, first, last))


def _left(found: list[Token], at: int, through: set[str] | frozenset[str] = frozenset()) -> int:
    """The first token of the operand that ends before this one."""
    depth, number = 0, at - 1
    while number >= 0:
        text = found[number].text
        if depth == 0 and (text in _OPEN or text in _SOFT - through):
            break
        depth += (text in _CLOSE) - (text in _OPEN)
        number -= 1
    return number + 1


def _right(found: list[Token], at: int, through: set[str] | frozenset[str] = frozenset()) -> int:
    """The last token of the operand that begins behind this one."""
    depth, number = 0, at + 1
    while number < len(found):
        text = found[number].text
        if depth == 0 and (text in _CLOSE or text in _SOFT - through):
            break
        depth += (text in _OPEN) - (text in _CLOSE)
        number += 1
    return number - 1


def _written(found: list[Token], first: int, last: int) -> str:
    """The text from one token to another, with a blank where there was any."""
    pairs = pairwise(found[first : last + 1])
    return found[first].text + "".join(" " * (two.start > one.end) + two.text for one, two in pairs)


def _statement(found: list[Token], at: int) -> Iterator[Change]:
    """A statement left out, unless it declares a name or gives a result back."""
    if at and found[at - 1].text in ("struct", "=", ","):
        return
    first = found[at]
    begins = at and found[at - 1].text in ("{", "}", ";", ")", "else") and first.kind == "name"
    within = sum((token.text == "(") - (token.text == ")") for token in found[:at])  # the head of a `for`
    if (
        not begins
        or within
        or first.text in _TYPES | {"if", "for", "while", "do", "else", "return", "struct", "template"}
    ):
        return
    if found[at - 1].text == ")" and not _is_head(found, at - 1):
        return
    depth = 0
    for token in found[at:]:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth < 0 or (token.text == "{"):
            return
        if token.text == ";" and not depth:
            yield Change(first.start, token.end, ";")
            return


def _is_head(found: list[Token], close: int) -> bool:
    """Whether this bracket closes the head of an `if`, `for` or `while`."""
    opening = next((n for n in range(close, -1, -1) if found[n].text == "(" and closing(found, n) == close), 0)
    return found[opening - 1].text in ("if", "for", "while")


def _swapped(found: list[Token], at: int) -> Iterator[Change]:
    """`m[y][x]` to `m[x][y]`."""
    parts = []
    number = at
    while found[at].kind == "name" and number + 1 < len(found) and found[number + 1].text == "[":
        end = closing(found, number + 1)
        parts.append((number + 2, end - 1))
        number = end
    for (a, b), (c, d) in pairwise(parts):
        one, two = _written(found, a, b), _written(found, c, d)
        if one != two:
            yield Change(found[a].start, found[d].end, f"{two}][{one}")


_MUTATORS: tuple[Callable[[list[Token], int], Iterator[Change]], ...] = (
    _number,
    _operator,
    _name,
    _condition,
    _statement,
    _swapped,
)

"""CUDA C++ in a solution: its text, its tokens, its kernels' parameters, and trivial answers in its place.

The solution is the author's own, and written as plainly as the course's are: this reads tokens and brackets, no more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from d2l_kit.errors import AuthorError

NAME = "CUDA_SOURCE"

_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<directive>\#[^\n]*)"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uUlL]*|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[fFuUlL]*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    r"|(?P<operator><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_KERNEL = re.compile(r"__global__[^;{}]*?\bvoid\b[^;{}]*?(\w+)\s*\(([^()]*)\)\s*\{")
_WRITTEN_INSTEAD = {"zeros": "0.0f", "ones": "1.0f", "a constant": "7.0f", "NaN": "NAN"}
_HANDED_BACK = "an input handed back"


@dataclass(frozen=True)
class Token:
    """A piece of the text: `kind` is "directive", "number", "name", "string" or "operator"."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Kernel:
    """A kernel's name and its parameters, as they are written."""

    name: str
    parameters: tuple[str, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """The arrays that it may write."""
        return tuple(_name_of(p) for p in self.parameters if "*" in p and "const" not in p)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The arrays that it only reads."""
        return tuple(_name_of(p) for p in self.parameters if "*" in p and "const" in p)


def text_of(source: str | ast.Module) -> str | None:
    """The text that a module assigns to CUDA_SOURCE as a literal, None if there is no such thing."""
    for node in (ast.parse(source) if isinstance(source, str) else source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="CUDA_SOURCE")], value=ast.Constant(value=str(text))):
                return text
            case ast.AnnAssign(target=ast.Name(id="CUDA_SOURCE"), value=ast.Constant(value=str(text))):
                return text
    return None


def place_of(source: str, text: str) -> int:
    """Where the text begins in its module.

    Raises:
        AuthorError: It does not stand there as it is.
    """
    at = source.find(text)
    if at < 0:
        raise AuthorError(f"{NAME} has escapes, and cannot be changed where it stands.", 'Write it as r"""…""".')
    return at


def kernels(text: str) -> list[Kernel]:
    """The kernels of a text, without helpers."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    return [
        Kernel(name, tuple(" ".join(part.split()) for part in parameters.split(",")))
        for name, parameters in _KERNEL.findall(bare)
    ]


def tokens(text: str) -> list[Token]:
    """Everything but blanks and comments."""
    found = _TOKEN.finditer(text)
    return [Token(str(m.lastgroup), m[0], m.start()) for m in found if m.lastgroup != "blank"]


def closing(found: list[Token], opening: int) -> int:
    """The number of the bracket that closes the one with this number."""
    depth = 0
    for number in range(opening, len(found)):
        text = found[number].text
        depth += (text in _CLOSING) - (text in _CLOSING.values())
        if not depth:
            return number
    raise AuthorError(f"{NAME}: a bracket is never closed.", "Correct the text.")


def trivial_answers(solution: str) -> Iterator[tuple[str, str]]:
    """(name, source) of kernels that store the same number everywhere, or what an input holds at the same place."""
    text = text_of(solution)
    if text is None:
        return
    at, stores = place_of(solution, text), list(_stores(text))
    if not stores:
        raise AuthorError(
            f"{NAME} nowhere stores into an output array: no trivial answer can be made of it.",
            "Store as in `out[i] = x;`, where `out` is a parameter of the kernel that is not const.",
        )

    def storing(value: str) -> str:
        changed = text
        for index, start, end in reversed(stores):
            changed = f"{changed[:start]} {value.format(index=index)}{changed[end:]}"
        return solution[:at] + changed + solution[at + len(text) :]

    yield from ((name, storing(value)) for name, value in _WRITTEN_INSTEAD.items())
    for name in [name for kernel in kernels(text) for name in kernel.inputs][:1]:
        yield _HANDED_BACK, storing(f"{name}[{{index}}]")


def _stores(text: str) -> Iterator[tuple[str, int, int]]:
    """Of each store into an output: the index, and from where to where its value stands."""
    found = tokens(text)
    outputs = {name for kernel in kernels(text) for name in kernel.outputs}
    for number, token in enumerate(found[:-1]):
        if token.text not in outputs or found[number + 1].text != "[":
            continue
        end = closing(found, number + 1)
        if found[end + 1].text == "=":
            index = text[found[number + 1].end : found[end].start]
            stop = next(t.start for t in found[end:] if t.text == ";")
            yield index, found[end + 1].end, stop


def _name_of(parameter: str) -> str:
    return re.split(r"[\s*]+", parameter.strip())[-1]

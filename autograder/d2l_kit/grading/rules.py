"""The decisive rule on solutions: which forbidden names a source uses, found in its text alone.

A forbidden name is a dotted pattern, `torch.nn.functional.conv*`: `*` stands for any run of characters, and a
pattern covers what lies below the thing it names (`scipy` covers `scipy.signal`). A use is an import, a name,
an attribute or a look-up that stands for such a thing by any alias that `_names` can follow. Text in strings
and comments is no use, nor is a thing of the student's own that happens to have the same name.

Torch has most functions in several places; a pattern for one place covers the function's twins (`TWINS`):

    torch.conv2d  =  torch.nn.functional.conv2d  =  torch.ops.aten.conv2d  =  torch.ops.aten.convolution ...
    torch.mm      =  torch.Tensor.mm, and so X.mm(Y) for an X of which nothing is known
    torch.matmul  =  X @ Y
    torch.relu    =  torch.relu_
    torch.nn.Conv2d  =  torch.nn.modules.conv.Conv2d  =  torch.nn.LazyConv2d

Pseudo-names: "@for", "@while", "@comprehension" and "@matmul" forbid the syntax. Whoever may not use a name
may not run code from text either: `exec`, `eval`, `compile` and their like are reported as "exec".
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from d2l_kit.forbidden import EXEC, TOO_DEEP
from d2l_kit.grading._findings import Finding, is_untouched, static_findings
from d2l_kit.grading._names import UNREADABLE, Names
from d2l_kit.grading._syntax import parse
from d2l_kit.grading._values import Dotted

__all__ = ["TOO_DEEP", "Finding", "Use", "forbidden_uses", "is_untouched", "static_findings", "without_main"]

TEXT_WIDTH = 80  # characters of the quoted line

# Where torch keeps one and the same function.
HOMES = (
    "torch",
    "torch.nn.functional",
    "torch.Tensor",
    "torch.functional",
    "torch.special",
    "torch.linalg",
    "torch._C._nn",
    "torch._C._VariableFunctions",
    "torch._C.TensorBase",
    "torch._VF",
    "torch._refs",
    "torch._refs.nn.functional",
    "torch.ops.aten",
)
MODULE_HOMES = ("torch.nn", "torch.nn.modules", "torch.nn.modules.*")

_CONVOLUTIONS = (
    "convolution", "_convolution", "_convolution_mode", "convolution_overrideable", "cudnn_convolution*",
    "miopen_convolution*", "mkldnn_convolution*", "_conv_depthwise2d", "conv_depthwise3d", "thnn_conv2d",
    "_slow_conv2d*", "slow_conv*",
)  # fmt: skip
_POOLS = ("max_pool{n}d_with_indices", "mkldnn_max_pool{n}d", "quantized_max_pool{n}d")

# Other names of a function, in every home; the kit's table of equivalences.
TWINS: Mapping[str, tuple[str, ...]] = {
    **{f"conv{n}d": _CONVOLUTIONS for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": (*_CONVOLUTIONS, f"slow_conv_transpose{n}d") for n in (1, 2, 3)},
    **{f"max_pool{n}d": tuple(name.format(n=n) for name in _POOLS) for n in (1, 2, 3)},
    "matmul": ("__matmul__", "__rmatmul__", "__imatmul__", "@matmul"),
    "softmax": ("_softmax", "_safe_softmax"),
    "log_softmax": ("_log_softmax",),
    "layer_norm": ("native_layer_norm",),
    "group_norm": ("native_group_norm",),
    "batch_norm": ("native_batch_norm", "_native_batch_norm*", "cudnn_batch_norm", "_batch_norm_*"),
    "dropout": ("native_dropout", "_fused_dropout"),
    "cross_entropy": ("cross_entropy_loss", "nll_loss_nd"),
    "scaled_dot_product_attention": ("_scaled_dot_product_*", "_*flash_attention*", "_efficient_attention*"),
    "unfold": ("im2col",),
    "fold": ("col2im",),
}
# The same word, another function: F.unfold cuts patches, Tensor.unfold makes windows along one axis.
NO_TWINS_AS_METHOD = frozenset({"unfold"})

WAYS_ROUND = ("builtins.exec", "builtins.eval", "builtins.compile", "runpy.*", "marshal.*", "types.CodeType")

_SYNTAX: Mapping[type[ast.AST], str] = {
    ast.For: "@for",
    ast.AsyncFor: "@for",
    ast.While: "@while",
    ast.ListComp: "@comprehension",
    ast.SetComp: "@comprehension",
    ast.DictComp: "@comprehension",
    ast.GeneratorExp: "@comprehension",
}
_WILD = re.compile(r"[*?\[]")
_READS_ANNOTATIONS = ("__annotations__", "get_type_hints", "get_annotations", "signature")
_TRAILING_DUNDERS = re.compile(r"(\.__(?!\w*matmul__)\w+__)+$")
_METHODS = "torch.Tensor"
_CONTAINERS = (str, bytes, list, dict, set, tuple)


@dataclass(frozen=True)
class Use:
    """One use of a forbidden name.

    Attributes:
        name: The full name found, such as `torch.nn.functional.conv2d`; a pseudo-name; "exec"; `TOO_DEEP`.
        line: Where, counted from 1.
        text: The line as the student wrote it, cut to `TEXT_WIDTH`.
    """

    name: str
    line: int
    text: str = field(default="", compare=False)


def forbidden_uses(source: str, forbidden: Sequence[str]) -> list[Use]:
    """Find every use of a forbidden name, by line.

    Args:
        source: The student's text. One with a syntax error has no uses: that is reported elsewhere.
        forbidden: Dotted patterns and pseudo-names.
    """
    if not forbidden:
        return []
    try:
        tree = parse(source)
        found = set() if tree is None else set(_uses(tree, source, _rule(tuple(forbidden))))
    except UNREADABLE:
        return [Use(TOO_DEEP, 1)]
    lines = source.splitlines()
    quoted = (Use(name, line, _quote(lines, line)) for line, name in found)
    return sorted(quoted, key=lambda use: (use.line, use.name))


class _Rule:
    """The patterns of one exercise, compiled."""

    def __init__(self, forbidden: Sequence[str]) -> None:
        self.named = _any_of(forbidden)
        self.twins = _any_of([twin for pattern in forbidden for twin in _twins(pattern)])
        self.methods = _any_of([p for p in forbidden if p.startswith(("torch.Tensor.", "*"))])
        self.ways_round = _any_of(WAYS_ROUND)

    def forbids_syntax(self, name: str) -> bool:
        """Whether a pseudo-name is forbidden, by itself or as a function's twin."""
        return self.named(name) or self.twins(name)

    def name_of(self, value: Dotted) -> str | None:
        """The name to report for a thing, or None if it may be used."""
        if value.path.startswith("?."):
            return self._method(value.path.removeprefix("?."))
        path = _TRAILING_DUNDERS.sub("", value.path)
        above = list(_with_all_above(path))
        if any(map(self.ways_round, above)):
            return EXEC
        plain = path.removeprefix("builtins.")
        if not (self.named(plain) or any(map(self.named, above)) or any(map(self.twins, above))):
            return None
        return None if value.guessed and not _may_exist(path) else plain

    def _method(self, name: str) -> str | None:
        path = f"torch.Tensor.{name}"
        # `sort` or `split` of something unknown is as likely a list's or a text's: only by their full names.
        forbidden = self.methods(path) or (self.twins(path) and not any(hasattr(c, name) for c in _CONTAINERS))
        return path if forbidden and _is_tensor_method(name) else None


@functools.lru_cache(maxsize=64)
def _rule(forbidden: tuple[str, ...]) -> _Rule:
    """The compiled patterns of an exercise: the same for every submission."""
    return _Rule(forbidden)


def _uses(tree: ast.Module, source: str, rule: _Rule) -> Iterator[tuple[int, str]]:
    names = Names(tree)
    for imported in names.layout.imports:
        if name := rule.name_of(Dotted(imported.path)):
            yield imported.line, name
    annotations_count = any(word in source for word in _READS_ANNOTATIONS)
    reported: set[ast.AST] = set()  # as part of a longer name
    for node in ast.walk(tree):
        if (syntax := _pseudo_name(node)) and rule.forbids_syntax(syntax):
            yield getattr(node, "lineno", 1), syntax
        if not _is_read(node) or node in reported:
            continue
        if names.layout.places[node].annotation and not annotations_count:
            continue
        found = {rule.name_of(value) for value in names.of(node) if isinstance(value, Dotted)} - {None}
        yield from ((getattr(node, "lineno", 1), str(name)) for name in found)
        if found and isinstance(node, ast.Attribute):
            reported.add(node.value)


def _pseudo_name(node: ast.AST) -> str | None:
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult):
        return "@matmul"
    return _SYNTAX.get(type(node))


def _is_read(node: ast.AST) -> bool:
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return isinstance(node.ctx, ast.Load)
    return isinstance(node, ast.Call)


def _any_of(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test for any of many patterns. Nearly all are a plain name or a name with a star at its end: one regular
    expression of two thousand would take longer to compile than all the checks of an exercise take to run."""
    plain = frozenset(pattern for pattern in patterns if not _WILD.search(pattern))
    starts = tuple({p[:-1] for p in patterns if p.endswith("*") and not _WILD.search(p[:-1])})
    rest = [p for p in patterns if _WILD.search(p[:-1] if p.endswith("*") else p)]
    compiled = re.compile("|".join(map(fnmatch.translate, rest)) or r"(?!)")
    return lambda name: name in plain or name.startswith(starts) or compiled.match(name) is not None


def _twins(pattern: str) -> Iterator[str]:
    """The patterns of the same functions or layers in torch's other places."""
    home, _, tail = pattern.rpartition(".")
    if not tail.strip("*"):
        return
    if home in MODULE_HOMES and tail.strip("*")[0].isupper():
        yield from (f"{place}.{tail}" for place in MODULE_HOMES)
        yield from (f"{place}.Lazy{tail}" for place in MODULE_HOMES)
    if home not in HOMES:
        return
    others = [twin for name, twins in TWINS.items() if fnmatch.fnmatchcase(name, tail) for twin in twins]
    apart = tail in NO_TWINS_AS_METHOD
    for place in HOMES:
        if not apart or (place == _METHODS) == (home == _METHODS):
            yield from (f"{place}.{name}" for name in (tail, f"{tail}_", *others))
    yield from (name for name in others if name.startswith("@"))


def _with_all_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


def _is_tensor_method(name: str) -> bool:
    import torch  # here: most sources never need it, and it takes seconds

    return hasattr(torch.Tensor, name)


def _may_exist(path: str) -> bool:
    """Whether `from MODULE import *` can have brought a name; only torch is asked, and only what it holds."""
    module, _, name = path.rpartition(".")
    if not module.startswith("torch"):
        return True
    import torch  # noqa: F401  # its submodules are looked up below, never imported by a student's text

    return module not in sys.modules or hasattr(sys.modules[module], name)


def _quote(lines: list[str], line: int) -> str:
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return text if len(text) <= TEXT_WIDTH else text[: TEXT_WIDTH - 1] + "…"


def without_main(text: str) -> str:
    """The text with the body of `if __name__ == "__main__":` taken out, its lines left empty.

    What stands there is a student's own trial and never runs when an answer is graded; taken out of what is run as
    well as of what is read, it may use what the exercise forbids.
    """
    try:
        tree = parse(text)
    except UNREADABLE:
        tree = None
    if tree is None:
        return text  # said elsewhere, with its line
    pieces = re.split(r"(\r\n|\r|\n)", text)  # lines and, between them, their ends
    for node in tree.body:
        if isinstance(node, ast.If) and not node.orelse and _asks_for_main(node.test):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                pieces[2 * number] = ""
    return "".join(pieces)


def _asks_for_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and ast.unparse(test) in (
        "__name__ == '__main__'",
        "'__main__' == __name__",
    )

"""Trivial answers: the solution's shapes with nothing in them. Whatever they earn, a check gives away.

Each is the solution's file with every public function and method wrapped: the call is made, and what it
returns is replaced by zeros, ones, a constant, NaN (all still attached to the graph, in the right shape and
dtype), an empty tensor, or the first tensor argument; in an iterator, by what it gives. Where the solution raises,
the trivial answer returns zero: it checks nothing. A kernel in CUDA C++ stores the same everywhere instead, or what an
input holds there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from d2l_kit.author import cuda_text

_NUMBERS = {
    "zeros": ("value * 0", "0"),
    "ones": ("value * 0 + 1", "1"),
    "a constant": ("value * 0 + 7", "7"),
    "NaN": ("value * float('nan')", "float('nan')"),
}

_WRAPPER = """

def _d2l_kit_trivial(value, args):
    import torch
    if {handed_back}:
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        return tensors[0] if tensors else args[0] if args else None
    if isinstance(value, torch.nn.Module):
        for part in value.modules():
            if not any(part.children()):
                part.register_forward_hook(lambda m, i, o: _d2l_kit_trivial(o, ()))
        return value
    if isinstance(value, torch.Tensor):
        whole = not (value.is_floating_point() or value.is_complex())
        changed = {tensor}
        return changed.nan_to_num(7).to(value.dtype) if whole else changed
    if isinstance(value, (list, tuple)):
        return type(value)(_d2l_kit_trivial(item, ()) for item in value)
    if isinstance(value, dict):
        return {{key: _d2l_kit_trivial(item, ()) for key, item in value.items()}}
    if hasattr(value, "__next__"):
        return (_d2l_kit_trivial(item, ()) for item in value)
    return {number} if isinstance(value, (int, float)) else value


def _d2l_kit_wrap(function, method=False):
    def wrapped(*args, **kwargs):
        try:
            value = function(*args, **kwargs)
        except (ValueError, TypeError, IndexError, KeyError):
            return 0
        return _d2l_kit_trivial(value, args[1:] if method else args)
    return wrapped

"""
_HANDED_BACK = "an argument handed back"
_EMPTY = "an empty tensor"
_CONSTRUCTION = frozenset({"__init__", "__new__"})


def answers(stub: str, solution: str) -> Iterator[tuple[str, str]]:
    """(name, source) of each trivial answer."""
    yield from cuda_text.trivial_answers(solution)
    wraps = "\n".join(_wraps(ast.parse(stub)))
    if not wraps:  # a text that is compiled elsewhere: there is no function here that could answer
        return

    def wrapped(**words: str) -> str:
        return f"{solution}{_WRAPPER.format(**words)}{wraps}\n"

    for name, (tensor, number) in _NUMBERS.items():
        yield name, wrapped(handed_back="False", tensor=tensor, number=number)
    yield _EMPTY, wrapped(handed_back="False", tensor="value.new_empty(0)", number="None")
    yield _HANDED_BACK, wrapped(handed_back="True", tensor="value", number="value")


def _wraps(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{node.name} = _d2l_kit_wrap({node.name})"
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name not in _CONSTRUCTION:
                    yield f"{node.name}.{method.name} = _d2l_kit_wrap({node.name}.{method.name}, method=True)"

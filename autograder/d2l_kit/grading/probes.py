"""Probes: small functions that travel as source text and run next to a module, in a worker and on the reference.

The text is compiled from the same source on both sides and sees nothing of the file it stands in, so what works on
the reference works in a worker.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from d2l_kit.errors import AuthorError

if TYPE_CHECKING:
    import torch  # a probe finds it in the namespace it is compiled in


@dataclass(frozen=True)
class Probe:
    """A probe's name and its source text, without decorators.

    Attributes:
        of_the_kit: It calls one function of the module, named by its first argument with the second's arguments; so
            messages tell of that function, not of the probe.
        silent: It calls no function at all, so that messages have nothing to say of what was tried.
    """

    name: str
    source: str
    of_the_kit: bool = False
    silent: bool = False


def probe(function: Callable[..., Any]) -> Probe:
    """Make a probe of a function `(module, *args, **kwargs)`; its text is what travels.

    Raises:
        AuthorError: The function has no source text, closes over a variable, or is not a plain `def`.
    """
    where = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}: probe {function.__name__!r}"
    if function.__closure__:
        raise AuthorError(f"{where} uses variables of the function around it.", "Pass them as arguments.")
    try:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    except (OSError, TypeError) as error:
        raise AuthorError(f"{where} has no source text.", "Write it as a `def` in the check's file.") from error
    start = next((i for i, line in enumerate(lines) if line.startswith("def ")), None)
    if start is None:
        raise AuthorError(f"{where} is not a plain `def`.", "Write it as a `def`, not a lambda or async function.")
    return Probe(function.__name__, "\n".join(lines[start:]) + "\n")


def ready_made(function: Callable[..., Any]) -> Probe:
    """The same for a probe `(module, name, args, …)` of the kit's that calls one function of the module."""
    return replace(probe(function), of_the_kit=True)


def silent(function: Callable[..., Any]) -> Probe:
    """The same for a probe of the kit's that looks at the module and calls nothing of it."""
    return replace(probe(function), silent=True)


@ready_made
def call(module, name, args, kwargs):  # type: ignore[no-untyped-def]  # runs in the worker, where types are the student's
    """The default probe: call one function of the module."""
    return getattr(module, name)(*args, **kwargs)


@ready_made
def call_keeping_arguments(module, name, args):  # type: ignore[no-untyped-def]
    """Call a function; return its result, the arguments as they are afterwards, and whose memory the result shares."""
    result = getattr(module, name)(*args)
    parts = [result] if isinstance(result, torch.Tensor) else list(result) if isinstance(result, (tuple, list)) else []
    shared = [
        i
        for i, arg in enumerate(args)
        if isinstance(arg, torch.Tensor)
        for part in parts
        if isinstance(part, torch.Tensor)
        and part.numel()
        and part.untyped_storage().data_ptr() == arg.untyped_storage().data_ptr()
    ]
    return result, args, shared


@ready_made
def vjp(module, name, args, wrt, cotangent):  # type: ignore[no-untyped-def]
    """Vector-Jacobian product of one function: its result, and gradients for the arguments `wrt` (None: cut off)."""
    args = [a.clone().requires_grad_() if i in wrt else a for i, a in enumerate(args)]
    result = getattr(module, name)(*args)
    if not isinstance(result, torch.Tensor) or not result.requires_grad or result.shape != cotangent.shape:
        return result.detach() if isinstance(result, torch.Tensor) else result, [None for _ in wrt]
    # A scalar, not grad_outputs=cotangent: with that argument torch imports sympy on first use, half a second.
    scalar = (result * cotangent).sum()
    grads = torch.autograd.grad(scalar, [args[i] for i in wrt], allow_unused=True)
    return result.detach(), list(grads)

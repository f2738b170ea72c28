"""Reading a student's text as a syntax tree, whatever it holds."""

from __future__ import annotations

import ast
import warnings


def parse(source: str) -> ast.Module | None:
    """Parse a source; None if it is no Python.

    Raises:
        RecursionError, MemoryError: It is nested too deeply for Python's own parser.
    """
    try:
        with warnings.catch_warnings():
            # A needless backslash warns; where warnings are errors that would be a verdict.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError):  # ValueError: NUL bytes, lone surrogates
        return None


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module, class or function after its docstring."""
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:] if isinstance(body[0].value.value, str) else body
    return body

"""How the names that an exercise forbids are told to a student: on top of the stub, and when one was used."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

EXEC = "exec"
TOO_DEEP = "source nested too deeply"
_SPOKEN = {  # pseudo-names of `grading.rules`
    "@for": "a `for` loop",
    "@while": "a `while` loop",
    "@comprehension": "a comprehension",
    "@matmul": "the operator @",
    EXEC: "running code from text",
    TOO_DEEP: "code nested so deeply that it cannot be read",
}
_HEADER = "Not allowed anywhere in this file: {names}."
_WIDTH = 100


def spoken(name: str) -> str:
    """A forbidden name or pseudo-name in words."""
    return _SPOKEN.get(name, name)


def all_spoken(forbidden: Sequence[str]) -> str:
    """All that an exercise forbids, `*` standing for any ending."""
    return ", ".join(map(spoken, forbidden))


def header(forbidden: Sequence[str]) -> str:
    """The comment on top of a stub that says what is not allowed; nothing if everything is."""
    if not forbidden:
        return ""
    text = _HEADER.format(names=all_spoken(forbidden))
    lines = textwrap.wrap(text, _WIDTH - len("# "), break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)

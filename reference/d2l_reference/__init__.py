"""The instructor's half: solutions, misconceptions, hidden checks. What a student's machine never holds."""

from pathlib import Path

from d2l_kit.hookspecs import hookimpl


@hookimpl
def d2l_kit_reference() -> Path:
    """The folder that mirrors the course."""
    return Path(__file__).parent

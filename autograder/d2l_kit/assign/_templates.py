"""The Jinja templates of an assignment and of its exports: the kit's own, or those of a folder that go before them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from d2l_kit.errors import UsageError

FOLDER = "assignment"
ASSIGNMENT = "assignment.toml.j2"
README = "README.md.j2"
INTRODUCTION = "notebook.md.j2"
SECTION = "section.md.j2"
CHECK_CELL = "check.py.j2"
NAMES = (ASSIGNMENT, README, INTRODUCTION, SECTION, CHECK_CELL)

_NOTHING_THERE = "{folder} holds none of the templates that can be replaced."
_NOTHING_THERE_HOW = "They are {names}; put yours into {own}/{folder}/."


class Templates:
    """Renders by name.

    Args:
        own: A folder with `assignment/README.md.j2` or others; what it does not hold is the kit's.
        folder: Where in it the templates lie.
        names: Those that can be replaced.

    Raises:
        UsageError: The folder holds none.
    """

    def __init__(self, own: Path | None = None, folder: str = FOLDER, names: Collection[str] = NAMES) -> None:
        from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

        loaders: list[BaseLoader] = [PackageLoader("d2l_templates", "")]
        if own is not None:
            if not any((own / folder / name).is_file() for name in names):
                how = _NOTHING_THERE_HOW.format(names=", ".join(names), own=own, folder=folder)
                raise UsageError(_NOTHING_THERE.format(folder=own), how)
            loaders.insert(0, FileSystemLoader(own, encoding="utf-8"))
        self._folder = folder
        self._environment = Environment(
            loader=ChoiceLoader(loaders),
            undefined=StrictUndefined,
            autoescape=False,  # TOML, Markdown and Python are written, where HTML's escapes mean nothing
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # JSON's strings are TOML's and Python's; texts of an assignment hold no control characters.
        self._environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """One template's text; line ends are newlines.

        Raises:
            UsageError: A template of one's own is at fault; names file and line.
        """
        from jinja2 import TemplateError, TemplateSyntaxError

        try:
            text = self._environment.get_template(f"{self._folder}/{name}").render(values)
        except TemplateSyntaxError as error:
            where = f"{error.filename or error.name}:{error.lineno}"
            raise UsageError(f"{where}: {error.message}", "Correct the template.") from error
        except (TemplateError, TypeError, ValueError, UnicodeDecodeError) as error:
            raise UsageError(f"{self._folder}/{name}: {error}", "Correct the template.") from error
        return text.replace("\r\n", "\n")

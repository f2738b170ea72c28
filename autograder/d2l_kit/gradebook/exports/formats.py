"""Which formats a class's grades can be exported in, and the one call that does it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields

from d2l_kit.errors import UnknownName, UsageError
from d2l_kit.gradebook.exports import canvas, gradescope, moodle, nbgrader, otter, plain
from d2l_kit.gradebook.exports.model import Exported, Exporter, Wanted
from d2l_kit.gradebook.model import ClassBook

_ALL = (
    canvas.EXPORTER, moodle.EXPORTER, gradescope.EXPORTER, nbgrader.EXPORTER, otter.EXPORTER, plain.CSV, plain.JSON,
)  # fmt: skip
EXPORTERS: Mapping[str, Exporter] = {exporter.name: exporter for exporter in _ALL}

_UNKNOWN = "There is no export format named {name!r}."
_NO_SHEET = "--format {name} fills a sheet that {name} gave you, and none is given."
_NO_SHEET_REMEDY = "Download it there and give it: --format {name} --sheet DOWNLOADED.csv"
_MEANS_NOTHING = "--{option} means nothing to --format {name}."
_MEANS_NOTHING_REMEDY = "Leave it out; it is for {others}."


def find_exporter(name: str) -> Exporter:
    """The format of that name.

    Raises:
        UnknownName: There is none; offers the nearest.
    """
    if name in EXPORTERS:
        return EXPORTERS[name]
    near = difflib.get_close_matches(name.lower(), EXPORTERS, n=1, cutoff=0.4)
    known = f"There are {', '.join(EXPORTERS)}."
    raise UnknownName(_UNKNOWN.format(name=name), f"Did you mean {near[0]!r}? {known}" if near else known)


def export(book: ClassBook, name: str, wanted: Wanted) -> Exported:
    """Write down a class's grades.

    Raises:
        UsageError: The format does not exist, an option means nothing to it, or the sheet cannot be filled.
    """
    exporter = find_exporter(name)
    if exporter.needs_sheet and wanted.sheet is None:
        raise UsageError(_NO_SHEET.format(name=name), _NO_SHEET_REMEDY.format(name=name))
    for option in (field.name for field in fields(Wanted) if field.name != "assignment"):
        if getattr(wanted, option) and option not in exporter.options:
            others = " and ".join(each.name for each in _ALL if option in each.options)
            text = _MEANS_NOTHING.format(option=option.replace("_", "-"), name=name)
            raise UsageError(text, _MEANS_NOTHING_REMEDY.format(others=others))
    return exporter.render(book, wanted)

"""What was found as a page, as text and as JSON. Each says that it is a lead and no verdict."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from d2l_kit.report.page import html_pages, render
from d2l_kit.report.text import one_line
from d2l_kit.similarity.model import Compared, Findings, Pair, Side

TEMPLATE = "similarity/similarity.html.j2"
STYLE = "similarity/style.css"
FORMAT = "d2l-kit/similarity/1"
LEAD = (
    "A lead, not a verdict: these pairs are worth a look by a person who knows both students. Programs can be alike "
    "because of a lecture, a book, a search or a common helper."
)
NO_REFERENCE = (
    "The reference is not installed here, so that its solutions were not taken out: pairs that wrote what the "
    "solution says show up as alike."
)
_NONE = "no pair above {at_least:.0%}"
_HEAD = "{exercise}: {compared} compared, {pairs}"
_SHORT = "  too little own code to say anything: {count} of {compared}"
_PAIR = "  {similarity:4.0%}  {evidence:4.0f} tokens  {first} | {second}"


@dataclass(frozen=True)
class Line:
    """One line of a source as a page shows it.

    Attributes:
        number: From 1; within its cell for a notebook.
        cell: The cell's number where a new one begins, or 0.
        partner: The other half's line that it resembles, or 0.
    """

    number: int
    text: str
    cell: int
    partner: int


def as_html(found: Findings, top: int) -> str:
    """A page that stands alone, with the `top` pairs of each exercise side by side."""
    from markupsafe import Markup

    pages = html_pages()
    assert pages.loader is not None
    style = str(pages.globals["style"]) + pages.loader.get_source(pages, STYLE)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    pages.globals.update(style=Markup(style), style_hash=f"sha256-{digest}")
    shown = [
        (number, each, [(f"pair-{number}-{at}", pair) for at, pair in enumerate(each.pairs[:top], 1)])
        for number, each in enumerate(found.exercises, 1)
    ]
    return render(pages, TEMPLATE, found=found, shown=shown, lines=lines, lead=LEAD, no_reference=NO_REFERENCE)


def lines(side: Side, other: Side) -> list[Line]:
    """A half's source, line by line, with what each resembles in the other half."""
    source = side.work.source
    shown: list[Line] = []
    cell = 0
    for number, text in enumerate(source.text.rstrip("\n").split("\n"), 1):
        place = source.locate(number)
        begins = place.cell if place.cell and place.cell != cell else 0
        cell = place.cell or 0
        partner = side.partner.get(number, 0)
        at = other.work.source.locate(partner).line if partner else 0
        shown.append(Line(place.line or number, text, begins or 0, at or 0))
    return shown


def as_text(found: Findings, top: int) -> str:
    """A few lines for a terminal."""
    rows: list[str] = []
    for each in found.exercises:
        count = len(each.pairs)
        pairs = f"{count} pair{'s' * (count != 1)} alike" if count else _NONE.format(at_least=found.at_least)
        rows.append(_HEAD.format(exercise=each.exercise, compared=each.compared, pairs=pairs))
        rows += [_row(pair) for pair in each.pairs[:top]]
        if count > top:
            rows.append(f"  … and {count - top} more; --top shows more.")
        if each.too_short:
            rows.append(_SHORT.format(count=len(each.too_short), compared=each.compared))
        rows += [f"  not compared: {one_line(name)}: {why}" for name, why in each.unread]
    rows += [f"not read: {one_line(name)}: {one_line(why)}" for name, why in found.problems]
    if not found.has_reference:
        rows += ["", NO_REFERENCE]
    return "\n".join([*rows, "", LEAD])


def as_json(found: Findings, top: int) -> str:
    """One document."""
    document = {
        "format": FORMAT,
        "lead": LEAD,
        "at_least": found.at_least,
        "reference": found.has_reference,
        "exercises": [_exercise(each, top) for each in found.exercises],
        "problems": [{"submission": name, "problem": why} for name, why in found.problems],
        "notes": [*found.notes],
    }
    return json.dumps(document, indent=2, ensure_ascii=True)


def _row(pair: Pair) -> str:
    first, second = one_line(pair.first.work.label), one_line(pair.second.work.label)
    return _PAIR.format(similarity=pair.similarity, evidence=pair.evidence, first=first, second=second)


def _exercise(each: Compared, top: int) -> dict[str, Any]:
    return {
        "id": each.exercise,
        "compared": each.compared,
        "pairs": [
            {
                "similarity": round(pair.similarity, 4),
                "evidence": round(pair.evidence),
                "first": _side(pair.first),
                "second": _side(pair.second),
            }
            for pair in each.pairs[:top]
        ],
        "pairs_in_all": len(each.pairs),
        "too_short": [{"submission": name, "own_tokens": tokens} for name, tokens in each.too_short],
        "unread": [{"submission": name, "problem": why} for name, why in each.unread],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "submission": side.work.name,
        "class": side.work.group or None,
        "file": side.work.source.file,
        "own_tokens": round(side.own),
        "lines": sorted(side.partner),
    }

"""A hand-out's notebook: for each exercise a locked text, the stub, and a cell that checks it.

Written as plain JSON of nbformat 4.5. Ids are made of the exercise, so that two builds are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from d2l_kit.catalog import Exercise
from d2l_kit.submission._cells import METADATA
from d2l_kit.workspace.layout import stub_of

_LOCKED = {"editable": False, "deletable": False}


def notebook(name: str, introduction: str, sections: Iterable[tuple[Exercise, str, str]]) -> bytes:
    """The notebook's bytes.

    Args:
        name: The assignment's, which the notebook carries as its mark.
        introduction: Markdown of the first cell.
        sections: For each exercise, the Markdown above it and the code that checks it.
    """
    cells = [_text("introduction", introduction)]
    for exercise, text, check in sections:
        # The check's cell is not marked as the exercise's: it is no part of the answer.
        cells += [
            _text(f"{exercise.id} text", text),
            _code(f"{exercise.id} answer", stub_of(exercise).decode(), {METADATA: {"exercise": exercise.id}}),
            _code(f"{exercise.id} check", check, _LOCKED),
        ]
    document = {
        "cells": cells,
        "metadata": {
            METADATA: {"assignment": name},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _text(what: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(what), "metadata": _LOCKED, "source": _lines(source)}


def _code(what: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    if METADATA in metadata:
        # A tag as well: some sites keep tags only. Not to be deleted, but to be written in.
        exercise = metadata[METADATA]["exercise"]
        metadata = {**metadata, "deletable": False, "tags": [f"{METADATA}:{exercise}"]}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": _id(what),
        "metadata": metadata,
        "outputs": [],
        "source": _lines(source),
    }


def _lines(source: str) -> list[str]:
    return source.strip("\n").replace("\r\n", "\n").splitlines(keepends=True)


def _id(what: str) -> str:
    """At most 64 letters, digits, dashes and underscores."""
    spelt = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in what)
    return spelt if len(spelt) <= 64 else f"{spelt[:47]}-{hashlib.sha256(what.encode()).hexdigest()[:16]}"

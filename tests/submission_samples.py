"""Exercises and hand-ins for the tests of reading submissions."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from d2l_kit.catalog import Exercise, ExerciseFiles

GOOD = "import torch\n\n\ndef corr2d(X, K):\n    return X + K\n"
STUBS = {
    ("ch07", "corr2d"): "import torch\n\n\ndef corr2d(X, K):\n    raise NotImplementedError\n",
    ("ch07", "pool2d"): "def pool2d(X, size):\n    raise NotImplementedError\n",
    (
        "ch07",
        "learn_kernel",
    ): "class Conv2D:\n    pass\n\n\ndef learn_kernel(X, Y):\n    raise NotImplementedError\n",
    ("ch08", "resnet"): "class Residual:\n    pass\n",
}
REGULAR = 0o100644 << 16


def exercises(root: Path, *names: str) -> list[Exercise]:
    """Exercises with stubs below `root`, those named or all."""
    made = []
    for (chapter, name), stub in STUBS.items():
        if names and name not in names:
            continue
        path = root / f"{chapter}_course" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stub, encoding="utf-8")
        files = ExerciseFiles(path, path.parent / "checks" / f"test_{name}.py")
        made.append(Exercise(chapter, name, name.title(), (), "function", 2, 10, files))
    return made


def zipped(files: Mapping[str, bytes | str], **attributes: int) -> bytes:
    """A zip of these files; `attributes` are set on every entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = REGULAR
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            packed.writestr(info, content)
    return buffer.getvalue()


def tarred(entries: Sequence[tuple[str, bytes | str, Mapping[str, Any]]], mode: str = "w:gz", **options: Any) -> bytes:
    """A tar of these entries: name, content, attributes of the TarInfo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, encoding="utf-8", **options) as packed:  # type: ignore[call-overload]
        for name, content, attributes in entries:
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for key, value in attributes.items():
                setattr(info, key, value)
            packed.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def code(source: str, exercise: str = "", **extra: Any) -> dict[str, Any]:
    """A code cell; `exercise` marks it."""
    metadata = {"d2l_kit": {"exercise": exercise}} if exercise else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], **extra}


def markdown(source: str, kind: str = "markdown") -> dict[str, Any]:
    """A cell of text."""
    return {"cell_type": kind, "metadata": {}, "source": source}


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    """A notebook's JSON."""
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})

"""The notebook's magic: `%load_ext d2l_kit`, then `%d2l check corr2d` checks the cells that were run so far.

Nothing needs to be saved or named: the cells come from the kernel's own history, in the order they were run, as the
kernel saw them. Everything else, `%d2l hint corr2d` say, is the command line. The check runs in a process of its own:
a kernel has threads, and a fork of it could hang.
"""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FILE = "this_notebook.ipynb"
HEIGHT = 480  # pixels of the report; it scrolls
_OURS = re.compile(r"\s*%(d2l|load_ext\s+d2l_kit|reload_ext\s+d2l_kit)\b[^\n]*\s*\Z")
_USAGE = "Say what is to be done: %d2l check corr2d, or %d2l hint corr2d."
# An answer's report is shown, not run: no script of it could start, and its style does not reach the notebook's.
_FRAME = (
    '<iframe sandbox="" title="d2l-kit report" style="width:100%;height:{height}px;border:0" srcdoc="{page}"></iframe>'
)


def magic(shell: Any, line: str) -> None:
    """Run what follows `%d2l`."""
    words = shlex.split(line)
    if not words:
        print(_USAGE)
    elif words[0] == "check" and "--file" not in words and "--format" not in words:
        _check(shell, words[1:])
    else:
        print(_run(words), end="")


def _check(shell: Any, words: Sequence[str]) -> None:
    from IPython.display import display

    with tempfile.TemporaryDirectory() as folder:
        file, page = Path(folder, FILE), Path(folder, "report.html")
        file.write_text(_notebook(shell.history_manager.input_hist_raw), encoding="utf-8")
        formats = ["--format", "terminal", "--format", f"html:{page}"]
        said = _run(["check", "--file", FILE, *formats, *words], folder)
        if not page.exists():
            print(said, end="")
            return
        frame = _FRAME.format(height=HEIGHT, page=html.escape(page.read_text(encoding="utf-8")))
    # The text is for those who see no HTML, a notebook in a terminal say.
    display({"text/plain": said, "text/html": frame}, raw=True)  # type: ignore[no-untyped-call]


def _notebook(inputs: Sequence[str]) -> str:
    """What was run, as a notebook whose cells have the numbers that stand beside them: [1], [2] …"""
    cells = [
        {"cell_type": "code", "execution_count": number, "id": f"in-{number}", "metadata": {}, "outputs": [],
         "source": "" if _OURS.match(source) else source}
        for number, source in enumerate(inputs) if number
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _run(words: Sequence[str], folder: str | None = None) -> str:
    command = [sys.executable, "-m", "d2l_kit", *words]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

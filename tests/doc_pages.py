"""Runs the commands of a page of documentation, in order, in one empty folder, and compares what they print.

What is run is a fenced block marked `console`: a line that begins with `$ ` is a command, the lines below it
are what it prints, as far as the page shows it: each must be a line of the output, in that order. `…` within
a line stands for anything; alone it only tells the reader that something is left out. How many blanks stand
between words does not count. A comment right above a block says what the page's reader knows anyway:

    <!-- exits 1 -->               the block's last command ends with this code
    <!-- file: ch07/corr2d.py -->  the block is no command but a file to write
    <!-- not run: REASON -->       the block is for reading; the reason is asked for

The first lines may hold `<!-- begins with: PAGE -->`: the commands of another page are run before.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUN = "console"
TALKS_TO_A_SHELL = frozenset({RUN, "bash", "sh", "shell", ""})
SECONDS = 300  # for one command: only so that one that hangs fails the test
ELLIPSIS = "…"

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\S*)")
_COMMENT = re.compile(r"^ *<!-- (?P<text>.*) -->$")


@dataclass(frozen=True)
class Block:
    """A fenced block and the comment above it.

    Attributes:
        page: The file it stands in.
        line: Of its fence.
        language: As the fence says.
        text: Its lines.
        note: The comment right above it, without its marks.
    """

    page: Path
    line: int
    language: str
    text: tuple[str, ...]
    note: str = ""

    @property
    def where(self) -> str:
        """For messages, as an editor opens it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str:
        """The file to write, or empty."""
        return self.note.removeprefix("file: ") if self.note.startswith("file: ") else ""

    @property
    def reason(self) -> str:
        """Why it is not run, or empty."""
        return self.note.removeprefix("not run: ") if self.note.startswith("not run: ") else ""

    @property
    def exit_code(self) -> int:
        """What its last command ends with."""
        match = re.fullmatch(r"exits (\d+)", self.note)
        return int(match[1]) if match else 0


@dataclass(frozen=True)
class Command:
    """A command of a page.

    Attributes:
        shown: Lines of its output that the page shows.
        exit_code: What it must end with.
    """

    text: str
    shown: tuple[str, ...]
    exit_code: int
    where: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number, note = 0, ""
    while number < len(lines):
        fence, comment = _FENCE.match(lines[number]), _COMMENT.match(lines[number])
        if fence is None:
            note = comment["text"] if comment else "" if lines[number].strip() else note
            number += 1
            continue
        end = next(n for n in range(number + 1, len(lines)) if lines[n].strip() == "```")
        text = tuple(line.removeprefix(fence["indent"]) for line in lines[number + 1 : end])
        found.append(Block(page, number + 1, fence["language"], text, note))
        number, note = end + 1, ""
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block; only the last may fail."""
    starts = [n for n, line in enumerate(block.text) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.text)], strict=True):
        code = block.exit_code if end == len(block.text) else 0
        where = f"{block.page.relative_to(ROOT)}:{block.line + 1 + start}"
        shown = tuple(line for line in block.text[start + 1 : end] if line.strip())
        yield Command(block.text[start][2:], shown, code, where)


def begins_with(page: Path) -> Path | None:
    """The page whose commands come first, if it names one."""
    match = re.search(r"^<!-- begins with: (.*) -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return page.parent / match[1] if match else None


def run_page(page: Path, folder: Path) -> int:
    """Run a page's commands in `folder`; returns how many.

    Raises:
        AssertionError: A command ended otherwise, or printed something else, than the page says.
    """
    before = begins_with(page)
    count = run_page(before, folder) if before is not None else 0
    here = folder
    for block in blocks(page):
        if block.file:
            path = here / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.text) + "\n", encoding="utf-8")
        elif block.language == RUN and not block.reason:
            for command in commands(block):
                count += 1
                if command.text.startswith("cd "):
                    here = here / command.text.removeprefix("cd ")
                else:
                    _run(command, here, folder)
    return count


def _run(command: Command, here: Path, home: Path) -> None:
    own = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("D2L_", "PYTEST_"))}
    environment |= {"PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "NO_COLOR": "1"}
    run = subprocess.run(
        ["bash", "-c", command.text],
        cwd=here,
        env=environment | {"COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    told = f"{command.where}: $ {command.text}\n{run.stdout}"
    assert run.returncode == command.exit_code, f"ended with {run.returncode}\n{told}"
    missing = first_missing(command.shown, run.stdout.splitlines())
    assert missing is None, f"the page shows, and the command does not print: {missing!r}\n{told}"


def first_missing(shown: tuple[str, ...], printed: list[str]) -> str | None:
    """The first line that the page shows and the command does not print after those before it, if any."""
    lines = (" ".join(line.split()) for line in printed)
    for line in shown:
        if line.strip() == ELLIPSIS:
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in " ".join(line.split()).split(ELLIPSIS)))
        if not any(pattern.fullmatch(candidate) for candidate in lines):
            return line
    return None

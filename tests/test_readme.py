"""README, docs and CONTRIBUTING tell the truth: every command in them is run, every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, TALKS_TO_A_SHELL, Block, blocks, first_missing, run_page

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERYTHING = [*PAGES, ROOT / "CHANGELOG.md"]


def _ids(pages: list[Path]) -> list[str]:
    return [page.name for page in pages]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_every_command_of_a_page_does_what_the_page_says(page, tmp_path):
    count = run_page(page, tmp_path)
    assert count > 0 or not [b for b in blocks(page) if b.language == "console" and not b.reason]


@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_a_block_that_is_not_run_says_why(page):
    shells = [block for block in blocks(page) if block.language in TALKS_TO_A_SHELL]
    silent = [block.where for block in shells if block.language != "console" and not block.reason]
    assert silent == [], "mark it `console`, or put `<!-- not run: REASON -->` above it"
    assert [block.where for block in shells if block.reason and len(block.reason.split()) < 3] == []


def test_the_commands_for_make_exist(tmp_path):
    """They are not run above: `make test` runs this test, and `make demo` has a test of its own."""
    targets = set()
    for page in PAGES:
        for block in blocks(page):
            targets |= {word for line in block.text for word in re.findall(r"^\$? ?make ([a-z-]+)", line)}
    assert {"demo", "test"} <= targets
    for target in sorted(targets):
        made = subprocess.run(
            ["make", "--dry-run", target], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
        )
        assert made.returncode == 0, made.stderr


@pytest.mark.parametrize("page", EVERYTHING, ids=_ids(EVERYTHING))
def test_every_link_of_a_page_leads_to_a_file(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_every_file_that_a_page_names_exists(page):
    """A path in backquotes that begins with one of the project's rooms is meant literally."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    rooms = r"(?:autograder|course|reference|templates|tests|docs|\.ci|\.github)/"
    named = re.findall(rf"`({rooms}[\w./-]*\w/?)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_the_demo_shows_what_it_promises():
    stamp = ".venv/.made-by-make"
    # The environment of this run serves: `-o` keeps make from making another.
    run = subprocess.run(
        ["make", "-o", stamp, "demo", f"PY={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    told = " ".join(run.stdout.split())
    for promised in (
        "It moves by the stride",
        "Pad with a number that can never be the largest",
        "13 submissions",
        "flips_kernel",
        "timeout",
        "exited",
        "forbidden",
        "13 kept from an earlier run",
    ):
        assert promised in told + " ".join(run.stderr.split()), promised


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (("one", "three"), None),
        (("three", "one"), "one"),
        (("t…e", "…"), None),
        (("  one",), None),
        (("on",), "on"),
        (("…", "four"), "four"),
    ],
)
def test_shown_lines_must_come_in_order_and_whole(shown, missing):
    assert first_missing(shown, ["one", "two", "three", "four and more"]) == missing


def test_blocks_are_found_with_what_is_said_above_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n\n<!-- exits 2 -->\n```console\n$ false\n```\n* item\n\n  <!-- file: a.py -->\n\n  ```python\n"
        "  x = 1\n  ```\n<!-- not run: takes an hour -->\nnot this one\n```bash\nls\n```\n",
        encoding="utf-8",
    )
    found = blocks(page)
    assert [block.note for block in found] == ["exits 2", "file: a.py", ""]
    assert found[0] == Block(page, 4, "console", ("$ false",), "exits 2")
    assert found[0].exit_code == 2
    assert (found[1].file, found[1].text) == ("a.py", ("x = 1",))

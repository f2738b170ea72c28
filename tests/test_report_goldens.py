"""Every format says of each sample report what its golden file says, byte for byte, on every machine."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from report_goldens import GOLDENS, HOW, Golden, differing, files, goldens, there, write
from reports_samples import SAMPLES, SECRET

FORMATS = goldens()


@pytest.mark.parametrize("golden", FORMATS, ids=[golden.folder for golden in FORMATS])
def test_a_format_writes_what_its_golden_files_say(golden: Golden) -> None:
    found = there(GOLDENS / golden.folder)
    made = dict(files(golden))
    assert set(SAMPLES) <= {name.partition(".")[0] for name in made}
    assert made.keys() == found.keys(), HOW
    for name, content in made.items():
        if content != found[name]:
            pytest.fail(f"goldens/{golden.folder}/{name} differs. {HOW}\n{_difference(found[name], content)}")


def test_no_golden_file_is_left_over_or_tells_a_secret() -> None:
    found = there()
    assert {path.partition("/")[0] for path in found} == {golden.folder for golden in FORMATS}
    assert [path for path, content in found.items() if SECRET.encode() in content] == []


def test_neither_clock_zone_locale_nor_hash_seed_changes_a_byte() -> None:
    elsewhere = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "7", "COLUMNS": "40"}
    command = [sys.executable, str(GOLDENS.parent / "report_goldens.py")]
    environment = os.environ | elsewhere | {"GITHUB_ACTIONS": "true"}
    run = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr


def test_the_command_mends_what_differs_and_nothing_else(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(there())
    assert there(tmp_path) == there()
    assert write(tmp_path) == []
    (tmp_path / "json" / "partial.json").write_bytes(b"{}\n")
    (tmp_path / "junit" / "partial.xml").unlink()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "partial.txt").write_bytes(b"of a format that is gone\n")
    odd = ["json/partial.json", "junit/partial.xml", "old/partial.txt"]
    assert differing(tmp_path) == odd
    assert write(tmp_path) == odd
    assert there(tmp_path) == there()


def _difference(was: bytes, now: bytes) -> str:
    before, after = (text.decode("utf-8").splitlines() for text in (was, now))
    return "\n".join([*difflib.unified_diff(before, after, "golden", "now", lineterm="")][:40])

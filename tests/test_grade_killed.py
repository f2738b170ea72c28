"""`d2l-kit grade` is killed (-9) at fifty moments, and the same command again: nothing lost, twice, or half written.

Run as a program, this file is the victim: it grades, counts what it asks of the disk and of the database, and kills
itself at the moment it was told.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.gradebook.model import State
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading import api
from d2l_kit.report.model import CheckResult, Confinement, ExerciseResult, ExerciseStatus, Report, Status, Visibility
from d2l_kit.report.serial import from_json, to_dict
from engine_course import STEP, command, hand_in, write_chapter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kills itself as Linux does"),
]

NAMES = ["ann", "bob", "cyd", "dan", "eve", "fay"]
MOMENTS = 50
PATIENCE = 120  # seconds; only so that something that hangs fails the test
COUNTED = ("open", "replace", "rename", "fsync", "mkdir")


def line_of(folder: Path, out: str, jobs: str = "1") -> list[str]:
    """The command line."""
    return ["grade", str(folder / "class"), "--out", str(folder / out), "--allow-weaker", "-n", jobs]


def killed_at(folder: Path, moment: int, out: str, *more: str) -> int:
    """Grade in a process that kills itself at a moment; its exit code."""
    line = [sys.executable, __file__, str(folder), str(moment), *more, *line_of(folder, out)]
    return subprocess.run(line, capture_output=True, timeout=PATIENCE, check=False).returncode


def moments_of(folder: Path, *more: str) -> int:
    """How many moments a whole run has."""
    out = tempfile.mkdtemp(prefix="whole", dir=folder)  # a run that finds reports has fewer
    assert killed_at(folder, 0, out, *more) == 0
    return int((folder / "moments").read_text(encoding="utf-8"))


def spread(count: int, over: int) -> list[int]:
    """Moments from the first to the last."""
    return [1 + number * (over - 1) // (count - 1) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("killed")
    write_chapter(made, {"step": STEP})
    wrong = "def step(n):\n    return n\n"
    hand_in(made / "class", {name: STEP["solution"] if name < "d" else wrong for name in NAMES})
    return made


def test_after_a_kill_at_any_of_fifty_moments_the_same_command_finishes_the_class(folder: Path) -> None:
    over = moments_of(folder, "quick")
    assert over > MOMENTS
    kept_at_last = 0
    for moment in spread(MOMENTS, over):
        out = f"out{moment}"
        assert killed_at(folder, moment, out, "quick") == -signal.SIGKILL
        kept = sound(folder / out)
        assert set(kept) >= set(files_in(folder / out))  # a file follows what is stored, never goes before it
        with quick() as asked:
            assert command(folder, *line_of(folder, out)) == 0
        assert asked == [name for name in NAMES if name not in kept], f"moment {moment} of {over}"
        whole(folder / out)
        kept_at_last = len(kept)
    assert kept_at_last == len(NAMES)  # the last moments lie behind the last report


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(folder: Path) -> None:
    over = moments_of(folder, "quick")
    kept: set[str] = set()
    for _run in range(4):
        assert killed_at(folder, over // 3, "again", "quick") == -signal.SIGKILL
        before, kept = kept, set(sound(folder / "again"))
        assert before <= kept
    with quick() as asked:
        assert command(folder, *line_of(folder, "again")) == 0
    assert set(asked) == set(NAMES) - kept
    whole(folder / "again")


@pytest.mark.parametrize("part", [0.75, 0.85])
def test_the_same_with_real_workers_and_two_processes(folder: Path, part: float) -> None:
    # torch, too, opens files: only what the database is asked for is counted here.
    out, over = f"real{part}", moments_of(folder, "quick", "database")
    assert killed_at(folder, int(part * over), out, "database") == -signal.SIGKILL
    kept = sound(folder / out)
    assert kept and len(kept) < len(NAMES)
    before = files_in(folder / out)
    assert command(folder, *line_of(folder, out, jobs="2")) == 0
    whole(folder / out)
    after = files_in(folder / out)
    assert set(before) <= set(kept) and {name: after[name] for name in before} == before
    assert [after[name].earned for name in NAMES] == [7, 7, 7, 0, 0, 0]


@pytest.mark.parametrize(("size", "starts"), [("40k", False), ("160k", False), ("340k", True), ("440k", True)])
def test_a_full_disk_is_exit_code_3_and_what_is_stored_is_kept(tmp_path: Path, size: str, starts: bool) -> None:
    out, copy, names = tmp_path / "full", tmp_path / "copy", [f"s{number:02d}" for number in range(60)]
    out.mkdir()
    if not on_small_disk(size, out, copy, ["true"]):
        pytest.skip("needs the right to mount a small disk")
    copy.rmdir()
    write_chapter(tmp_path, {"step": STEP})
    hand_in(tmp_path / "class", dict.fromkeys(names, STEP["solution"]))
    victim = [sys.executable, __file__, str(tmp_path), "0", "quick", *line_of(tmp_path, "full")]
    run = on_small_disk(size, out, copy, victim)
    assert run is not None and run.returncode == 3
    assert "disk is full" in run.stderr or "No space left" in run.stderr
    assert "Make room" in run.stderr and "Traceback" not in run.stderr
    kept = sound(copy)
    assert bool(kept) == starts and len(kept) < len(names)
    with quick() as asked:
        assert command(tmp_path, *line_of(tmp_path, "copy")) == 0
    assert asked == [name for name in names if name not in kept]
    whole(copy, names)


def on_small_disk(size: str, out: Path, copy: Path, line: list[str]) -> subprocess.CompletedProcess[str] | None:
    """Run something while `out` is a disk of that size, and copy what it leaves; None if that is not allowed here."""
    script = 'mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99; out="$2" copy="$3"; shift 3; "$@"'
    script += '; code=$?; cp -a "$out" "$copy" && exit $code'
    arguments = ["unshare", "--mount", "sh", "-c", script, "sh", size, str(out), str(copy), *line]
    try:
        run = subprocess.run(arguments, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    except FileNotFoundError:
        return None
    return run if copy.exists() else None


def test_a_class_that_cannot_be_read_is_said_and_what_stands_stays(folder: Path, capsys) -> None:
    with quick():
        assert command(folder, *line_of(folder, "unreadable")) == 0
    before = files_in(folder / "unreadable")
    gone = ["grade", str(folder / "no-such-class"), "--out", str(folder / "unreadable"), "--allow-weaker"]
    capsys.readouterr()
    assert command(folder, *gone) == 2
    assert "no-such-class" in capsys.readouterr().err
    assert files_in(folder / "unreadable") == before
    if os.geteuid() == 0:
        return  # root may read everything
    (folder / "class").chmod(0)
    try:
        assert command(folder, *line_of(folder, "unreadable")) in (2, 3)
        assert "Permission denied" in capsys.readouterr().err
    finally:
        (folder / "class").chmod(0o755)
    assert files_in(folder / "unreadable") == before


# What must hold


def files_in(out: Path) -> dict[str, Report]:
    """The reports that lie there as files; each must be whole."""
    found = (out / "reports").glob("*.json") if out.exists() else ()
    return {path.stem: from_json(path.read_text(encoding="utf-8")) for path in found}


def sound(out: Path) -> dict[str, Report]:
    """What the gradebook holds; it must be sound, and hold nothing twice or in part."""
    files_in(out)
    path = out / "gradebook.sqlite"
    if not path.exists() or (not path.stat().st_size and not wal_of(path)):
        return {}
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        if not database.execute("SELECT 1 FROM sqlite_master").fetchall():
            return {}
    with Gradebook.open(path) as book:
        stored = book.stored("")
        assert len({each.hand_in.submission for each in stored}) == len(stored)
        assert all(each.state is State.ACCEPTED and len(each.results) == 1 for each in stored)
        assert {check.stored for check in book.checks(each.id for each in stored)} == {each.id for each in stored}
        return {each.hand_in.submission: book.report(each.id) for each in stored}


def wal_of(path: Path) -> int:
    """Bytes that SQLite has written beside the file."""
    beside = path.with_name(f"{path.name}-wal")
    return beside.stat().st_size if beside.exists() else 0


def whole(out: Path, names: Sequence[str] = NAMES) -> None:
    """Everybody has one report, in the gradebook and as a file, all drawn from one seed."""
    stored, files = sound(out), files_in(out)
    assert sorted(stored) == sorted(names)
    assert {name: to_dict(report) for name, report in files.items()} == {n: to_dict(r) for n, r in stored.items()}
    assert len({report.seed for report in stored.values()}) == 1
    assert [path.name for path in out.rglob("*.part")] == []
    rows = (out / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(names) + 1


# The victim


@contextmanager
def quick() -> Iterator[list[str]]:
    """The real command, while no worker is started; yields who is graded."""
    asked: list[str] = []

    class Court:
        def __init__(self, seed: str) -> None:
            self.seed = seed

        def of_job(self, job: int) -> Court:
            return self

        def report_of_entry(self, entry: Any, exercises: Any, student: str, assignment: str) -> Report:
            asked.append(entry.name)
            check = CheckResult("step_1", "Step 1.", Visibility.PUBLIC, Status.PASSED)
            result = ExerciseResult("ch31/step", "The exercise step", 7, ExerciseStatus.PASSED, (check,))
            return Report(entry.name, (result,), Confinement("none"), seed=self.seed)

    def hold(chapters: Any, exercises: Any, options: Any, drive: Callable[[Any], None]) -> None:
        drive(Court(options.seed))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "hold", hold)
        yield asked


def victim(folder: Path, moment: int, arguments: Sequence[str], counted_calls: Sequence[str]) -> int:
    """Grade; killed before the call of that number that asks something of the database, or of the disk by name."""
    import sqlalchemy

    count, me = 0, os.getpid()

    def step(*_arguments: Any) -> None:
        nonlocal count
        if os.getpid() == me:
            count += 1
            if count == moment:
                os.kill(me, signal.SIGKILL)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **more: Any) -> Any:
            step()
            return call(*arguments, **more)

        return counting

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", step)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", step)
    with pytest.MonkeyPatch.context() as patch:
        for name in counted_calls:
            patch.setattr(os, name, counted(getattr(os, name)))
        code = command(folder, *arguments)
    (folder / "moments").write_text(json.dumps(count), encoding="utf-8")
    return code


if __name__ == "__main__":
    place, number, *rest = sys.argv[1:]
    begin = rest.index("grade")
    with quick() if "quick" in rest[:begin] else nullcontext():
        counted_calls = () if "database" in rest[:begin] else COUNTED
        sys.exit(victim(Path(place), int(number), rest[begin:], counted_calls))

"""Grading a class: what is graded once is kept, what breaks harms nobody else, and nothing is ever half written."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from d2l_kit.errors import GraderError, MachineError
from d2l_kit.grading import api, crew, store
from d2l_kit.grading.court import RunOptions
from d2l_kit.grading.judge import Seeds
from d2l_kit.report.model import Confinement, ExerciseStatus, Report, Status, Visibility
from d2l_kit.report.serial import from_json, to_dict
from d2l_kit.submission import ClassEntry, digest_of, list_class, read_submission
from engine_course import ON_GPU, SCALE, STEP, command, hand_in, read, write_chapter

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
HELPER = Path(__file__).with_name("engine_course.py")
PATIENCE = 180  # seconds; only so that something that hangs fails the test

RIGHT = "def step(n):\n    return n + 1\n"
WRONG = "def step(n):\n    return n\n"
HANGS = "while True:\n    pass\n"
OPTIONS = RunOptions(hidden=True, allow_weaker=True, device="auto")  # as the command line has them


def grade(folder: Path, out: Path, **options: Any) -> api.GradeOutcome:
    """Grade `folder/class` in this process."""
    chapter = read(folder)
    entries, _notes = list_class([folder / "class"], chapter.exercises)
    options.setdefault("seed", "") or options.update(seed=api.kept_seed(out))
    keeper = store.ReportFolder(out / "reports")
    return api.grade([chapter], chapter.exercises, entries, replace(OPTIONS, **options), keeper=keeper)


def timeless(report: Report) -> dict[str, Any]:
    """A report without what no two runs share."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in ("duration", "graded_at")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(to_dict(report))


def reports_in(out: Path) -> dict[str, Report]:
    """Every report of a folder; each must be whole."""
    return {path.stem: from_json(path.read_text(encoding="utf-8")) for path in (out / "reports").glob("*.json")}


# With the real engine


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A class graded by one process and by two, and once more."""
    folder = tmp_path_factory.mktemp("class")
    write_chapter(folder, {"step": STEP, "scale": SCALE})
    hand_in(folder / "class", {"ann": RIGHT, "bob": WRONG, "dan": "def step(n:\n", "eve": STEP["stub"]})
    hand_in(
        folder / "class", {"ann": SCALE["solution"], "bob": "def scale(X, factor):\n    return X + factor\n"}, "scale"
    )
    (folder / "class" / "cyd.zip").write_bytes(b"PK\x03\x04 no archive at all")
    one = grade(folder, folder / "one", jobs=1, seed="s")
    two = grade(folder, folder / "two", jobs=2, seed="s")
    again = grade(folder, folder / "one", jobs=2, seed="s")
    return SimpleNamespace(folder=folder, one=one, two=two, again=again)


def test_every_submission_has_its_report_in_the_classs_order(graded: SimpleNamespace) -> None:
    assert [report.submission for report in graded.one.reports] == ["ann", "bob", "cyd", "dan", "eve"]
    assert graded.one.problems == graded.two.problems == ()
    assert reports_in(graded.folder / "one") == {report.submission: report for report in graded.one.reports}


def test_two_processes_grade_as_one_does(graded: SimpleNamespace) -> None:
    assert [timeless(report) for report in graded.two.reports] == [timeless(report) for report in graded.one.reports]


def test_a_second_run_grades_nothing_and_gives_the_same_reports(graded: SimpleNamespace) -> None:
    assert graded.one.kept == graded.two.kept == ()
    assert graded.again.kept == ("ann", "bob", "cyd", "dan", "eve")
    assert graded.again.reports == graded.one.reports


def test_what_was_handed_in_earns_what_it_should(graded: SimpleNamespace) -> None:
    found = {report.submission: report for report in graded.one.reports}
    assert (found["ann"].earned, found["ann"].points, found["ann"].passed) == (13, 13, True)
    assert found["bob"].earned == 2  # the shape of `scale`
    diagnosis = {exercise.id: exercise.diagnosis for exercise in found["bob"].exercises}["ch31/scale"]
    assert diagnosis is not None and diagnosis.name == "adds"
    assert [exercise.status for exercise in found["eve"].exercises] == [ExerciseStatus.NOT_STARTED] * 2
    assert found["dan"].earned == 0


def test_what_a_gpu_has_found_is_not_lost_to_a_run_without(tmp_path: Path) -> None:
    write_chapter(tmp_path, {"on_gpu": ON_GPU})
    hand_in(tmp_path / "class", {"ann": ON_GPU["solution"]}, "on_gpu")
    (here,) = grade(tmp_path, tmp_path / "out", seed="s").reports
    assert (here.earned, here.pending) == (1, 3)
    (exercise,) = here.exercises
    ran = tuple(replace(check, status=Status.PASSED, pending=False) for check in exercise.checks)
    there = replace(here, device="cuda", exercises=(replace(exercise, checks=ran),))
    store.ReportFolder(tmp_path / "out" / "reports").keep(there)
    assert grade(tmp_path, tmp_path / "out", seed="s").kept == ("ann",)  # nothing is pending, nothing is to be done
    (again,) = grade(tmp_path, tmp_path / "out", seed="s", force=True).reports
    assert (again.device, again.earned, again.pending) == ("cpu", 4, 0)


def test_an_unreadable_archive_has_a_report_of_zero_and_its_neighbours_are_graded(graded: SimpleNamespace) -> None:
    (cyd,) = (report for report in graded.one.reports if report.submission == "cyd")
    assert (cyd.earned, cyd.points) == (0, 13)
    for exercise in cyd.exercises:
        first, *others = exercise.checks
        assert first.status is Status.MALFORMED
        assert "cannot be read" in first.message
        assert {check.status for check in others} == {Status.NOT_RUN}
    assert len(cyd.notes) == 1 and "cyd.zip" in cyd.notes[0]


def test_reports_and_the_seed_are_private(graded: SimpleNamespace, tmp_path: Path) -> None:
    for path in (graded.folder / "one" / "reports").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    seed = api.kept_seed(tmp_path / "new")
    assert (tmp_path / "new" / api.SEED_FILE).stat().st_mode & 0o077 == 0
    assert len(seed) == 32 and api.kept_seed(tmp_path / "new") == seed


def test_a_broken_reference_is_exit_code_3_and_leaves_earlier_reports_alone(graded, tmp_path: Path, capsys) -> None:
    shutil.copytree(graded.folder, tmp_path / "here")
    folder = tmp_path / "here"
    line = ("grade", str(folder / "class"), "--out", str(folder / "one"), "--allow-weaker", "--seed", "s", "-n", "2")
    assert command(folder, *line) == 0
    capsys.readouterr()
    needing = [folder / "one" / "reports" / f"{name}.json" for name in ("ann", "bob", "dan")]
    before = [path.read_bytes() for path in needing]
    (folder / "reference/ch31_engine/step.py").write_text("def step(n:\n", encoding="utf-8")
    assert command(folder, *line) == 3
    assert [path.read_bytes() for path in needing] == before
    told = capsys.readouterr().err
    for name in ("ann", "bob", "dan"):
        assert f"could not grade: {name}: " in told
    assert "step.py: the solution cannot be loaded: SyntaxError" in told
    grades = (folder / "one" / "grades.csv").read_text(encoding="utf-8")
    assert all(f"\n{name}," in grades for name in ("ann", "bob", "dan"))  # what stood before still stands


def test_watch_checks_again_what_has_changed(tmp_path: Path) -> None:
    chapter = write_chapter(tmp_path, {"step": STEP, "scale": SCALE})
    hand_in(tmp_path, {"work": WRONG})
    hand_in(tmp_path, {"work": SCALE["solution"]}, "scale")
    seen: list[list[tuple[str, ExerciseStatus]]] = []

    def changes() -> Iterator[frozenset[str]]:
        hand_in(tmp_path, {"work": RIGHT})
        yield frozenset({"ch31/step"})
        hand_in(tmp_path, {"work": "def scale(X, factor):\n    return X\n"}, "scale")
        yield frozenset({"ch31/scale"})

    api.watch(
        [chapter],
        chapter.exercises,
        lambda: read_submission(tmp_path / "work", chapter.exercises),
        RunOptions(start="fresh"),
        changes(),
        lambda report: seen.append([(exercise.id, exercise.status) for exercise in report.exercises]),
    )
    passed, failed = ExerciseStatus.PASSED, ExerciseStatus.FAILED
    assert seen == [
        [("ch31/step", failed), ("ch31/scale", passed)],
        [("ch31/step", passed)],
        [("ch31/scale", failed)],
    ]


# What stops in the middle


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text(encoding="ascii").split()):
            found += [child, *descendants(child)]
    return found


def all_end(opened: list[int]) -> bool:
    """Whether every process behind these descriptors ends."""
    poll = select.poll()
    for descriptor in opened:
        poll.register(descriptor, select.POLLIN)
    left = set(opened)
    while left:
        ended = poll.poll(PATIENCE * 1000)
        if not ended:
            return False
        for descriptor, _event in ended:
            poll.unregister(descriptor)
            left.discard(descriptor)
    return True


def wait_for(there: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Look again and again, as long as the process runs."""
    for _look in range(PATIENCE * 20):
        if there():
            return
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise AssertionError("it did not come")


@linux
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_grader_leaves_whole_reports_and_no_process_and_the_next_run_finishes(
    tmp_path, capsys, jobs: str
) -> None:
    write_chapter(tmp_path, {"step": STEP})
    hand_in(tmp_path / "class", {"s1": RIGHT, "s2": WRONG, "s3": HANGS, "s4": HANGS, "s5": RIGHT})
    out = tmp_path / "out"
    line = ["grade", str(tmp_path / "class"), "--out", str(out), "--allow-weaker", "-n", jobs]
    process = subprocess.Popen(
        [sys.executable, str(HELPER), str(tmp_path), *line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    opened: list[int] = []
    try:
        wait_for(lambda: (out / "reports" / "s2.json").exists(), process)
        below = descendants(process.pid)
        assert below
        for pid in below:
            try:
                opened.append(os.pidfd_open(pid))
            except ProcessLookupError:  # a worker whose time had come
                continue
    finally:
        process.kill()
        process.wait(PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert all_end(opened)
    for descriptor in opened:
        os.close(descriptor)
    before = reports_in(out)
    assert set(before) == {"s1", "s2"}
    hand_in(tmp_path / "class", {"s3": RIGHT, "s4": WRONG})
    points = {"s1": 7, "s2": 0, "s3": 7, "s4": 0, "s5": 7}
    capsys.readouterr()
    assert command(tmp_path, *line) == 0
    assert "2 kept from an earlier run" in capsys.readouterr().err
    assert {name: report.earned for name, report in reports_in(out).items()} == points
    assert {name: reports_in(out)[name] for name in before} == before


@linux
def test_a_full_disk_is_exit_code_3_and_earlier_reports_stay(tmp_path: Path) -> None:
    can = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=512k tmpfs "$1"', "sh", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(can, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    write_chapter(tmp_path, {"step": STEP})
    names = [f"s{n:02d}" for n in range(60)]
    hand_in(tmp_path / "class", dict.fromkeys(names, WRONG))
    out, copy = tmp_path / "out", tmp_path / "copy"
    out.mkdir()
    script = 'mount -t tmpfs -o size=512k tmpfs "$1" && shift && out="$1" && copy="$2" && shift 2 && "$@"'
    script += '; code=$?; cp -a "$out" "$copy" && exit $code'
    line = ["grade", str(tmp_path / "class"), "--out", str(out), "--allow-weaker", "-n", "1", "--seed", "s"]
    arguments = [str(out), str(out), str(copy), sys.executable, str(HELPER), str(tmp_path), *line]
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 3, run.stderr
    assert ("No space left on device" in run.stderr or "is full" in run.stderr) and "Make room" in run.stderr
    kept = reports_in(copy)
    assert 0 < len(kept) < len(names)
    line[line.index("--out") + 1] = str(copy)
    assert command(tmp_path, *line) == 0
    assert set(reports_in(copy)) == set(names)
    assert {name: reports_in(copy)[name] for name in kept} == kept


# What is graded again, and what is kept. The engine stands aside.


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who is graded by the real `grade`, while no worker and no check is started."""
    asked: list[str] = []

    class Court:
        def of_job(self, job: int) -> Court:
            return self

        def report_of_entry(self, entry: ClassEntry, exercises: Any, student: str, assignment: str) -> Report:
            asked.append(entry.name)
            if entry.name == "ours":
                raise GraderError("The machine is on fire.", "Put it out.")
            return Report(entry.name, (), Confinement("none"))

    def hold(chapters: Any, exercises: Any, options: Any, drive: Callable[[Any], None]) -> None:
        drive(Court())

    monkeypatch.setattr(api, "hold", hold)
    return asked


@pytest.fixture
def small(tmp_path: Path) -> Path:
    write_chapter(tmp_path, {"step": STEP})
    hand_in(tmp_path / "class", {"ann": RIGHT, "bob": WRONG})
    return tmp_path


def test_only_what_is_new_or_changed_is_graded_again(small: Path, asked: list[str]) -> None:
    def graded_now(**options: Any) -> list[str]:
        asked.clear()
        outcome = grade(small, small / "out", **options)
        assert sorted((*outcome.kept, *asked)) == sorted(report.submission for report in outcome.reports)
        return list(asked)

    assert graded_now() == ["ann", "bob"]
    assert graded_now() == []
    hand_in(small / "class", {"bob": RIGHT})
    assert graded_now() == ["bob"]
    hand_in(small / "class", {"cyd": RIGHT})
    assert graded_now() == ["cyd"]
    (small / "class/ann/notes.txt").write_text("more", encoding="utf-8")
    assert graded_now() == ["ann"]
    assert graded_now(force=True) == ["ann", "bob", "cyd"]
    assert graded_now(seed="another") == ["ann", "bob", "cyd"]
    assert graded_now(seed="another") == []
    assert graded_now(hidden=False, seed="another") == ["ann", "bob", "cyd"]
    assert graded_now() == ["ann", "bob", "cyd"]
    for part in ("course/ch31_engine/checks", "reference/ch31_engine/checks"):
        check = small / part / "test_step.py"
        check.write_text(check.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
        assert graded_now() == ["ann", "bob", "cyd"]
    table = small / "course/ch31_engine/chapter.toml"
    table.write_text(table.read_text(encoding="utf-8").replace("points = 7", "points = 8"), encoding="utf-8")
    assert graded_now() == []  # only the scale is another
    assert graded_now() == []


def test_other_points_scale_what_is_there_and_nothing_is_graded_again(small: Path, asked: list[str]) -> None:
    chapter = read(small)
    (exercise,) = chapter.exercises
    entries, _ = list_class([small / "class"], chapter.exercises)
    for points in (7, 70):
        asked.clear()
        worth = replace(exercise, points=points)
        keeper = store.ReportFolder(small / "out" / "reports")
        outcome = api.grade([chapter], [worth], entries, replace(OPTIONS, seed="s"), keeper=keeper)
    assert (asked, outcome.kept) == ([], ("ann", "bob"))


def test_a_report_that_cannot_be_read_is_written_anew(small: Path, asked: list[str]) -> None:
    grade(small, small / "out")
    path = small / "out/reports/ann.json"
    for text in ("", "{", "[]", path.read_text(encoding="utf-8").replace("d2l-kit/report/1", "d2l-kit/report/99")):
        path.write_text(text, encoding="utf-8")
        asked.clear()
        grade(small, small / "out")
        assert asked == ["ann"]
    assert set(reports_in(small / "out")) == {"ann", "bob"}


def test_a_failure_of_ours_gives_no_report_and_the_others_are_graded(small: Path, asked: list[str]) -> None:
    hand_in(small / "class", {"ours": RIGHT, "zoe": RIGHT})
    told: list[str] = []
    chapter = read(small)
    entries, _notes = list_class([small / "class"], chapter.exercises)
    outcome = api.grade(
        [chapter],
        chapter.exercises,
        entries,
        OPTIONS,
        keeper=store.ReportFolder(small / "out" / "reports"),
        on_report=lambda r: told.append(r.submission),
    )
    assert [report.submission for report in outcome.reports] == told == ["ann", "bob", "zoe"]
    assert len(outcome.problems) == 1 and outcome.problems[0].startswith("ours: The machine is on fire.")
    assert set(reports_in(small / "out")) == {"ann", "bob", "zoe"}


def test_a_seed_file_that_a_full_disk_left_empty_is_no_seed(tmp_path: Path) -> None:
    (tmp_path / api.SEED_FILE).write_text("", encoding="utf-8")
    seed = api.kept_seed(tmp_path)
    assert len(seed) == 32
    assert (tmp_path / api.SEED_FILE).read_text(encoding="utf-8").strip() == seed


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_graded(small: Path, asked: list[str]) -> None:
    (small / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(MachineError, match="Choose another --out"):
        grade(small, small / "out", seed="s")
    with pytest.raises(MachineError, match="Choose another --out"):
        grade(small, small / "out")
    assert asked == []


def test_hidden_inputs_differ_between_students_and_public_ones_do_not() -> None:
    def seed(visibility: Visibility, **parts: str) -> int:
        check: Any = SimpleNamespace(exercise="ch31/step", name="step_1", visibility=visibility)
        return Seeds(**parts).of(check)

    hidden, public = Visibility.HIDDEN, Visibility.PUBLIC
    assert seed(hidden, hidden="a", student="x") == seed(hidden, hidden="a", student="x")
    assert seed(hidden, hidden="a", student="x") != seed(hidden, hidden="a", student="y")
    assert seed(hidden, hidden="a", student="x") != seed(hidden, hidden="b", student="x")
    assert seed(public, hidden="a", student="x") == seed(public, hidden="b", student="y")


# The folder of reports


def report_of(name: str) -> Report:
    return Report(name, (), Confinement("none"), digest="d")


@pytest.mark.parametrize(
    "name",
    ["ann", "Ann B.", "../../etc/passwd", ".hidden", "", "a/b", "x" * 300, "名" * 85, "é" * 127, "a\udcff", "con\n"],
)
def test_any_name_makes_a_file_of_the_folder_and_is_found_again(tmp_path: Path, name: str) -> None:
    folder = store.ReportFolder(tmp_path / "reports")
    folder.keep(report_of(name))
    (path,) = (tmp_path / "reports").iterdir()
    assert path.parent == tmp_path / "reports" and not path.name.startswith(".")
    found = folder.standing(name)
    assert found is not None and found.digest == "d"


def test_names_that_look_alike_when_made_safe_do_not_meet(tmp_path: Path) -> None:
    folder = store.ReportFolder(tmp_path)
    names = ["a b", "a_b", "a/b", "x" * 300, "x" * 301]
    assert len({folder.file(name) for name in names}) == len(names)


def test_a_submissions_digest_follows_no_link_out_of_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "step.py").write_text(RIGHT, encoding="utf-8")
    plain = digest_of(work)
    (work / "all").symlink_to("/proc")
    linked = digest_of(work)
    (work / "all").unlink()
    (work / "all").symlink_to("/sys")
    assert len({plain, linked, digest_of(work)}) == 3
    for name, target in (("proc", "/proc"), ("dangling", "nowhere"), ("device", "/dev/zero")):
        (tmp_path / name).symlink_to(target)
        assert digest_of(tmp_path / name) != plain
    os.mkfifo(work / "pipe")
    assert len(digest_of(work)) == 64


def test_a_huge_file_is_not_read_for_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    before = digest_of(tmp_path)
    with path.open("r+b") as file:
        file.truncate(1 << 41)
    assert digest_of(tmp_path) != before


# Several processes


def collect(count: int, jobs: int, work: crew.Work) -> dict[int, crew.Answer]:
    answers: dict[int, crew.Answer] = {}
    names = [f"s{index}" for index in range(count)]
    crew.share(count, jobs, work, lambda answer: answers.__setitem__(answer.index, answer), names)
    return answers


def works(job: int, index: int) -> dict[str, Any]:
    return {"job": job, "index": index, "text": "é" * 300_000}


def breaks_at_two(job: int, index: int) -> dict[str, Any]:
    return {"index": index} if index != 2 else {"index": 1 // 0}


def dies_at_two(job: int, index: int) -> dict[str, Any]:
    if index == 2:
        os._exit(7)
    return {"index": index}


def dies(job: int, index: int) -> dict[str, Any]:
    os._exit(7)


@linux
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_piece_of_work_is_done_once(jobs: int) -> None:
    answers = collect(7, jobs, works)
    assert [answers[index].result["index"] for index in range(7)] == list(range(7))
    assert all(answer.problem == "" for answer in answers.values())


@linux
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_nobody_foresaw_is_a_problem_with_name_and_place(jobs: int) -> None:
    answers = collect(4, jobs, breaks_at_two)
    assert [index for index, answer in answers.items() if answer.problem] == [2]
    text = answers[2].problem
    assert text.startswith("s2: the grader broke at ") and "test_grade_api.py:" in text
    assert text.endswith("ZeroDivisionError: integer division or modulo by zero")


@linux
def test_a_process_of_the_grader_that_dies_costs_one_submission() -> None:
    answers = collect(6, 2, dies_at_two)
    assert [index for index, answer in sorted(answers.items()) if answer.problem] == [2]
    assert answers[2].problem == "s2: a process of the grader ended unexpectedly."


@linux
def test_when_every_process_has_died_each_submission_left_is_named() -> None:
    answers = collect(5, 2, dies)
    assert set(answers) == set(range(5))
    told = sorted(answer.problem for answer in answers.values())
    assert [text.split(": ", 1)[0] for text in told] == ["s0", "s1", "s2", "s3", "s4"]
    assert sum("no process of the grader was left" in text for text in told) == 3

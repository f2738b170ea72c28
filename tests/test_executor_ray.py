"""Grading on a Ray cluster gives the reports that this machine gives, whatever is lost on the way."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from d2l_kit.catalog import Chapter
from d2l_kit.errors import MachineError
from d2l_kit.executors import _drive, _node, _wire, ray_
from d2l_kit.executors._board import LOSSES, Board
from d2l_kit.grading import api
from d2l_kit.grading.api import Case, ClassWork
from d2l_kit.grading.court import RunOptions
from d2l_kit.grading.crew import Answer
from d2l_kit.grading.store import ReportFolder
from d2l_kit.report import serial
from d2l_kit.report.model import Confinement, Report
from d2l_kit.submission import ClassEntry, Source, Submission, list_class
from engine_course import SCALE, STEP, command, hand_in, read, write_chapter

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
PATIENCE = 60  # seconds; only so that something that hangs fails the test
OPTIONS = RunOptions(hidden=True, allow_weaker=True, seed="s", device="auto")
PLUGIN = """
from pathlib import Path

from d2l_kit.catalog import read_chapter
from d2l_kit.hookspecs import hookimpl

HERE = Path(__file__).parent


@hookimpl
def d2l_kit_chapter():
    return read_chapter(HERE / "course" / "ch31_engine")


@hookimpl
def d2l_kit_reference():
    return HERE / "reference"
"""


def timeless(report: Report) -> dict[str, Any]:
    """A report without what no two runs share."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in ("duration", "graded_at")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(serial.to_dict(report))


def grade(folder: Path, out: str, executor: api.Executor | None, **more: Any) -> api.GradeOutcome:
    """Grade `folder/class` here or there."""
    chapter = read(folder)
    entries, _notes = list_class([folder / "class"], chapter.exercises)
    keeper = ReportFolder(folder / out)
    options = replace(OPTIONS, jobs=2)
    return api.grade([chapter], chapter.exercises, entries, options, keeper=keeper, executor=executor, **more)


# On a real cluster of this machine


@pytest.fixture(scope="module")
def class_() -> Iterator[Callable[[Path], Path]]:
    """A chapter that is installed for whatever a test starts, and a class that has handed in."""
    with pytest.MonkeyPatch.context() as patch:

        def made(folder: Path) -> Path:
            write_chapter(folder, {"step": STEP, "scale": SCALE})
            (folder / "engine_plugin.py").write_text(PLUGIN, encoding="utf-8")
            about = folder / "engine_plugin-1.dist-info"
            about.mkdir()
            (about / "METADATA").write_text("Metadata-Version: 2.1\nName: engine-plugin\nVersion: 1\n", "utf-8")
            (about / "entry_points.txt").write_text("[d2l_kit]\nch31 = engine_plugin\n", "utf-8")
            patch.setenv("PYTHONPATH", str(folder))
            right, wrong = STEP["solution"], "def step(n):\n    return n\n"
            hand_in(folder / "class", {"ann": right, "bob": wrong, "dan": "def step(n:\n", "eve": STEP["stub"]})
            adds = "def scale(X, factor):\n    return X + factor\n"
            hand_in(folder / "class", {"ann": SCALE["solution"], "bob": adds}, "scale")
            (folder / "class" / "cyd.zip").write_bytes(b"PK\x03\x04 no archive at all")
            (folder / "class" / "dan" / "ch31" / "scale.py").symlink_to("/etc/passwd")
            (folder / "class" / "eve" / "d2l-kit.toml").write_text('assignment = "hw1"\n', encoding="utf-8")
            return folder

        yield made


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, class_: Callable[[Path], Path]) -> Iterator[SimpleNamespace]:
    """Two cores of this machine as a cluster, and the class graded without it."""
    pytest.importorskip("ray")
    folder = class_(tmp_path_factory.mktemp("class"))
    here = grade(folder, "here", None)
    ray = ray_._imported()
    with ray_._cluster(ray, "", 2):
        yield SimpleNamespace(folder=folder, here=here, ray=ray)


@linux
@pytest.mark.slow
def test_the_command_starts_a_cluster_grades_on_it_and_ends_it(tmp_path, class_, capfd) -> None:
    ray = pytest.importorskip("ray")
    folder = class_(tmp_path)
    line = ["grade", str(folder / "class"), "--out", str(folder / "out"), "--allow-weaker", "--seed", "s", "-n", "2"]
    assert command(folder, *line, "--executor", "ray") == 0
    assert not ray.is_initialized()
    told = capfd.readouterr()
    assert "5 of 5 graded" in told.err
    assert "ray" not in (told.out + told.err).lower().replace(str(folder).lower(), "")
    assert {path.stem for path in (folder / "out" / "reports").iterdir()} == {"ann", "bob", "cyd", "dan", "eve"}


@linux
@pytest.mark.slow
def test_a_cluster_gives_the_reports_that_this_machine_gives(cluster: SimpleNamespace) -> None:
    there = grade(cluster.folder, "there", ray_.on_ray())
    assert there.problems == ()
    assert [timeless(report) for report in there.reports] == [timeless(report) for report in cluster.here.reports]
    assert cluster.ray.is_initialized()  # a cluster that was there before is left alone


@linux
@pytest.mark.slow
def test_a_submission_that_is_marked_for_another_assignment_is_refused_there_too(cluster: SimpleNamespace) -> None:
    here = grade(cluster.folder, "here2", None, assignment="hw2")
    there = grade(cluster.folder, "there2", ray_.on_ray(), assignment="hw2")
    assert [timeless(report) for report in there.reports] == [timeless(report) for report in here.reports]


@linux
@pytest.mark.slow
def test_what_is_lost_with_its_actor_is_graded_again(cluster: SimpleNamespace) -> None:
    killed: list[int] = []

    def kill_all(_report: Report) -> None:
        if not killed:
            for actor in {parent for _pid, parent in graders()}:
                killed.append(actor)
                os.kill(actor, signal.SIGKILL)

    there = grade(cluster.folder, "there3", ray_.on_ray(), on_report=kill_all)
    assert killed and there.problems == ()
    assert [timeless(report) for report in there.reports] == [timeless(report) for report in cluster.here.reports]
    assert all_end()


@linux
@pytest.mark.slow
def test_what_is_lost_with_its_graders_process_is_graded_again(cluster: SimpleNamespace) -> None:
    killed: list[int] = []

    def kill_all(_report: Report) -> None:
        if not killed:
            for grader, _parent in graders():
                killed.append(grader)
                os.kill(grader, signal.SIGKILL)

    there = grade(cluster.folder, "there4", ray_.on_ray(), on_report=kill_all)
    assert killed and there.problems == ()
    assert [timeless(report) for report in there.reports] == [timeless(report) for report in cluster.here.reports]


@linux
@pytest.mark.slow
def test_a_node_with_another_version_is_refused_by_name_and_nothing_is_left_running(cluster, monkeypatch) -> None:
    monkeypatch.setattr(_wire, "__version__", "0.0.1")
    with pytest.raises(
        MachineError, match=r"The node .+ cannot grade: d2l-kit is .+ there and 0\.0\.1 where"
    ) as caught:
        grade(cluster.folder, "there5", ray_.on_ray())
    assert caught.value.remedy == "Install the same on every node: pip install d2l-kit==0.0.1"
    assert cluster.ray.nodes()[0]["NodeManagerHostname"] in caught.value.message
    assert all_end()


@linux
@pytest.mark.slow
def test_a_node_whose_checks_are_others_is_refused(cluster: SimpleNamespace, tmp_path: Path) -> None:
    chapter = write_chapter(tmp_path, {"step": STEP, "scale": SCALE})
    with chapter.exercises[0].files.public_checks.open("a", encoding="utf-8") as file:
        file.write("\n# another line\n")
    (tmp_path / "class").symlink_to(cluster.folder / "class")
    with pytest.raises(MachineError, match="checks or solutions are others there"):
        grade(tmp_path, "there", ray_.on_ray())


@linux
@pytest.mark.slow
def test_a_node_without_the_kit_is_refused_by_name(cluster: SimpleNamespace, monkeypatch) -> None:
    monkeypatch.setattr(ray_, "PROGRAM", "d2l_kit_of_nobody._node")
    with pytest.raises(MachineError, match=r"The node .+ the grader does not start there: .*No module named"):
        grade(cluster.folder, "there6", ray_.on_ray())


@linux
@pytest.mark.slow
def test_an_interrupt_ends_everything_and_keeps_what_is_done(cluster: SimpleNamespace) -> None:
    def interrupt(_report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(cluster.folder, "there7", ray_.on_ray(), on_report=interrupt)
    assert all_end()
    assert len([*(cluster.folder / "there7").iterdir()]) == 1
    there = grade(cluster.folder, "there7", ray_.on_ray())
    assert len(there.kept) == 1 and len(there.reports) == 5


def all_end() -> bool:
    """Whether every grader's process ends; a kill is no more than a wish at first."""
    for pid, _parent in graders():
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = select.select([descriptor], [], [], PATIENCE)[0]
        os.close(descriptor)
        if not ended:
            return False
    return graders() == []


def graders() -> list[tuple[int, int]]:
    """The graders' processes of this machine that live below this one, each with its parent's."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if ray_.PROGRAM.encode() in line:
                status = (folder / "status").read_text(encoding="utf-8")
                parent = next(int(text.split()[1]) for text in status.split("\n") if text.startswith("PPid:"))
                found.append((int(folder.name), parent))
        except (OSError, StopIteration):  # it has just ended
            continue
    return found


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MachineError, match="ray, which is not installed") as caught:
        ray_.on_ray("")(work_of([]), lambda answer: None)
    assert caught.value.remedy == 'pip install "d2l-kit[ray]"'


# Places that are no cluster


class FakePlace:
    """A place that answers, or does what a test says."""

    def __init__(self, name: str, ask: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.name = name
        self.starts = 0
        self._ask = ask

    def start(self) -> None:
        self.starts += 1

    def ask(self, frame: bytes) -> bytes:
        return _wire.pack(self._ask(_wire.unpack(frame)))

    def close(self) -> None:
        pass


def answers(question: dict[str, Any]) -> dict[str, Any]:
    if "kit" in question:
        return {"ready": True}
    report = Report(question["submission"]["name"], (), Confinement("none"))
    return {"result": serial.to_dict(report), "problem": ""}


def work_of(names: list[str], chapter: Chapter | None = None) -> ClassWork:
    cases = [Case(ClassEntry(name, Path("/nowhere") / name)) for name in names]
    chapters = [chapter] if chapter else []
    return ClassWork(chapters, [e for c in chapters for e in c.exercises], OPTIONS, cases)


def graded(places: list[FakePlace], names: list[str]) -> dict[str, str]:
    """Every submission's problem, "" for a report."""
    told: dict[str, str] = {}

    def took(answer: Answer) -> None:
        assert names[answer.index] not in told
        told[names[answer.index]] = answer.problem

    _drive.grade_at(places, work_of(names), took)
    return told


def test_a_submission_that_ends_what_grades_it_is_a_problem_after_three_losses_and_the_others_are_graded() -> None:
    asked: list[str] = []

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question.get("submission", {}).get("name", ""))
        if asked[-1] == "bob":
            raise _drive.Lost("the node is gone")
        return answers(question)

    told = graded([FakePlace("n1", ask), FakePlace("n2", ask)], ["ann", "bob", "cyd", "dan"])
    assert [name for name, problem in told.items() if problem] == ["bob"]
    assert told["bob"].startswith("bob: what graded it was lost 3 times, the last time on n")
    assert "the node is gone" in told["bob"]
    assert asked.count("bob") == LOSSES


def test_a_node_that_never_comes_up_leaves_its_work_to_the_others() -> None:
    def gone(question: dict[str, Any]) -> dict[str, Any]:
        raise _drive.Lost("no such node")

    never = FakePlace("n1", gone)
    assert graded([never, FakePlace("n2", answers)], ["ann", "bob"]) == {"ann": "", "bob": ""}
    told = graded([FakePlace("n1", gone)], ["ann", "bob"])
    assert told == {name: f"{name}: no node was left to grade it." for name in ("ann", "bob")}


def test_a_grader_that_never_starts_is_the_end_with_its_last_words() -> None:
    def ended(question: dict[str, Any]) -> dict[str, Any]:
        raise _drive.Ended("ModuleNotFoundError: No module named 'pluggy'")

    with pytest.raises(MachineError, match=r"The node n1 cannot grade: .*No module named 'pluggy'"):
        graded([FakePlace("n1", ended)], ["ann"])


def test_a_failure_of_ours_there_is_a_problem_and_no_loss() -> None:
    def ask(question: dict[str, Any]) -> dict[str, Any]:
        return answers(question) if "kit" in question else {"result": None, "problem": "ann: the grader broke"}

    place = FakePlace("n1", ask)
    assert graded([place], ["ann"]) == {"ann": "ann: the grader broke"}
    assert place.starts == 1


def test_no_node_that_is_ready_in_time_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    closed = threading.Event()

    def waits(question: dict[str, Any]) -> dict[str, Any]:
        closed.wait()
        raise _drive.Lost("closed")

    place = FakePlace("n1", waits)
    monkeypatch.setattr(place, "close", closed.set)
    monkeypatch.setattr(_drive, "FIRST_SECONDS", 0.01)
    with pytest.raises(MachineError, match="No node was ready"):
        graded([place], ["ann"])


def test_a_board_hands_out_everything_once_and_what_was_lost_again() -> None:
    board = Board(2)
    assert [board.take(), board.take()] == [0, 1]
    assert board.lost(1) and board.take() == 1
    board.done()
    assert board.lost(1) and board.take() == 1
    assert not board.lost(1)
    board.done()
    assert board.finished and board.take() is None
    stopped = Board(5)
    stopped.stop()
    assert stopped.take() is None


# What a node accepts


@pytest.fixture
def ordered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An order for a chapter that is installed here."""
    from d2l_kit import plugins
    from d2l_kit.catalog import Course

    chapter = write_chapter(tmp_path, {"step": STEP})
    monkeypatch.setattr(plugins, "load_course", lambda: Course((chapter,)))
    exercise = replace(chapter.exercises[0], points=30, limits=replace(chapter.exercises[0].limits, memory_mib=77))
    return _wire.unpack(_wire.pack(_wire.order([exercise], OPTIONS)))


def test_a_node_takes_points_limits_and_options_from_the_order(ordered: dict[str, Any]) -> None:
    (chapter,), (exercise,), options = _node.accepted(ordered)
    assert (chapter.name, exercise.id, exercise.points, exercise.limits.memory_mib) == ("ch31", "ch31/step", 30, 77)
    assert options == OPTIONS


def test_a_node_without_torch_says_so(ordered: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_wire, "versions", lambda: {"torch": "", "numpy": ordered["versions"]["numpy"]})
    with pytest.raises(MachineError, match=r"^torch is not installed there") as caught:
        _node.accepted(ordered)
    assert caught.value.remedy == f"pip install torch=={ordered['versions']['torch']}"


def test_a_node_with_another_torch_refuses(ordered: dict[str, Any]) -> None:
    ordered["versions"]["torch"] = "1.0"
    with pytest.raises(MachineError, match=r"^torch is .+ there and 1\.0 where grading was started"):
        _node.accepted(ordered)


def test_a_node_without_an_exercise_names_it(ordered: dict[str, Any]) -> None:
    ordered["exercises"][0]["id"] = "ch99/other"
    with pytest.raises(MachineError, match="ch99/other is not installed there"):
        _node.accepted(ordered)


def test_builds_of_one_torch_count_as_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cu130")
    assert set(_wire.versions().values()) == {"2.13.0"}


def test_a_submission_travels_unchanged() -> None:
    source = Source("X = 'é\udcff'\n", "hw.ipynb", ((3, 1), (4, 2)), ("A note.",))
    submission = Submission("名\udcff", {"ch31/step": source}, {"ch31/scale": "no"}, ("a", "b"), "hw2")
    frame = _wire.pack(_wire.of_submission(submission))
    assert _wire.to_submission(_wire.unpack(frame)) == submission


# Where to grade


def test_a_node_has_room_for_its_cores_as_far_as_memory_goes_and_for_its_gpus() -> None:
    gib = 1 << 30
    assert ray_._room({"CPU": 8.0, "memory": 100 * gib}, 2 * gib, 0) == 8
    assert ray_._room({"CPU": 8.0, "memory": 5 * gib}, 2 * gib, 0) == 2
    assert ray_._room({"CPU": 8.0, "memory": 1.0 * gib}, 2 * gib, 0) == 1
    assert ray_._room({"CPU": 8.0, "GPU": 2.0, "memory": 100 * gib}, 2 * gib, 1) == 2
    assert ray_._room({"CPU": 0.0, "memory": 100 * gib}, 2 * gib, 0) == 0
    assert ray_._room({"memory": 100 * gib}, 2 * gib, 0) == 0


def test_nodes_take_turns_and_gpus_are_used_if_every_node_has_one(tmp_path: Path) -> None:
    work = work_of(["ann"], write_chapter(tmp_path, {"step": STEP}))
    plenty = 1 << 40
    with_gpu = {"NodeID": "a", "Resources": {"CPU": 2.0, "GPU": 1.0, "memory": plenty}}
    without = {"NodeID": "b", "Resources": {"CPU": 2.0, "memory": plenty}}
    assert ray_._with_device(work, [with_gpu]).options.device == "cuda"
    assert ray_._with_device(work, [with_gpu, without]).options.device == "cpu"

    def slots(device: str) -> list[tuple[str, int]]:
        asked = replace(work, options=replace(work.options, device=device))
        return [(node["NodeID"], gpus) for node, gpus in ray_._slots([with_gpu, without], asked)]

    assert slots("cpu") == [("a", 0), ("b", 0), ("a", 0), ("b", 0)]
    assert slots("cuda") == [("a", 1)]
    with pytest.raises(MachineError, match="no node with a GPU"):
        ray_._slots([without], replace(work, options=replace(work.options, device="cuda")))

"""`check` and `grade`: what they ask of the engine, what they show, what they leave, how they exit."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from cli_course import Engine, make_course, report, result
from d2l_kit.catalog import Course
from d2l_kit.cli import main
from d2l_kit.cli._class import Progress
from d2l_kit.errors import GraderError
from d2l_kit.gradebook.grades import grades
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import ReportFormat
from d2l_kit.report.model import Diagnosis, ExerciseStatus, Status

Run = Callable[..., SimpleNamespace]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path / "course")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    made.install(monkeypatch)
    return made


@pytest.fixture
def run(
    course: Course,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command line in a workspace with chapter 7 begun."""
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: course)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def _run(*arguments: str) -> SimpleNamespace:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    _run("start", "ch7")
    return _run


def test_check_without_names_takes_what_is_there(run: Run, engine: Engine) -> None:
    assert run("check").code == 0
    assert engine.exercises == ("ch07/corr2d", "ch07/pool2d")


def test_check_takes_names_and_files(run: Run, engine: Engine) -> None:
    run("check", "ch07/pool2d.py", "vgg")
    assert engine.exercises == ("ch07/pool2d", "ch08/vgg")


def test_check_passes_its_options_on(run: Run, engine: Engine) -> None:
    run("check", *["-n", "3", "--seed", "s", "--confinement", "landlock", "--timeout-factor", "2.5"],
        *["--start-method", "spawn", "--device", "cpu"])  # fmt: skip
    got = engine.options
    assert (got.jobs, got.seed, got.level, got.time_factor, got.start, got.device, got.hidden) == (
        3, "s", "landlock", 2.5, "spawn", "cpu", False,
    )  # fmt: skip


def test_a_failed_check_is_exit_1_unless_zero_is_wanted(run: Run, engine: Engine) -> None:
    engine.status["ch07/pool2d"] = Status.FAILED
    assert run("check").code == 1
    assert run("check", "--exit-zero").code == 0
    assert run("check", "--format", "json").code == 1


def test_what_is_only_pending_is_no_failure(run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def pending(exercise: object, status: Status) -> object:
        return replace(result(exercise, Status.NOT_RUN), status=ExerciseStatus.PENDING)

    monkeypatch.setattr("cli_course.result", pending)
    assert run("check").code == 0


def test_check_always_says_that_hidden_checks_come_later(run: Run) -> None:
    done = run("check")
    assert "ch07/corr2d" in done.out
    assert "Hidden checks run when your work is graded." in done.out


def test_quiet_is_one_line(run: Run) -> None:
    assert run("check", "-q").out.count("\n") == 1


def test_streamed_results_look_like_the_whole_report(run: Run, engine: Engine, course: Course) -> None:
    from d2l_kit.report import terminal
    from d2l_kit.report.view import student_view

    engine.status["ch07/pool2d"] = Status.FAILED
    chapter = course.select(["ch7"])
    whole = report(*(result(e, engine.status.get(e.id, Status.PASSED)) for e in chapter))
    assert run("check").out == terminal.render(student_view(whole))


def test_json_on_stdout_is_one_document_and_nothing_else(run: Run) -> None:
    assert json.loads(run("check", "--format", "json").out)


def test_a_format_with_a_file_leaves_the_terminals_on_stdout(run: Run, tmp_path: Path) -> None:
    done = run("check", "--format", f"junit:{tmp_path / 'r.xml'}", "--format", f"json:{tmp_path / 'r.json'}")
    assert "Hidden checks" in done.out
    assert ElementTree.parse(tmp_path / "r.xml").getroot().tag == "testsuites"
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "formats",
    [
        ["--format", "jsn"],
        ["--format", "json:no/such/folder.json"],
        ["--format", "json", "--format", "junit"],
        ["--format", "json", "--format", "junit:/dev/stdout"],
        ["--format", "json:r", "--format", "junit:ch07/../r"],
        ["--format", "json:r", "--format", "junit:{here}/r"],
        ["--format", "junit:ch07"],
        ["--format", "junit:ch07/corr2d.py"],
        ["--format", "junit:d2l-kit.toml"],
        ["--format", "junit:grades.csv"],
        ["--format", "junit:gradebook.sqlite"],
    ],
)
def test_a_format_that_cannot_be_is_refused_before_anything_runs(run: Run, engine: Engine, formats: list[str]) -> None:
    work = Path("ch07/corr2d.py").read_bytes()
    done = run("check", *(word.format(here=Path.cwd()) for word in formats))
    assert (done.code, done.err.count("error: ")) == (2, 1)
    assert len(done.err.splitlines()) == 2, "a remedy belongs to it"
    assert engine.exercises == ()
    assert Path("ch07/corr2d.py").read_bytes() == work


@pytest.fixture
def full(run: Run) -> Path:
    """What can be opened and takes nothing."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    Path("full").symlink_to("/dev/full")
    return Path("full")


def test_a_report_that_cannot_be_written_is_said_and_nothing_else_is_lost(run: Run, engine: Engine, full: Path) -> None:
    engine.status["ch07/pool2d"] = Status.FAILED
    Path("ch07/pool2d.py").write_text("mine", encoding="utf-8")
    done = run("check", "--format", "json", "--format", f"junit:{full}", "--format", "markdown:r.md")
    assert done.code == 3
    assert "error: cannot write full: no space left." in done.err
    assert json.loads(done.out)["points"] == 20
    assert Path("r.md").read_text(encoding="utf-8").startswith("# ")
    assert "ch07/pool2d  failed" in run("status").out
    assert full.is_symlink(), "a device is written into, not replaced"


def test_a_class_is_kept_and_shown_where_its_report_cannot_be_written(run: Run, engine: Engine, full: Path) -> None:
    engine.classes = ["ann", "bob"]
    done = run("grade", "class", "--public-only", "--format", f"junit:{full}")
    assert done.code == 3
    assert "no space left" in done.err and "2 of 2 graded" in done.err
    assert "ann" in done.out and "bob" in done.out
    assert Path("graded/grades.csv").is_file()
    assert "bob" in run("gradebook", "show").out
    Path("graded/grades.csv").unlink()
    Path("graded/grades.csv").mkdir()
    done = run("grade", "class", "--public-only", "--format", "junit:class.xml")
    assert done.code == 2 and "cannot write graded/grades.csv" in done.err.replace("\\", "/")
    assert ElementTree.parse("class.xml").getroot().tag == "testsuites"


def test_a_foreign_format_that_fails_costs_only_its_own_text(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from d2l_kit.report import junit

    def broken(*_: object) -> str:
        raise ZeroDivisionError("stars")

    formats = [ReportFormat("junit", ".xml", broken, "", broken)]
    monkeypatch.setattr(junit, "d2l_kit_report_formats", hookimpl(lambda: formats))
    done = run("check", "--format", "junit", "--format", "json:r.json")
    assert done.code == 3
    assert "The report format 'junit' failed: ZeroDivisionError: stars" in done.err
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))
    engine.classes = ["ann"]
    done = run("grade", "class", "--public-only", "--format", "junit:class.xml")
    assert done.code == 3 and "failed: ZeroDivisionError" in done.err and "ann" in done.out


def test_watch_goes_on_where_a_report_cannot_be_written(run: Run, full: Path) -> None:
    done = run("check", "--watch", "corr2d", "--format", f"junit:{full}")
    assert done.code == 3
    assert "no space left" in done.err
    assert "Next: d2l-kit check --watch ch07/pool2d" in done.out


def test_github_actions_is_recognised_and_gets_annotations_summary_and_outputs(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine.status["ch07/pool2d"] = Status.FAILED
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    summary.write_text("from another step\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    done = run("check")
    assert "This is GitHub Actions: --format github is used." in done.err
    assert done.out.startswith("::stop-commands::") and "\n::error " in done.out
    assert summary.read_text(encoding="utf-8").startswith("from another step\n# ")
    assert "passed=false" in outputs.read_text(encoding="utf-8")


def test_gitlab_gets_junit_beside_the_terminals(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    done = run("check")
    assert "This is GitLab CI: --format terminal --format junit:d2l-kit-junit.xml is used." in done.err
    assert "Hidden checks" in done.out
    assert ElementTree.parse("d2l-kit-junit.xml").getroot().tag == "testsuites"


def test_gradescope_gets_its_results(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from d2l_kit.cli import _reports

    place = tmp_path / "autograder"
    (place / "results").mkdir(parents=True)
    (place / "submission_metadata.json").write_text("{}", encoding="utf-8")
    here = _reports.Platform("Gradescope", lambda: True, (f"gradescope:{place / 'results' / 'results.json'}",))
    monkeypatch.setattr(_reports, "PLATFORMS", (here,))
    assert run("check").code == 0
    assert json.loads((place / "results" / "results.json").read_text(encoding="utf-8"))["tests"]


def test_a_format_that_is_named_is_taken_wherever_this_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = run("check", "--format", "terminal")
    assert "GitHub" not in done.err and "::" not in done.out


def test_what_a_format_hands_on_must_be_there_before_anything_runs(run: Run, engine: Engine) -> None:
    done = run("check", "--format", "classroom50")
    assert done.code == 2 and "lacks CLASSROOM" in done.err
    assert engine.exercises == ()


def test_check_with_nothing_begun_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "d2l-kit.toml").write_text("format = 1\n", encoding="utf-8")
    done = run("check", "-w", str(empty))
    assert (done.code, "d2l-kit start" in done.err) == (2, True)


def test_check_remembers_verdicts_for_status(run: Run, engine: Engine) -> None:
    engine.status["ch07/pool2d"] = Status.FAILED
    Path("ch07/corr2d.py").write_text("mine", encoding="utf-8")
    Path("ch07/pool2d.py").write_text("mine", encoding="utf-8")
    run("check")
    out = run("status").out
    assert "passed" in out
    assert "failed" in out
    Path("ch07/pool2d.py").write_text("newer", encoding="utf-8")
    assert "changed since" in run("status").out


def test_a_verdict_is_shown_though_it_cannot_be_remembered(run: Run) -> None:
    Path(".d2l-kit").write_text("a file where the folder should be", encoding="utf-8")
    done = run("check")
    assert (done.code, "Hidden checks" in done.out) == (0, True)
    assert "note: cannot" in done.err


def test_a_grader_that_breaks_is_exit_3_and_remembers_nothing(run: Run, engine: Engine) -> None:
    engine.error = GraderError("the zygote is gone", "Try again.")
    assert run("check").code == 3
    assert not Path(".d2l-kit").exists()


def test_watch_ends_with_the_last_summary_and_offers_what_is_next(run: Run) -> None:
    done = run("check", "--watch", "corr2d")
    assert done.code == 0
    assert "Next: d2l-kit check --watch ch07/pool2d" in done.out
    assert done.out.rstrip().endswith("Hidden checks run when your work is graded.")


def test_watch_offers_a_watched_exercise_by_its_file(run: Run, engine: Engine) -> None:
    engine.saves = ["ch07/corr2d"]
    engine.status["ch07/pool2d"] = Status.FAILED
    done = run("check", "--watch")
    assert "Next: ch07/pool2d. Write in ch07/pool2d.py and save" in done.out
    assert re.search(r"^---- \d\d:\d\d:\d\d  ch07/corr2d ----$", done.out, re.MULTILINE)


def test_watch_stays_on_what_failed(run: Run, engine: Engine) -> None:
    engine.status["ch07/corr2d"] = Status.FAILED
    done = run("check", "--watch", "corr2d")
    assert (done.code, "ch07/pool2d" in done.out) == (1, False)


def test_watch_prints_for_people_only(run: Run) -> None:
    done = run("check", "--watch", "--format", "json")
    assert (done.code, "--watch" in done.err) == (2, True)


def test_grade_asks_for_hidden_checks_and_writes_grades(run: Run, engine: Engine) -> None:
    engine.classes = ["ann", "bob"]
    engine.status["ch07/pool2d"] = Status.FAILED
    done = run("grade", "class", "--exercises", "corr2d,pool2d", "--public-only", "--out", "g")
    assert done.code == 0
    assert engine.exercises == ("ch07/corr2d", "ch07/pool2d")
    rows = [*csv.DictReader(io.StringIO(Path("g/grades.csv").read_text(encoding="utf-8")))]
    assert [row["submission"] for row in rows] == ["ann", "bob"]
    assert (rows[0]["ch07/corr2d"], rows[0]["ch07/pool2d"], rows[0]["total"], rows[0]["max"]) == (
        "10",
        "0",
        "10",
        "20",
    )
    assert "ann" in done.out
    assert "\r" not in done.err


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_grade_tells_the_peak_of_memory_beside_what_is_allowed(run: Run, engine: Engine) -> None:
    engine.classes = ["ann"]
    done = run("grade", "class", "--public-only", "-n", "2", "--out", "g")
    found = re.search(
        r"^memory: ([\d.]+) GiB seen at the peak, .*; 2 at once may take ([\d.]+) GiB$", done.err, re.MULTILINE
    )
    assert found, done.err
    assert float(found[1]) > 0
    assert float(found[2]) == 2 * (2048 + 512) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that nobody can write to")
def test_an_output_folder_that_cannot_be_written_is_said_with_exit_code_3(run: Run, engine: Engine) -> None:
    engine.classes = ["ann"]
    done = run("grade", "class", "--public-only", "--out", "/sys/kernel/graded")
    assert done.code == 3
    assert "cannot make /sys/kernel/graded" in done.err
    assert "permissions" in done.err


def test_grade_without_the_instructors_wheel_is_refused(run: Run, engine: Engine) -> None:
    engine.classes = ["ann"]
    done = run("grade", "class")
    assert done.code == 2
    assert "d2l-kit-instructor" in done.err
    assert "--public-only" in done.err
    assert engine.exercises == ()


def test_grade_runs_hidden_checks_where_they_are(
    run: Run, engine: Engine, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "reference"
    (mirror / "checks").mkdir(parents=True)
    for name in ("corr2d", "pool2d"):
        (mirror / "checks" / f"test_{name}.py").write_text("", encoding="utf-8")
    whole = Course((course.chapters[0].with_reference(mirror),))
    monkeypatch.setattr("d2l_kit.plugins.load_course", lambda: whole)
    engine.classes = ["ann"]
    assert run("grade", "class", "--jobs", "2", "--allow-weaker", "--confinement", "namespaces").code == 0
    got = engine.options
    assert (got.hidden, got.jobs, got.allow_weaker, got.level) == (True, 2, True, "namespaces")


def test_grade_says_what_it_kept_and_can_be_told_to_grade_again(run: Run, engine: Engine) -> None:
    engine.classes, engine.kept = ["ann"], ("ann",)
    assert "1 kept from an earlier run" in run("grade", "class", "--public-only").err
    assert engine.options.force is False
    run("grade", "class", "--public-only", "-f")
    assert engine.options.force is True


def test_grade_of_an_empty_class_is_a_usage_error(run: Run) -> None:
    assert run("grade", "class", "--public-only").code == 2


def test_what_could_not_be_graded_is_exit_3_and_the_rest_is_written(run: Run, engine: Engine) -> None:
    engine.classes, engine.problems = ["ann"], ("bob: no space left",)
    done = run("grade", "class", "--public-only")
    assert (done.code, "bob: no space left" in done.err) == (3, True)
    assert "ann" in Path("graded/grades.csv").read_text(encoding="utf-8")


def test_an_interrupted_grade_says_how_far_it_came_and_how_to_go_on(run: Run, engine: Engine) -> None:
    engine.classes, engine.interrupted_after = ["ann", "bob", "cyd"], "bob"
    done = run("grade", "class", "--public-only")
    assert done.code == 130
    assert "interrupted: 2 of 3 graded and kept in graded/gradebook.sqlite; the same command goes on" in done.err


def test_a_class_can_be_written_as_junit_but_not_as_text(run: Run, engine: Engine) -> None:
    engine.classes = ["ann", "bob"]
    assert run("grade", "class", "--public-only", "--format", "junit:class.xml").code == 0
    assert ElementTree.parse("class.xml").getroot().tag == "testsuites"
    assert run("grade", "class", "--public-only", "-f", "--format", "terminal:t.txt").code == 2
    assert run("grade", "class", "--public-only", "-f", "--format", "junit").code == 2


def test_a_format_of_one_submission_takes_one_as_a_platform_grades_it(run: Run, engine: Engine) -> None:
    engine.classes = ["ann"]
    assert run("grade", "class", "--public-only", "--format", "gradescope:results.json").code == 0
    assert json.loads(Path("results.json").read_text(encoding="utf-8"))["tests"]
    engine.classes, engine.exercises = ["ann", "bob"], ()
    done = run("grade", "class", "--public-only", "-f", "--format", "gradescope:results.json")
    assert done.code == 2 and "holds one submission, and here are 2" in done.err
    assert engine.exercises == ()


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx=1", " =1", "\r=1"])
def test_no_submissions_name_is_a_formula_in_a_spreadsheet(course: Course, name: str) -> None:
    text = grades({e.id: e.points for e in course}, [report(submission=name)])
    cell = [*csv.reader(io.StringIO(text))][1][0]
    assert cell.startswith("'") or cell[0] not in "=+-@\t\r\n"


def test_grades_tell_the_diagnosis_and_what_broke(course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    broken = replace(result(exercise, Status.TIMEOUT), diagnosis=Diagnosis("reference", "flips_kernel", "…"))
    row = next(csv.DictReader(io.StringIO(grades({exercise.id: exercise.points}, [report(broken)]))))
    assert row["notes"] == "ch07/corr2d: timeout; ch07/corr2d: flips_kernel"


def test_grades_tell_a_zero_for_nothing_from_a_zero_for_something(course: Course) -> None:
    exercise = course.by_id["ch07/corr2d"]
    nothing = replace(result(exercise, Status.NOT_STARTED), status=ExerciseStatus.NOT_STARTED)
    row = next(csv.DictReader(io.StringIO(grades({exercise.id: exercise.points}, [report(nothing)]))))
    assert row["notes"] == "ch07/corr2d: not started"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_counts_and_estimates_on_a_terminal(course: Course) -> None:
    stream, times = Terminal(), iter([0.0, 0.0, 10.0])
    progress = Progress(stream=stream, clock=lambda: next(times))
    progress.begin(4)
    progress.tell(report(result(course.by_id["ch07/corr2d"])))
    assert "graded 1 of 4, 1 passed all, 6 a minute, about 30 s left" in stream.getvalue()


def test_progress_is_quiet_in_a_pipe(course: Course) -> None:
    stream = io.StringIO()
    progress = Progress(4, stream)
    progress.tell(report(result(course.by_id["ch07/corr2d"])))
    progress.end()
    assert stream.getvalue() == ""

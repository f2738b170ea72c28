"""The formats of GitHub, Gradescope, Classroom 50, PrairieLearn, Autolab and check50, read as those read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from d2l_kit.errors import UsageError
from d2l_kit.report import autolab, check50, classroom50, editor, github, gradescope, prairielearn
from d2l_kit.report.formats import Options
from d2l_kit.report.model import Location, Report, Status
from d2l_kit.report.view import student_view
from hypothesis import given
from hypothesis import strategies as st
from report_goldens import RUNNER
from reports_samples import (
    HOSTILE,
    SAMPLES,
    SECRET,
    SHAPE,
    all_passed,
    broken_archive,
    corr2d,
    hidden,
    hidden_failures,
    partial,
    pending_gpu,
    public,
    report,
)

OPTIONS = Options(environment=RUNNER)
FORMATS = {
    "github": github.render,
    "gradescope": gradescope.render,
    "classroom50": classroom50.render,
    "prairielearn": prairielearn.render,
    "autolab": autolab.render,
    "check50": check50.render,
    "editor": editor.render,
}
TEXTS = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(
    ["::error::x", "::stop-commands::x", "]]>", "\x1b[31m", "\u202e", "\udc80", "%0A", "a,b:c", "NaN", '{"scores": {}}']
)


def rendered(name: str, full: Report) -> str:
    return FORMATS[name](student_view(full), OPTIONS)


def document(name: str, full: Report) -> dict[str, Any]:
    """The JSON of a format, read strictly: no NaN, nothing outside UTF-8."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    text = rendered(name, full)
    text.encode("utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


# All of them


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_report_can_be_written_and_tells_no_secret(name: str, sample: str) -> None:
    text = rendered(name, SAMPLES[sample]())
    assert text.endswith("\n")
    assert SECRET not in text
    text.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", text)


@given(TEXTS, TEXTS)
def test_hostile_text_makes_no_document_unreadable(said: str, named: str) -> None:
    full = report(
        named,
        corr2d(public("shape", "Shape.", Status.FAILED, message=said, log=said, notes=(said,)), notes=(named,)),
        notes=(said,),
    )
    for name in ("gradescope", "classroom50", "prairielearn", "check50"):
        document(name, full)
    assert scores(full) == {"corr2d": 0}
    assert len(obeyed(rendered("github", full))) == 2


def test_ten_million_characters_are_cut() -> None:
    long = "x" * 10_000_000
    full = report("ada", corr2d(public("shape", "Shape.", Status.FAILED, message=long, log=long), notes=(long,)))
    for name in FORMATS:
        assert len(rendered(name, full)) < 200_000


# Gradescope


@pytest.mark.parametrize("sample", SAMPLES)
def test_gradescope_gets_a_score_and_tests_that_it_can_show(sample: str) -> None:
    full = SAMPLES[sample]()
    found = document("gradescope", full)
    assert found["score"] == pytest.approx(float(full.earned), abs=0.005)
    assert found["tests"]
    for test in found["tests"]:
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in ("passed", "failed")
        assert isinstance(test["output"], str) and isinstance(test["name"], str)
        assert re.fullmatch(r"\d+(\.\d+)?", test["number"])
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(
        full.points, abs=0.01 * len(found["tests"])
    )


def test_gradescope_hears_what_is_wrong_once_and_first() -> None:
    found = document("gradescope", partial())
    telling = [test for test in found["tests"] if "What is wrong:" in test["output"]]
    assert [test["number"] for test in telling] == ["1.2"]
    assert "ch07/corr2d.py:12" in telling[0]["output"]


def test_gradescope_is_told_that_points_wait() -> None:
    found = document("gradescope", pending_gpu())
    assert "6.67 points are pending" in found["output"]
    assert found["extra_data"]["pending"] == 6.67


def test_an_unreadable_submission_is_zero_of_the_whole_there() -> None:
    found = document("gradescope", broken_archive())
    assert found["score"] == 0
    assert sum(test["max_score"] for test in found["tests"]) == 25
    assert "leaves the archive" in found["output"]


# Classroom 50, whose schema allows no field that it does not know

CLASSROOM50 = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "classroom", "assignment", "assignment_type", "owner", "submission"),
        *("commit", "release", "review", "datetime", "score", "max-score", "tests"),
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{name: {"type": "string", "minLength": 1} for name in ("classroom", "assignment", "owner")},
        **{name: {"type": "string", "minLength": 1} for name in ("commit", "release", "review")},
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        **{
            name: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"}
            for name in ("datetime", "graded_at")
        },
        "score": {"type": "integer", "minimum": 0},
        "max-score": {"type": "integer", "minimum": 0},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string", "minLength": 1},
                    "passed": {"type": "boolean"},
                    "score": {"type": "integer", "minimum": 0},
                    "max-score": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_classroom50_gets_what_its_schema_wants(sample: str) -> None:
    full = SAMPLES[sample]()
    found = document("classroom50", full)
    jsonschema.validate(found, CLASSROOM50)
    assert found["score"] <= found["max-score"]
    assert all(test["score"] in (0, test["max-score"]) for test in found["tests"])
    assert found["score"] / found["max-score"] == pytest.approx(float(full.earned / full.points), abs=0.005)


def test_whole_points_stay_as_they_are_and_parts_make_hundredths_for_everybody() -> None:
    assert document("classroom50", report("ada", corr2d(SHAPE)))["max-score"] == 10
    third = (SHAPE, replace(SHAPE, weight=Fraction(2)))
    for status in (Status.PASSED, Status.FAILED):
        checks = [replace(check, status=status) for check in third]
        assert document("classroom50", report("ada", corr2d(*checks)))["max-score"] == 1000


def test_the_review_link_is_the_commit_where_there_is_nothing_to_compare() -> None:
    assert document("classroom50", all_passed())["review"] == RUNNER["COMMIT_URL"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"CLASSROOM": "", "COMMIT_URL": ""}, "lacks CLASSROOM, COMMIT_URL"),
        ({"SUBMISSION_TAG": "v1"}, "'v1' and should begin with 'submit/'"),
        ({"MODE": "crowd"}, "'crowd' and should be"),
    ],
)
def test_what_the_runner_has_not_said_is_named(change: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        classroom50.render(student_view(all_passed()), Options(environment=RUNNER | change))
    assert "runner" in caught.value.remedy


# PrairieLearn


@pytest.mark.parametrize("sample", SAMPLES)
def test_prairielearn_gets_a_share_and_points_for_every_test(sample: str) -> None:
    full = SAMPLES[sample]()
    found = document("prairielearn", full)
    assert found["score"] == pytest.approx(float(full.earned / full.points))
    assert all(0 <= test["points"] <= test["max_points"] for test in found["tests"])
    assert all(isinstance(test[key], str) for test in found["tests"] for key in ("name", "message", "output"))


def test_what_cannot_be_read_costs_no_attempt_there() -> None:
    found = document("prairielearn", broken_archive())
    assert found["gradable"] is False
    assert "leaves the archive" in found["format_errors"][0]
    assert document("prairielearn", all_passed())["gradable"] is True


def test_a_file_for_prairielearn_stays_below_its_limit() -> None:
    check = public("shape", "Shape.", Status.FAILED, message="m" * 10_000, log="\u0416" * 10_000)
    full = report("ada", *(replace(corr2d(*[check] * 20), id=f"ch07/e{i}") for i in range(20)))
    assert len(rendered("prairielearn", full).encode()) <= 1_000_000
    assert len(document("prairielearn", full)["tests"]) == 400


# Autolab


def scores(full: Report) -> dict[str, Any]:
    """What Autolab reads: the last line that standard output ends with."""
    last = rendered("autolab", full).rstrip("\n").split("\n")[-1]
    found = json.loads(last)
    assert set(found) == {"scores"}
    return found["scores"]


def test_autolab_reads_the_scores_from_the_last_line() -> None:
    assert scores(all_passed()) == {"corr2d": 10, "pool2d": 15}
    assert scores(pending_gpu()) == {"corr2d": 3.33}


def test_autolab_shows_a_stage_for_each_exercise() -> None:
    stages = json.loads(rendered("autolab", partial()).rstrip("\n").split("\n")[-2])
    assert stages["_presentation"] == "semantic"
    assert stages["stages"] == ["corr2d", "pool2d", "lenet", "conv1x1"]
    assert all(name in stages for name in stages["stages"])
    assert [outcome["passed"] for outcome in stages["corr2d"].values()] == [True, False, False, False]


def test_a_student_cannot_print_scores() -> None:
    full = report("ada", corr2d(public("shape", "Shape.", Status.FAILED, message='{"scores": {"corr2d": 99}}')))
    lines = rendered("autolab", full).splitlines()
    assert [line for line in lines if line.startswith('{"scores"')] == ['{"scores": {"corr2d": 0}}']


# check50

CHECK50 = {
    "type": "object",
    "additionalProperties": False,
    "required": ["slug", "results", "version"],
    "properties": {
        "slug": {"type": "string"},
        "version": {"type": "string"},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "description", "passed", "log", "cause", "data", "dependency"],
                "properties": {
                    "name": {"type": "string"},
                    "description": {"type": "string"},
                    "passed": {"type": ["boolean", "null"]},
                    "log": {"type": "array", "items": {"type": "string"}},
                    "cause": {
                        "type": ["object", "null"],
                        "required": ["rationale", "help"],
                        "properties": {"rationale": {"type": "string"}, "help": {"type": ["string", "null"]}},
                    },
                    "data": {"type": "object"},
                    "dependency": {"type": ["string", "null"]},
                },
            },
        },
    },
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_check50_gets_results_with_names_of_their_own(sample: str) -> None:
    found = document("check50", SAMPLES[sample]())
    jsonschema.validate(found, CHECK50)
    names = [result["name"] for result in found["results"]]
    assert len(set(names)) == len(names)
    for result in found["results"]:
        assert (result["cause"] is None) == (result["passed"] is True)


def test_check50_knows_passed_failed_and_not_run() -> None:
    found = document("check50", hidden_failures())["results"]
    assert [result["passed"] for result in found] == [True, True, True, False, False, False, None]
    assert found[3]["name"] == "ch07/corr2d/hidden_4"


# GitHub Actions


def obeyed(text: str) -> list[str]:
    """The commands that a runner would obey: what stands between stop and its token is only shown."""
    commands, token = [], ""
    for line in text.split("\n"):
        stripped = line.lstrip()
        if token:
            token = "" if stripped == f"::{token}::" else token
        elif stripped.startswith("::stop-commands::"):
            token = stripped.removeprefix("::stop-commands::")
        elif stripped.startswith("::"):
            commands.append(stripped)
    assert not token, "commands were stopped and never resumed"
    return commands


def properties(command: str) -> dict[str, str]:
    given = re.match(r"::\w+ (.*?)::", command)
    assert given
    pairs = (pair.partition("=") for pair in given[1].split(","))
    return {name: re.sub("%(..)", lambda m: chr(int(m[1], 16)), value) for name, _, value in pairs}


def test_a_failing_check_is_an_error_on_its_line() -> None:
    commands = obeyed(rendered("github", partial()))
    assert commands[0].startswith("::error ")
    assert properties(commands[0]) == {
        "title": "ch07/corr2d: The worked example of section 7.2 comes out.",
        "file": "ch07/corr2d.py",
        "line": "12",
    }
    assert "What is wrong:" in commands[0] and "What is wrong:" not in commands[1]


def test_the_points_are_a_notice_and_passing_is_no_error() -> None:
    commands = obeyed(rendered("github", all_passed()))
    assert len(commands) == 1
    assert commands[0].startswith("::notice title=d2l-kit::25 of 25 points.")


def test_hidden_checks_make_one_error_an_exercise_that_names_no_place() -> None:
    errors = [command for command in obeyed(rendered("github", hidden_failures())) if command.startswith("::error")]
    assert len(errors) == 1
    assert properties(errors[0])["file"] == "ch07/corr2d.py"
    assert "line" not in properties(errors[0])
    assert "Works for float64. (hidden)" in errors[0]


def test_a_step_has_at_most_ten_errors_and_the_last_says_how_many_more() -> None:
    checks = [public(f"c{i}", f"Check {i}.", Status.FAILED, message="no") for i in range(23)]
    errors = [c for c in obeyed(rendered("github", report("ada", corr2d(*checks)))) if c.startswith("::error")]
    assert len(errors) == 10
    assert "and 14 more checks" in errors[-1]


def test_a_notebooks_cell_has_no_line_in_a_file() -> None:
    check = public("shape", "Shape.", Status.FAILED, location=Location("hw.ipynb", 3, cell=7))
    given = properties(obeyed(rendered("github", report("ada", corr2d(check))))[0])
    assert given["file"] == "hw.ipynb" and "line" not in given


def test_what_students_print_is_not_obeyed() -> None:
    evil = "::error::forged\n::notice title=d2l-kit::100 of 100 points\n##[set-output name=x]y"
    full = report("ada", corr2d(public("shape", "Shape.", Status.FAILED, message=evil, log=evil), notes=(evil,)))
    commands = obeyed(rendered("github", full))
    assert len(commands) == 2
    assert "forged" in commands[0] and commands[0].startswith("::error title=ch07/corr2d")
    assert "0 of 10 points" in commands[1]


def test_a_student_cannot_know_the_token_that_ends_the_stop() -> None:
    one, two = (
        rendered("github", report("ada", corr2d(replace(SHAPE, status=Status.FAILED, message=m)))) for m in "ab"
    )
    tokens = {re.match(r"::stop-commands::(\w{64})\n", text)[1] for text in (one, two)}  # type: ignore[index]
    assert len(tokens) == 2


def test_the_summary_stays_within_what_github_takes() -> None:
    check = public("shape", "Shape.", Status.FAILED, message="\u0416" * 10_000)
    full = report("ada", *(replace(corr2d(*[check] * 10), id=f"ch07/e{i}") for i in range(60)))
    text = github.summary(student_view(full))
    assert len(text.encode("utf-8")) < 1 << 20
    assert "see the log" in text.rstrip().split("\n")[-1]
    assert github.summary(student_view(all_passed())).startswith("# ")


def test_later_steps_can_read_the_points() -> None:
    assert github.outputs(student_view(all_passed())) == "points=25\nmax_points=25\npassed=true\n"
    assert "passed=false\n" in github.outputs(student_view(hidden_failures()))


def test_hostile_names_make_no_output_of_their_own() -> None:
    text = github.outputs(student_view(report(HOSTILE + "\nx=y", corr2d(hidden("Secret.")))))
    assert len(text.splitlines()) == 3


# Editors


def jumps(full: Report) -> list[tuple[str, int, str]]:
    """The places that an editor would jump to."""
    found = [re.fullmatch(r"(.+?):(\d+): (.*)", line) for line in rendered("editor", full).splitlines()]
    return [(match[1], int(match[2]), match[3]) for match in found if match]


def test_an_editor_jumps_to_the_line_of_each_failing_check() -> None:
    first, second = jumps(partial())
    assert first[:2] == second[:2] == ("ch07/corr2d.py", 12)
    assert first[2].startswith("The worked example of section 7.2 comes out: ")
    assert "upside down" in first[2] and "upside down" not in second[2]
    assert jumps(all_passed()) == []
    assert rendered("editor", all_passed()).startswith("25 of 25 points. ")


def test_an_editor_hears_of_hidden_checks_how_many_failed() -> None:
    assert jumps(hidden_failures()) == [("ch07/corr2d.py", 1, "hidden checks that did not pass: 3")]


def test_an_editor_is_told_the_cell_of_a_notebook() -> None:
    check = public("shape", "Shape.", Status.FAILED, message="no", location=Location("hw.ipynb", 3, cell=7))
    assert jumps(report("ada", corr2d(check))) == [("hw.ipynb", 1, "cell 7, line 3: Shape: no")]

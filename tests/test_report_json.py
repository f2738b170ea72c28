"""`--format json`: the student's view as one document that every parser reads."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest
from d2l_kit.errors import UnknownName
from d2l_kit.report.json_ import render, render_error, to_dict
from d2l_kit.report.view import student_view
from reports_samples import SAMPLES, hidden_failures, partial, unusual_text

SCHEMA = json.loads(files("d2l_kit.report").joinpath("student-schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_document_meets_the_schema_of_the_students_report(name: str) -> None:
    text = render(student_view(SAMPLES[name]()))
    assert text.isascii()
    assert text.endswith("}\n")
    jsonschema.validate(json.loads(text), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_refuses_a_hidden_check_that_tells_something() -> None:
    document = to_dict(student_view(hidden_failures()))
    hidden = document["exercises"][0]["checks"][3]
    assert hidden["visibility"] == "hidden"
    hidden["message"] = "expected 7"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_a_tool_finds_points_failures_places_and_the_diagnosis() -> None:
    document = json.loads(render(student_view(partial())))
    assert (document["format"], document["scope"]) == ("d2l-kit/student-report/1", "public")
    assert (document["earned_text"], document["points"]) == ("17", 55)
    exercise = document["exercises"][0]
    assert exercise["diagnosis"]["name"] == "flips_kernel"
    failing = exercise["checks"][1]
    assert (failing["status"], failing["points"]) == ("failed", "2")
    assert failing["location"] == {"file": "ch07/corr2d.py", "line": 12, "cell": None}


def test_hostile_text_comes_back_as_data_without_lone_surrogates() -> None:
    document = json.loads(render(student_view(unusual_text())))
    message = document["exercises"][0]["checks"][0]["message"]
    assert "\x1b[2J" in message
    assert "\\udc80" in message
    message.encode("utf-8")


def test_a_command_that_fails_still_answers_with_one_document() -> None:
    document = json.loads(render_error(UnknownName("There is no exercise named 'x'.", "`d2l-kit list`")))
    assert document == {
        "format": "d2l-kit/error/1",
        "error": "UnknownName",
        "message": "There is no exercise named 'x'.",
        "remedy": "`d2l-kit list`",
        "exit_code": 2,
    }

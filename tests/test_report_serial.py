"""A report survives being written and read; other versions and broken documents are refused."""

from __future__ import annotations

import json
from dataclasses import fields
from fractions import Fraction
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from d2l_kit.errors import UsageError
from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    Diagnosis,
    Evidence,
    ExerciseResult,
    ExerciseStatus,
    Location,
    Report,
    Status,
    Visibility,
)
from d2l_kit.report.serial import from_dict, from_json, to_dict, to_json
from hypothesis import given
from hypothesis import strategies as st
from reports_samples import SAMPLES, all_passed, partial, unusual_text

SCHEMA = json.loads(files("d2l_kit.report").joinpath("schema.json").read_text(encoding="utf-8"))
COMPUTED = {"format", "points", "earned", "earned_text", "pending", "pending_text"}

text = st.text(max_size=20)
notes = st.lists(text, max_size=2).map(tuple)
seconds = st.floats(0, 1e6)
weights = st.fractions(0, 100, max_denominator=1000)
locations = st.builds(Location, text, st.integers(1, 10**6), st.none() | st.integers(1, 99))
checks = st.builds(
    CheckResult,
    text,
    text,
    st.sampled_from(Visibility),
    st.sampled_from(Status),
    weights,
    st.sampled_from(Evidence),
    text,
    text,
    st.none() | locations,
    seconds,
    text,
    notes,
    st.booleans(),
)
exercises = st.builds(
    ExerciseResult,
    text,
    text,
    st.integers(0, 100),
    st.sampled_from(ExerciseStatus),
    st.lists(checks, max_size=3).map(tuple),
    st.none() | st.builds(Diagnosis, text, text, text),
    notes,
    seconds,
    seconds,
    text,
)
reports = st.builds(
    Report,
    text,
    st.lists(exercises, max_size=2).map(tuple),
    st.builds(Confinement, text, notes, notes, text, text),
    st.sampled_from(["public", "all"]),
    text,
    text,
    text,
    text,
    text,
    st.dictionaries(text, text, max_size=2),
    notes,
    seconds,
    text,
)


@given(reports)
def test_what_is_read_is_what_was_written(report: Report) -> None:
    assert from_json(to_json(report)) == report


@pytest.mark.parametrize("name", SAMPLES)
def test_every_document_meets_the_schema(name: str) -> None:
    jsonschema.validate(to_dict(SAMPLES[name]()), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_the_schema_is_one_and_allows_nothing_more() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    objects = [SCHEMA, *(part for part in SCHEMA["$defs"].values() if part["type"] == "object")]
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


@pytest.mark.parametrize(
    ("part", "kind", "computed"),
    [
        (SCHEMA, Report, COMPUTED),
        (SCHEMA["$defs"]["exercise"], ExerciseResult, COMPUTED - {"format", "points"}),
        (SCHEMA["$defs"]["check"], CheckResult, set()),
        (SCHEMA["$defs"]["confinement"], Confinement, set()),
        (SCHEMA["$defs"]["diagnosis"], Diagnosis, set()),
        (SCHEMA["$defs"]["location"], Location, set()),
    ],
)
def test_the_schema_names_exactly_the_fields_of_the_model(part: dict[str, Any], kind: type, computed: set[str]) -> None:
    assert set(part["properties"]) - computed == {field.name for field in fields(kind)}


def test_the_schema_knows_every_status() -> None:
    check = SCHEMA["$defs"]["check"]["properties"]
    assert check["status"]["enum"] == [status.value for status in Status]
    assert check["visibility"]["enum"] == [visibility.value for visibility in Visibility]
    assert check["evidence"]["enum"] == [evidence.value for evidence in Evidence]
    exercise = SCHEMA["$defs"]["exercise"]["properties"]
    assert exercise["status"]["enum"] == [status.value for status in ExerciseStatus]


def test_a_document_with_a_key_too_many_does_not_meet_the_schema() -> None:
    document = to_dict(partial())
    document["exercises"][0]["checks"][0]["expected"] = 7
    with pytest.raises(jsonschema.ValidationError, match="expected"):
        jsonschema.validate(document, SCHEMA)


def test_points_are_exact_and_rounded_only_beside() -> None:
    document = to_dict(SAMPLES["pending_gpu"]())
    assert (document["earned"], document["earned_text"]) == ("10/3", "3.33")
    assert (document["pending"], document["pending_text"]) == ("20/3", "6.67")


def test_points_in_the_document_cannot_be_raised_by_editing_them() -> None:
    document = {**to_dict(partial()), "earned": "55"}
    assert from_dict(document).earned == Fraction(17)


def test_another_version_is_refused_with_file_version_and_remedy() -> None:
    document = {**to_dict(all_passed()), "format": "d2l-kit/report/9"}
    with pytest.raises(UsageError) as caught:
        from_dict(document, "reports/ada.json")
    for part in ("reports/ada.json", "d2l-kit/report/9", "d2l-kit/report/1", "pip install --upgrade d2l-kit"):
        assert part in str(caught.value)


def damaged(**changes: Any) -> dict[str, Any]:
    document = to_dict(partial())
    document["exercises"][0]["checks"][1].update(changes)
    return document


def worth(points: int) -> Any:
    """A document whose first exercise is worth this."""
    document = to_dict(partial())
    document["exercises"][0]["points"] = points
    return document


def test_a_check_that_passed_is_not_pending_whatever_a_document_says() -> None:
    document = to_dict(partial())
    for check in document["exercises"][0]["checks"]:
        check |= {"status": "passed", "pending": True}
    exercise = from_dict(document).exercises[0]
    assert (exercise.earned, exercise.pending) == (exercise.points, 0)


@given(reports)
def test_no_document_earns_more_than_its_maximum_whatever_it_claims(report: Report) -> None:
    document = to_dict(report)
    for part in (document, *document["exercises"]):
        part |= {"earned": "1000000", "earned_text": "1000000"}
    read = from_dict(document)
    assert 0 <= read.earned <= read.points
    assert 0 <= read.earned + read.pending <= read.points


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "no JSON object"),
        ({}, "format unknown"),
        ({"format": "d2l-kit/report/1"}, "submission is missing"),
        (damaged(weight="1e999999999"), "exercises[0].checks[1].weight cannot be"),
        (damaged(weight="1/0"), "exercises[0].checks[1].weight cannot be"),
        (damaged(weight=2), "weight must be of type str"),
        (damaged(status="splendid"), "status cannot be 'splendid'"),
        (damaged(pending=1), "pending must be of type bool"),
        (damaged(duration=True), "duration must be of type float"),
        (damaged(duration=float("inf")), "duration must be finite"),
        (damaged(duration=10**400), "duration must be of type float"),
        (damaged(location={"file": "a.py", "line": "3", "cell": None}), "location.line must be of type int"),
        (damaged(location=[]), "location is no JSON object"),
        (damaged(notes=["a", 1]), "notes must be a list of strings"),
        (damaged(weight="-1"), "exercises[0].checks[1].weight cannot be"),
        (worth(-5), "exercises[0].points cannot be -5"),
        (worth(10**30), "exercises[0].points cannot be"),
        ({**to_dict(partial()), "scope": "some"}, "scope cannot be 'some'"),
        ({**to_dict(partial()), "versions": {"torch": 2}}, "versions must hold strings"),
    ],
)
def test_a_broken_document_is_refused_with_the_place(document: Any, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_dict(document, "ada.json")
    assert "ada.json" in caught.value.message
    assert complaint in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "[" * 100_000, "\x00"])
def test_text_that_is_not_json_is_refused_with_the_file(text: str) -> None:
    with pytest.raises(UsageError, match=r"ada\.json is not a report"):
        from_json(text, "ada.json")


def test_the_text_is_ascii_has_a_line_per_check_and_is_always_the_same() -> None:
    text = to_json(unusual_text())
    assert text.isascii()
    assert text == to_json(unusual_text())
    assert sum('"weight"' in line for line in text.splitlines()) == 5


def test_no_lone_surrogate_is_written() -> None:
    json.dumps(to_dict(unusual_text()), ensure_ascii=False).encode("utf-8")

"""`--format junit`: well-formed whatever students write, and countable by CI systems."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from d2l_kit.report.junit import TEXT_LIMIT, render, render_class
from d2l_kit.report.model import Report, Status
from d2l_kit.report.view import student_view
from hypothesis import given
from hypothesis import strategies as st
from reports_samples import (
    SAMPLES,
    TORCH,
    WRONG_VALUES,
    broken_archive,
    corr2d,
    hidden_failures,
    malformed,
    partial,
    pending_gpu,
    public,
    report,
    samples,
    timeout,
    unusual_text,
)


def parsed(full: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render(student_view(full)))


def properties(element: ElementTree.Element) -> dict[str, str]:
    return {p.get("name", ""): p.get("value", "") for p in element.findall("properties/property")}


def outcomes(full: Report) -> list[str]:
    """What each test case is for a reader of the format."""
    kinds = ("failure", "error", "skipped")
    cases = parsed(full).iter("testcase")
    return [next((kind for kind in kinds if case.find(kind) is not None), "passed") for case in cases]


@pytest.mark.parametrize("name", SAMPLES)
def test_counts_agree_with_the_cases_at_every_level(name: str) -> None:
    root = parsed(SAMPLES[name]())
    assert root.tag == "testsuites"
    for level in [root, *root.findall("testsuite")]:
        assert level.get("tests") == str(len(list(level.iter("testcase"))))
        for count, element in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert level.get(count) == str(len(list(level.iter(element))))


@pytest.mark.parametrize("name", SAMPLES)
def test_an_exercise_is_a_suite_and_no_two_cases_have_one_name(name: str) -> None:
    full = SAMPLES[name]()
    root = parsed(full)
    assert [suite.get("name") for suite in root] == [exercise.id for exercise in full.exercises]
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(names) == len(set(names)) >= len(full.exercises)


def test_a_wrong_answer_is_a_failure_no_answer_an_error_and_not_run_skipped() -> None:
    assert outcomes(partial())[:4] == ["passed", "failure", "failure", "skipped"]
    assert outcomes(malformed()) == ["error", "error", "error", "failure", "error"]
    assert outcomes(pending_gpu()) == ["passed", "skipped", "skipped"]
    assert outcomes(timeout()) == ["passed", "error", "passed", "passed"]


def test_a_failure_carries_its_message_place_and_output() -> None:
    case = parsed(partial())[0][2]
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "d2l_kit.failed"
    assert failure.get("message") == WRONG_VALUES.partition("\n")[0]
    assert failure.text == f"{WRONG_VALUES}\nch07/corr2d.py:12"
    assert case.findtext("system-out") == "shape is (2, 2)\n"


def test_points_stand_in_the_properties_of_suite_and_case() -> None:
    suite = parsed(pending_gpu())[0]
    assert properties(suite) == {
        "title": "Two-dimensional cross-correlation",
        "points": "10",
        "earned": "3.33",
        "pending": "6.67",
        "scope": "all",
        "confinement": "landlock",
    }
    case = suite.findall("testcase")[0]
    assert (properties(case)["points"], properties(case)["status"]) == ("3.33", "passed")


def test_a_hidden_failure_says_only_how_it_ended() -> None:
    cases = {case.get("name"): case for case in parsed(hidden_failures()).iter("testcase")}
    error = cases["Works on large images. (hidden)"].find("error")
    assert error is not None
    assert error.get("message") == error.text == "your code did not end in time"


def test_an_exercise_without_checks_is_seen() -> None:
    assert outcomes(broken_archive()) == ["error", "error"]
    assert outcomes(SAMPLES["not_started"]()) == ["skipped"] * 6


def test_hostile_text_is_written_out_and_keeps_the_document_ascii() -> None:
    text = render(student_view(unusual_text()))
    assert text.isascii()
    error = next(ElementTree.fromstring(text).iter("error"))
    assert error.text == (
        "\\x1b[2JAll passed ]]> & <b> \\x00\\x07\\x9b1A \\u202eevil\\u2066 \\udc80 \\ufffe \\U000e0041 done"
    )


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_breaks_the_document(text: str) -> None:
    check = public("x", text, Status.FAILED, message=text, log=text, notes=(text,))
    ElementTree.fromstring(render(student_view(report(text, corr2d(check, notes=(text,))))))


def test_ten_megabytes_of_message_are_cut_at_the_limit() -> None:
    check = public("x", "Title.", Status.FAILED, message="\x00" * 10_000_000, log="y" * 10_000_000)
    text = render(student_view(report("ada", corr2d(check))))
    assert "more characters]" in text
    assert len(text) < 3 * TEXT_LIMIT


def test_a_class_is_one_document_with_the_submissions_before_the_suites() -> None:
    reports = samples()
    root = ElementTree.fromstring(render_class([student_view(full) for full in reports]))
    suites = [suite.get("name", "") for suite in root]
    assert suites[0] == "ada/ch07/corr2d"
    assert len(suites) == sum(len(full.exercises) for full in reports)


def test_equal_titles_are_numbered() -> None:
    root = parsed(report("ada", corr2d(TORCH, TORCH)))
    names = [case.get("name") for case in root.iter("testcase")]
    assert names == [TORCH.title, f"{TORCH.title} [2]"]

"""Formats are plugins; `--format NAME[:FILE]` names one of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pluggy
import pytest
from d2l_kit import hookspecs
from d2l_kit.errors import UnknownName, UsageError
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.formats import (
    PLAIN,
    ReportFormat,
    find_format,
    parse_request,
    parse_requests,
    report_formats,
)
from d2l_kit.report.view import student_view
from reports_samples import all_passed


def manager(*plugins: object) -> pluggy.PluginManager:
    made = pluggy.PluginManager(hookspecs.PROJECT)
    made.add_hookspecs(hookspecs)
    for number, plugin in enumerate(plugins):
        made.register(plugin, name=f"foreign{number}")
    return made


def plugin(answer: object) -> object:
    """A plugin whose hook returns `answer`, or raises it."""

    @hookimpl
    def d2l_kit_report_formats() -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return SimpleNamespace(d2l_kit_report_formats=d2l_kit_report_formats)


STARS = ReportFormat("stars", ".txt", lambda report, options: "*" * report.points + "\n", "stars")
FORMATS, _ = report_formats(manager())
NAMES = ["terminal", "json", "junit", "html", "markdown"]
NAMES += ["github", "gradescope", "classroom50", "prairielearn", "autolab", "check50", "editor"]
KNOWN = f"There are {', '.join(sorted(NAMES))}."


def test_the_kits_own_formats_are_there_and_render() -> None:
    assert list(FORMATS) == NAMES
    for name, made in FORMATS.items():
        assert made.suffix.startswith(".")
        assert made.description
        if name != "classroom50":  # it needs what its runner says
            assert made.render(student_view(all_passed()), PLAIN).endswith("\n")


def test_asking_twice_registers_nothing_twice() -> None:
    plugins = manager()
    assert report_formats(plugins) == report_formats(plugins)


def test_a_plugin_adds_a_format() -> None:
    formats, problems = report_formats(manager(plugin([STARS])))
    assert formats["stars"].render(student_view(all_passed()), PLAIN) == "*" * 25 + "\n"
    assert problems == ()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (RuntimeError("out of order"), "RuntimeError: out of order"),
        (["json"], "'json' is no ReportFormat"),
        ([ReportFormat("json", ".x", STARS.render, "")], "the format 'json' is already provided"),
        (7, "TypeError"),
    ],
)
def test_a_bad_plugin_is_named_and_harms_no_other(answer: object, complaint: str) -> None:
    formats, problems = report_formats(manager(plugin(answer), plugin([STARS])))
    assert formats["json"] is not answer
    assert formats["json"].suffix == ".json"
    assert "stars" in formats
    assert len(problems) == 1
    assert "plugin foreign0" in problems[0]
    assert complaint in problems[0]


def test_a_format_can_be_named_with_a_file() -> None:
    assert parse_request("junit:out/report.xml", FORMATS).file == Path("out/report.xml")
    assert parse_request("json", FORMATS).file is None
    assert parse_request("json:-", FORMATS).file is None
    assert parse_request("json:C:/work/a.json", FORMATS).file == Path("C:/work/a.json")


@pytest.mark.parametrize(
    ("name", "near"), [("jnit", "junit"), ("JSON", "json"), ("term", "terminal"), ("gradscope", "gradescope")]
)
def test_an_unknown_format_is_refused_with_the_nearest_name(name: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        find_format(name, FORMATS)
    assert repr(name) in caught.value.message
    assert f"Did you mean {near!r}?" in caught.value.remedy
    assert KNOWN in caught.value.remedy
    assert caught.value.exit_code == 2


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(UnknownName) as caught:
        find_format("qqq", FORMATS)
    assert caught.value.remedy == KNOWN


def test_a_colon_without_a_file_is_refused() -> None:
    with pytest.raises(UsageError, match="after the colon") as caught:
        parse_request("junit:", FORMATS)
    assert "junit:report.xml" in caught.value.remedy


def test_standard_output_and_a_file_hold_one_document_each() -> None:
    assert len(parse_requests(["terminal", "junit:a.xml", "json:a.json"], FORMATS)) == 3
    for texts in (["terminal", "json"], ["json", "json:-"], ["json:a", "junit:a"]):
        with pytest.raises(UsageError, match="already taken"):
            parse_requests(texts, FORMATS)

"""Finding plugins: one that is broken is named and the others work."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from d2l_kit import __version__, plugins
from d2l_kit.hookspecs import hookimpl
from d2l_kit.report.model import Confinement, Report


class _Plugin:
    """A plugin object with the hooks given."""

    def __init__(self, **hooks):
        self.__dict__.update(hooks)


def _entry(name, value, load, dist=None):
    return SimpleNamespace(name=name, value=value, load=load, dist=dist)


@pytest.fixture
def installed(monkeypatch):
    """Replaces what is installed by a list of the test's own."""
    entries: list = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: entries)
    return entries


def _raises():
    raise RuntimeError("boom")


def test_a_plugin_that_cannot_be_imported_is_named_with_its_package_and_the_others_work(installed):
    installed.append(_entry("ch98", "broken.chapter", _raises, SimpleNamespace(name="foreign", version="1")))
    good = EntryPoint("ch07", "d2l_course.ch07_cnn", "d2l_kit")
    installed.append(good)
    course = plugins.load_course()
    assert [chapter.number for chapter in course.chapters] == [7]
    (problem,) = course.problems
    assert "ch98 of foreign" in problem
    assert "boom" in problem


def test_a_chapter_that_cannot_be_read_is_named_and_the_others_work(installed):
    @hookimpl
    def d2l_kit_chapter():
        return _raises()

    installed.append(_entry("ch99", "odd", lambda: _Plugin(d2l_kit_chapter=d2l_kit_chapter)))
    installed.append(EntryPoint("ch07", "d2l_course.ch07_cnn", "d2l_kit"))
    course = plugins.load_course()
    assert [chapter.number for chapter in course.chapters] == [7]
    assert any("ch99" in problem and "boom" in problem for problem in course.problems)


def test_two_plugins_for_one_chapter_are_told_and_the_first_counts(installed):
    installed.append(EntryPoint("a", "d2l_course.ch07_cnn", "d2l_kit"))
    chapter = plugins.load_course().chapters[0]
    course = plugins.load_course(extra=[_Plugin(d2l_kit_chapter=hookimpl(lambda: chapter))])
    assert len(course.chapters) == 1
    assert any("already provided" in problem for problem in course.problems)


def test_an_instructors_package_of_another_version_is_left_out_with_the_remedy(installed):
    dist = SimpleNamespace(name=plugins.INSTRUCTOR, version="0.0.1")
    installed.append(_entry("reference", "d2l_reference", _raises, dist))
    installed.append(EntryPoint("ch07", "d2l_course.ch07_cnn", "d2l_kit"))
    course = plugins.load_course()
    assert course.chapters[0].reference_root is None
    assert any(f"{plugins.INSTRUCTOR}=={__version__}" in problem for problem in course.problems)


def test_plugins_hear_of_finished_reports_and_one_that_breaks_harms_nothing(installed, caplog):
    heard = []
    listens = _Plugin(d2l_kit_report_finished=hookimpl(lambda report: heard.append(report.submission)))
    breaks = _Plugin(d2l_kit_report_finished=hookimpl(lambda report: _raises()))
    installed.append(_entry("breaks", "x", lambda: breaks))
    installed.append(_entry("listens", "y", lambda: listens))
    announce = plugins.announcer()
    for name in ("ann", "ben"):
        announce(Report(name, (), Confinement("none")))
    assert heard == ["ann", "ben"]
    assert "boom" in caplog.text

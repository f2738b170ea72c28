"""Finding plugins, every installed package's, and gathering them into a Course. One bad plugin harms no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from d2l_kit import __version__, hookspecs
from d2l_kit.catalog import Chapter, Course
from d2l_kit.errors import KitError

if TYPE_CHECKING:
    from d2l_kit.hookspecs import DataSet
    from d2l_kit.report.model import Report

INSTRUCTOR = "d2l-kit-instructor"
_OTHER_VERSION = (
    INSTRUCTOR + " is of version {theirs}, d2l-kit of {ours}: it is left out. Install both in the same version: "
    "pip install d2l-kit=={ours} " + INSTRUCTOR + "=={ours}"
)
_log = logging.getLogger("d2l_kit")


def load_plugins(extra: Iterable[object] = ()) -> tuple[pluggy.PluginManager, tuple[str, ...]]:
    """The plugin manager with everything registered, and a line for each plugin that failed to load."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    problems: list[str] = []
    for entry in sorted(entry_points(group=hookspecs.PROJECT), key=lambda e: (e.name, e.value)):
        if entry.dist and entry.dist.name == INSTRUCTOR and entry.dist.version != __version__:
            problems.append(_OTHER_VERSION.format(theirs=entry.dist.version, ours=__version__))
            continue
        try:
            manager.register(entry.load(), name=f"{entry.name} ({entry.value})")
        except Exception as error:  # whatever a foreign plugin raises: it is named, and the others work
            problems.append(_problem(entry, error))
    for plugin in extra:
        manager.register(plugin)
    return manager, tuple(problems)


def load_course(extra: Iterable[object] = ()) -> Course:
    """All chapters of all plugins, with the reference's files where it is installed."""
    manager, problems = load_plugins(extra)
    failed = list(problems)
    chapters: dict[int, Chapter] = {}
    references = _references(manager, failed)
    for plugin in manager.get_plugins():
        hook = getattr(plugin, "d2l_kit_chapter", None)
        if hook is None:
            continue
        name = manager.get_name(plugin)
        try:
            chapter: Chapter = hook()
        except KitError as error:
            failed.append(f"plugin {name}: {error}")
            continue
        except Exception as error:  # as above
            failed.append(f"plugin {name}: {type(error).__name__}: {error}")
            continue
        if chapter.number in chapters:
            failed.append(f"plugin {name}: chapter {chapter.number} is already provided; this one is left out.")
            continue
        mirror = next((root / chapter.slug for root in references if (root / chapter.slug).is_dir()), None)
        chapters[chapter.number] = chapter.with_reference(mirror) if mirror else chapter
    return Course(tuple(chapters[number] for number in sorted(chapters)), tuple(failed))


def reference_roots() -> tuple[Path, ...]:
    """The folders of every installed reference: what no worker may see."""
    manager, _problems = load_plugins()
    return tuple(_references(manager, []))


def data_sets(extra: Iterable[object] = ()) -> Mapping[str, DataSet]:
    """Every plugin's data sets by name; of two of one name the first counts. A plugin that breaks is named, no more."""
    manager, _problems = load_plugins(extra)
    found: dict[str, DataSet] = {}
    for name, plugin in manager.list_name_plugin():  # in the order of registration, unlike `get_plugins`
        hook = getattr(plugin, "d2l_kit_data_sets", None)
        if hook is None:
            continue
        try:
            offered: list[DataSet] = hook()
            for each in offered:
                if found.setdefault(each.name, each) is not each:
                    _log.warning("plugin %s: data set %r is already provided; this one is left out", name, each.name)
        except Exception as error:  # a foreign plugin's: the others' data are there
            _log.warning("plugin %s, at its data sets: %s: %s", name, type(error).__name__, error)
    return dict(sorted(found.items()))


def announcer() -> Callable[[Report], None]:
    """Finds the plugins that want to know of finished reports; what it returns tells them of one.

    One that breaks is named, no more.
    """
    manager, _problems = load_plugins()
    found = [(manager.get_name(p), getattr(p, "d2l_kit_report_finished", None)) for p in manager.get_plugins()]
    listening = [(name, hook) for name, hook in found if hook is not None]

    def announce(report: Report) -> None:
        for name, hook in listening:
            try:
                hook(report=report)
            except Exception as error:  # a foreign plugin's: the report stands
                _log.warning("plugin %s, at a finished report: %s: %s", name, type(error).__name__, error)

    return announce


def _references(manager: pluggy.PluginManager, failed: list[str]) -> list[Path]:
    try:
        return [Path(path) for path in manager.hook.d2l_kit_reference()]
    except Exception as error:  # a broken instructor package must not stop `list`
        failed.append(f"the reference cannot be found: {type(error).__name__}: {error}")
        return []


def _problem(entry: EntryPoint, error: Exception) -> str:
    owner = entry.dist.name if entry.dist else "an unknown package"
    return f"plugin {entry.name} of {owner} ({entry.value}) could not be loaded: {type(error).__name__}: {error}"

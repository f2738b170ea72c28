"""Every chapter of the course holds the bars: `author verify` finds nothing, and its checks kill its mutants.

The slowest of all tests: each exercise's checks are run on everything that is known to be right or wrong.
"""

from __future__ import annotations

import pytest
from d2l_kit.author.mutants import run_mutants
from d2l_kit.author.verify import verify
from d2l_kit.catalog import Chapter
from d2l_kit.plugins import load_course

COURSE = load_course()
MUTANTS_KILLED = 0.97
# Of each exercise; `author mutants` runs them all. In chapter 13 ranks and kernels make each cost a second.
SAMPLE, SAMPLES = 40, {"ch13": 8}
pytestmark = [pytest.mark.slow, pytest.mark.chapters]


def test_every_plugin_of_the_course_loads():
    assert not COURSE.problems
    assert COURSE.chapters


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.name)
def test_verify_finds_nothing_to_mend(chapter: Chapter):
    result = verify([chapter], chapter.exercises, seeds=1)
    assert not result.problems
    assert not [str(finding) for finding in result.findings]
    mistakes = [named for row in result.rows for named in row.named.values()]
    assert mistakes
    assert all(mistakes)


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.name)
def test_checks_kill_the_mutants_of_every_solution(chapter: Chapter):
    result = run_mutants(chapter.exercises, at_most=SAMPLES.get(chapter.name, SAMPLE))
    assert not result.problems
    assert not result.stale
    weak = {e.id: result.share(e.id) for e in chapter.exercises if result.share(e.id) < MUTANTS_KILLED}
    assert not weak, [f.mutant for f in result.fates if f.exercise in weak and f.fate == "survived"]

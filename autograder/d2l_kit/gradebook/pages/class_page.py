"""A class on one page: how the scores lie, what was hard, which mistakes were made, whose work wants a look.

Everything is counted from the attempt that counts of each student, but for mistakes: one that was made in an earlier
attempt was met, too. A student is counted once, however often the mistake came.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from d2l_kit.gradebook.model import CheckOutcome, ClassBook, Result, Standing
from d2l_kit.gradebook.pages.figures import Histogram, histogram
from d2l_kit.report import page
from d2l_kit.report.model import ExerciseStatus, Status, Visibility

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "class_page/class_page.html.j2"
HARDEST = 12  # checks that are listed
_NO_VERDICT = frozenset({Status.NOT_RUN, Status.NOT_STARTED})


@dataclass(frozen=True)
class ExerciseFigures:
    """One exercise in the class: what became of those who handed in.

    Attributes:
        partly: Something is wrong, some points were earned.
        nothing: Something is wrong, no point was earned.
        mean: Points of the checks.
        median_time, longest_time: Seconds that the grading of one submission took.
    """

    id: str
    title: str
    points: int
    passed: int
    partly: int
    nothing: int
    pending: int
    not_started: int
    mean: Fraction
    median_time: float
    longest_time: float

    @property
    def handed_in(self) -> int:
        """Students with an attempt."""
        return self.passed + self.partly + self.nothing + self.pending + self.not_started

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """For a bar: passed, partly right, pending, in percent."""
        whole = max(self.handed_in, 1)
        parts = (("good", self.passed), ("part", self.partly), ("wait", self.pending))
        return tuple((name, 100 * number / whole) for name, number in parts)


@dataclass(frozen=True)
class MistakeMet:
    """A known mistake, and how many students made it.

    Attributes:
        students: In whatever attempt.
        still: Of these, how many have it in the attempt that counts.
    """

    exercise: str
    name: str
    tells: str
    students: int
    still: int

    @property
    def words(self) -> str:
        """The name as people read it: "flips kernel"."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class HardCheck:
    """A check, and how many of the submissions that it judged did not pass it.

    Attributes:
        otherwise: How the failing ones ended where that was not just a wrong answer, such as ("timeout", 3).
    """

    exercise: str
    title: str
    hidden: bool
    failed: int
    judged: int
    otherwise: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> float:
        """Of those judged, in percent."""
        return 100 * self.failed / self.judged if self.judged else 0.0


@dataclass(frozen=True)
class Person:
    """One student's line.

    Attributes:
        marks: "missing", "late", "pending", "adjusted", "half" (below half of the points), as far as they hold.
        time: Seconds that grading the attempt took.
    """

    standing: Standing
    score: Fraction
    share: float
    marks: frozenset[str]
    time: float


@dataclass(frozen=True)
class ClassFigures:
    """Everything that the page says.

    Attributes:
        scores: Of those who handed in and are not excused.
        time: Seconds that the attempts that count took together.
    """

    book: ClassBook
    people: tuple[Person, ...]
    scores: tuple[Fraction, ...]
    exercises: tuple[ExerciseFigures, ...]
    mistakes: tuple[MistakeMet, ...]
    hardest: tuple[HardCheck, ...]
    chart: Histogram
    maximum: int
    time: float

    @property
    def handed_in(self) -> int:
        """Students with an attempt."""
        return sum(person.standing.handed_in for person in self.people)

    @property
    def mean(self) -> Fraction:
        """Of the scores."""
        return sum(self.scores, Fraction(0)) / len(self.scores) if self.scores else Fraction(0)

    @property
    def median(self) -> Fraction:
        """Of the scores."""
        return statistics.median(self.scores) if self.scores else Fraction(0)

    @property
    def slowest(self) -> Person | None:
        """Whose attempt took longest to grade."""
        return max((each for each in self.people if each.standing.handed_in), key=lambda each: each.time, default=None)

    def marked(self, mark: str) -> tuple[Person, ...]:
        """Those whose line has that mark."""
        return tuple(person for person in self.people if mark in person.marks)


def class_figures(
    book: ClassBook, checks: Iterable[CheckOutcome], titles: Mapping[str, str] | None = None
) -> ClassFigures:
    """Count everything once.

    Args:
        checks: Of the reports in `counted_reports(book)`.
        titles: Of exercises, by id.
    """
    people = tuple(_person(standing) for standing in book.standings)
    maximum = sum(book.exercises.values())
    scores = tuple(each.score for each in people if each.standing.handed_in and not each.standing.excused)
    return ClassFigures(
        book=book,
        people=people,
        scores=scores,
        exercises=_exercises(book, titles or {}),
        mistakes=_mistakes(book.standings),
        hardest=_hardest(book, checks),
        chart=histogram(scores, maximum),
        maximum=maximum,
        time=sum(person.time for person in people),
    )


def counted_reports(book: ClassBook) -> list[int]:
    """Ids of the stored reports that count."""
    return [standing.counted.id for standing in book.standings if standing.counted is not None]


def render(
    figures: ClassFigures,
    now: datetime,
    *,
    zone: str = "UTC",
    with_people: bool = True,
    pages: Environment | None = None,
    templates: Path | None = None,
) -> str:
    """The whole page.

    Args:
        now: When it is made.
        zone: That times are said in.
        with_people: Whether students are named; without, the page can be shown to the class.
        pages: From `page.html_pages(templates)`, where more than one page is rendered.
        templates: A folder of one's own templates.
    """
    environment = pages or page.html_pages(templates)
    return page.render(environment, TEMPLATE, templates, of=figures, now=now, zone=zone, with_people=with_people)


def _person(standing: Standing) -> Person:
    score, maximum = standing.score, standing.maximum
    told_late = standing.counted is not None and standing.counted.hand_in.marked_late
    marks = {
        "missing": not standing.handed_in and not standing.excused,
        "late": bool(standing.penalty.late) or (standing.penalty.late is None and told_late),
        "pending": bool(standing.pending),
        "adjusted": bool(standing.adjustments),
        "half": standing.handed_in and 2 * score < maximum,
    }
    return Person(
        standing=standing,
        score=score,
        share=min(float(100 * score / maximum), 100.0) if maximum else 0.0,
        marks=frozenset(mark for mark, holds in marks.items() if holds),
        time=0.0 if standing.counted is None else sum(result.duration for result in standing.counted.results),
    )


def _exercises(book: ClassBook, titles: Mapping[str, str]) -> tuple[ExerciseFigures, ...]:
    results: dict[str, list[Result]] = defaultdict(list)
    for standing in book.standings:
        for result in () if standing.counted is None else standing.counted.results:
            results[result.exercise].append(result)
    return tuple(_exercise(id, titles.get(id, ""), points, results[id]) for id, points in book.exercises.items())


def _exercise(id: str, title: str, points: int, results: Sequence[Result]) -> ExerciseFigures:
    ended = Counter(result.status for result in results)
    nothing = sum(result.status is ExerciseStatus.FAILED and not result.earned for result in results)
    times = [result.duration for result in results if result.status is not ExerciseStatus.NOT_STARTED]
    return ExerciseFigures(
        id=id,
        title=title,
        points=points,
        passed=ended[ExerciseStatus.PASSED],
        partly=ended[ExerciseStatus.FAILED] - nothing,
        nothing=nothing,
        pending=ended[ExerciseStatus.PENDING],
        not_started=ended[ExerciseStatus.NOT_STARTED],
        mean=sum((result.earned for result in results), Fraction(0)) / max(len(results), 1),
        median_time=statistics.median(times) if times else 0.0,
        longest_time=max(times, default=0.0),
    )


def _mistakes(standings: Iterable[Standing]) -> tuple[MistakeMet, ...]:
    """The most frequent first; each student once for each mistake."""
    met: Counter[tuple[str, str]] = Counter()
    still: Counter[tuple[str, str]] = Counter()
    tells: dict[tuple[str, str], str] = {}
    for standing in standings:
        own = {
            (result.exercise, result.diagnosis): result.tells
            for attempt in standing.attempts
            for result in attempt.results
            if result.diagnosis
        }
        met.update(own.keys())
        tells.update(own)
        if standing.counted is not None:
            still.update({(each.exercise, each.diagnosis) for each in standing.counted.results if each.diagnosis})
    order = sorted(met, key=lambda key: (-met[key], key))
    return tuple(MistakeMet(*key, tells[key], met[key], still[key]) for key in order)


def _hardest(book: ClassBook, checks: Iterable[CheckOutcome]) -> tuple[HardCheck, ...]:
    """Those with the largest share of failures first; a check that everybody passes is not among them."""
    ended: dict[tuple[str, str], Counter[Status]] = defaultdict(Counter)
    known: dict[tuple[str, str], CheckOutcome] = {}
    counted = frozenset(counted_reports(book))
    for check in checks:
        if check.stored in counted and check.exercise in book.exercises and check.status not in _NO_VERDICT:
            key = (check.exercise, check.name)
            ended[key][check.status] += 1
            known[key] = check
    found = (_hard_check(known[key], statuses) for key, statuses in ended.items())
    failing = [check for check in found if check.failed]
    failing.sort(key=lambda check: (-check.share, -check.failed, check.exercise, check.title))
    return tuple(failing[:HARDEST])


def _hard_check(check: CheckOutcome, ended: Counter[Status]) -> HardCheck:
    judged = ended.total()
    return HardCheck(
        exercise=check.exercise,
        title=check.title or check.name,
        hidden=check.visibility is Visibility.HIDDEN,
        failed=judged - ended[Status.PASSED],
        judged=judged,
        otherwise=tuple(
            (status.value, number)
            for status, number in ended.most_common()
            if status not in (Status.PASSED, Status.FAILED)
        ),
    )

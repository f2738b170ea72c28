"""A class read as `grade` reads it, and every exercise of it compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from d2l_kit.catalog import Exercise
from d2l_kit.errors import SubmissionError, UsageError
from d2l_kit.grading.mistakes import read_mistakes
from d2l_kit.similarity.compare import compare
from d2l_kit.similarity.model import Findings, Work
from d2l_kit.submission import Submission, list_class, read_submission

_NOBODY = "There are not two submissions to compare in {paths}."
_READING = "reading submission {number} of {count}"
_COMPARING = "comparing {exercise}, {number} of {count}"
_NOBODY_REMEDY = "Name a class folder, or several submissions; an old class goes behind --against."


def find_similar(
    paths: Sequence[Path],
    exercises: Sequence[Exercise],
    against: Sequence[Path] = (),
    at_least: float = 0.6,
    tell: Callable[[str], None] = lambda text: None,
) -> Findings:
    """Compare the submissions of a class with each other and with those of old classes.

    Args:
        paths: As for `grade`.
        exercises: What to look at.
        against: Old classes; their submissions are compared with this class's only.
        at_least: The least similarity of a pair, 0 to 1.
        tell: Called with what is being done, as it goes on.

    Raises:
        SubmissionError: A path does not exist or cannot be read.
        UsageError: There are not two submissions.
    """
    own, problems, notes = _read(paths, exercises, tell)
    old: list[tuple[str, Submission]] = []
    for path in against:
        read, refused, ignored = _read([path], exercises, tell)
        old += [(path.name, each) for each in read]
        problems += [(f"{name} ({path.name})", why) for name, why in refused]
        notes += ignored
    if not own or len(own) + len(old) < 2:
        raise UsageError(_NOBODY.format(paths=", ".join(map(str, paths))), _NOBODY_REMEDY)
    found = []
    for number, exercise in enumerate(exercises, 1):
        tell(_COMPARING.format(exercise=exercise.id, number=number, count=len(exercises)))
        works = [work for each in own if (work := _work(each, exercise, ""))]
        works += [work for group, each in old if (work := _work(each, exercise, group))]
        problems += [
            (each.name, f"{exercise.id}: {each.problems[exercise.id]}") for each in own if exercise.id in each.problems
        ]
        if works:
            found.append(compare(exercise.id, works, known_texts(exercise), at_least))
    return Findings(
        tuple(found), problems, notes, at_least, all(exercise.files.solution is not None for exercise in exercises)
    )


def known_texts(exercise: Exercise) -> list[str]:
    """What the course itself wrote for an exercise: the stub and, where installed, the reference's texts."""
    files = exercise.files
    paths = [files.stub, *([files.solution] if files.solution else []), *files.alternatives]
    return [*(path.read_text(encoding="utf-8") for path in paths), *(each.source for each in read_mistakes(exercise))]


def _read(
    paths: Sequence[Path], exercises: Sequence[Exercise], tell: Callable[[str], None]
) -> tuple[list[Submission], list[tuple[str, str]], list[str]]:
    entries, notes = list_class(paths, exercises)
    read: list[Submission] = []
    problems: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, 1):
        tell(_READING.format(number=number, count=len(entries)))
        try:
            read.append(read_submission(entry.path, exercises, entry.name))
        except SubmissionError as error:  # its row says so; the others are compared
            problems.append((entry.name, error.message))
    return read, problems, list(notes)


def _work(submission: Submission, exercise: Exercise, group: str) -> Work | None:
    source = submission.sources.get(exercise.id)
    return Work(submission.name, source, group) if source else None

"""The gradebook on a terminal, as JSON and as CSV: a class, one student, a difference, a history."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from d2l_kit.assign.model import Assignment
from d2l_kit.gradebook.diff import CheckMove, Difference, Move
from d2l_kit.gradebook.history import Event, RunLine, signed
from d2l_kit.gradebook.lateness import moment_text
from d2l_kit.gradebook.model import ClassBook, Standing, Stored
from d2l_kit.gradebook.select import is_late, is_missing
from d2l_kit.report.model import ExerciseStatus, points_text
from d2l_kit.report.serial import points_to_dict
from d2l_kit.report.text import columns, defused, fit, one_line, pad

FORMAT = "d2l-kit/gradebook/1"
ID_COLUMNS = 40  # an e-mail address can be an id, and other commands take it as it is shown
NAME_COLUMNS = 24
HEAD_COLUMNS = 10

Json = dict[str, Any]
_KEYS = {"?": "5+2? means 5 points and 2 pending.", "*": "5* means 5 points, adjusted by hand."}


def class_text(book: ClassBook, width: int) -> str:
    """A row a student, and a line of counts; the notes are cut to the width."""
    exercises = [*book.exercises]
    maximum = sum(book.exercises.values())
    head = ["student", "name", *(fit(_short(each), HEAD_COLUMNS, "") for each in exercises)]
    rows = [[*head, "hand", "late", f"of {maximum}", "notes"]]
    signs: set[str] = set()
    for each in book.standings:
        cells = [_cell(each, exercise) for exercise in exercises]
        signs.update(*cells)
        one = exercises[0] if len(exercises) == 1 and each.maximum != maximum else ""  # of several, alone is shown
        given = [adjustment.points for adjustment in each.adjustments if one in ("", adjustment.exercise)]
        score = points_text(each.points_of(one) if one else each.score) if each.handed_in or given else ""
        hand = signed(sum(given, Fraction(0))) if given else ""
        who = [fit(one_line(each.student.id), ID_COLUMNS), fit(one_line(each.student.name), NAME_COLUMNS)]
        notes = "; ".join(one_line(text) for text in each.notes)
        rows.append([*who, *cells, hand, _late(each), score, notes])
    lines = [fit(line, width) for line in _aligned(rows, left=2)]
    keys = [text for sign, text in _KEYS.items() if sign in signs]
    return "\n".join([*lines, "", " ".join([_counts(book), *keys])])


def student_text(standing: Standing, book: ClassBook, assignment: Assignment | None) -> str:
    """Where one student stands, and what each part of the score comes from."""
    return "\n".join(_student_lines(standing, book, assignment))


def difference_text(difference: Difference) -> str:
    """Whose points move, by how much, and why."""
    lines = [f"{difference.after} against {difference.before}: {_of(len(difference.moves), difference.same)}"]
    for move in difference.moves:
        before = points_text(move.before.earned) if move.before else "nothing"
        head = f"{one_line(move.after.hand_in.submission)}  {before} → {points_text(move.after.earned)}"
        lines += ["", f"{head}  ({signed(move.points)})  {'; '.join(map(one_line, move.why))}"]
        for exercise in move.exercises if move.before else ():
            lines.append(f"  {exercise.exercise}  {_maybe(exercise.before)} → {_maybe(exercise.after)}")
            lines += [f"    {_check(check)}" for check in exercise.checks]
    if difference.waiting:
        number = difference.waiting
        lines += ["", f"To accept: d2l-kit gradebook accept {number}; to refuse: d2l-kit gradebook reject {number}"]
    return "\n".join(lines)


def events_text(events: Sequence[Event], zone: str) -> str:
    """A line an event."""
    if not events:
        return "Nothing happened yet."
    rows = [[moment_text(each.at, zone), each.kind, one_line(each.who), one_line(each.text)] for each in events]
    return "\n".join(_aligned(rows, left=4))


def runs_text(lines: Sequence[RunLine], zone: str) -> str:
    """A line a run."""
    if not lines:
        return "There is no run yet."
    rows = [["run", "started", "who", "accepted", "proposed", "rejected", "failed", "what"]]
    for each in lines:
        counts = [str(number) for number in (each.accepted, each.proposed, each.rejected, each.failed)]
        unfinished = "" if each.run.ended else " (did not end by itself)"
        what = one_line(each.run.what) + unfinished
        rows.append([str(each.run.id), moment_text(each.run.started, zone), one_line(each.run.who), *counts, what])
    return "\n".join(_aligned(rows, left=3))


def class_json(book: ClassBook) -> Json:
    """The class as plain data; points exact and rounded."""
    return {
        "format": FORMAT,
        "assignment": book.assignment,
        "title": book.title,
        "exercises": dict(book.exercises),
        "strangers": [*book.strangers],
        "students": [standing_json(standing, book.exercises) for standing in book.standings],
    }


def standing_json(standing: Standing, exercises: Iterable[str]) -> Json:
    """One student as plain data."""
    counted = standing.counted
    late = standing.penalty.late
    return {
        "student": standing.student.id,
        "name": standing.student.name,
        "section": standing.student.section,
        "handed_in": standing.handed_in,
        "submission": counted.hand_in.submission if counted else None,
        "handed_in_at": counted.hand_in.at.isoformat() if counted and counted.hand_in.at else None,
        "attempts": len(standing.attempts),
        "exercises": {each: str(standing.automatic.get(each, Fraction(0))) for each in exercises},
        **points_to_dict(standing.earned, standing.pending),
        "adjustments": [
            {"id": a.id, "exercise": a.exercise, "points": str(a.points), "reason": a.reason, "who": a.who}
            for a in standing.adjustments
        ],
        "late_seconds": None if late is None else late.total_seconds(),
        "late_percent": str(standing.penalty.percent),
        "score": str(standing.score),
        "score_text": points_text(standing.score),
        "maximum": standing.maximum,
        "excused": standing.excused,
        "notes": [*standing.notes],
    }


def class_csv(book: ClassBook) -> str:
    """The class for a spreadsheet; what it might take for a formula is defused."""
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    parts = ["automatic", "pending", "by_hand", "late_percent", "score", "max", "notes"]
    out.writerow(["student", "name", "email", "section", *book.exercises, *parts])
    for each in book.standings:
        student = each.student
        given = sum((adjustment.points for adjustment in each.adjustments), Fraction(0))
        out.writerow(
            [
                *map(defused, (student.id, student.name, student.email, student.section)),
                *(points_text(each.points_of(exercise)) for exercise in book.exercises),
                *(points_text(points) for points in (each.earned, each.pending, given, each.penalty.percent)),
                points_text(each.score),
                each.maximum,
                defused("; ".join(each.notes)),
            ]
        )
    return buffer.getvalue()


def difference_json(difference: Difference) -> Json:
    """A difference as plain data."""
    return {
        "format": FORMAT,
        "before": difference.before,
        "after": difference.after,
        "waiting": difference.waiting,
        "same": difference.same,
        "moves": [_move_json(move) for move in difference.moves],
    }


def difference_csv(difference: Difference) -> str:
    """A difference for a spreadsheet: a row an exercise that moves."""
    head = ["submission", "student", "exercise", "before", "after", "checks", "why"]
    return _csv(
        head,
        (
            [
                *map(defused, (move.after.hand_in.submission, move.after.hand_in.student)),
                each.exercise,
                _blank(each.before),
                _blank(each.after),
                defused("; ".join(map(_check, each.checks))),
                defused("; ".join(move.why)),
            ]
            for move in difference.moves
            for each in move.exercises
        ),
    )


def events_json(events: Sequence[Event]) -> list[Json]:
    """A student's history as plain data."""
    return [{"at": e.at.isoformat(), "kind": e.kind, "who": e.who, "text": e.text} for e in events]


def events_csv(events: Sequence[Event]) -> str:
    """A student's history for a spreadsheet."""
    rows = ([e.at.isoformat(), e.kind, defused(e.who), defused(e.text)] for e in events)
    return _csv(["at", "kind", "who", "text"], rows)


def runs_json(lines: Sequence[RunLine]) -> list[Json]:
    """The runs as plain data."""
    return [_run_data(each) for each in lines]


def runs_csv(lines: Sequence[RunLine]) -> str:
    """The runs for a spreadsheet."""
    rows = [_run_data(each) for each in lines]
    head = ["run", "started", "ended", "who", "kit", "accepted", "proposed", "rejected", "failed", "what"]
    return _csv(head, ([defused("" if row[name] is None else str(row[name])) for name in head] for row in rows))


def _run_data(line: RunLine) -> Json:
    run = line.run
    return {
        "run": run.id,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "who": run.who,
        "kit": run.kit,
        "what": run.what,
        "accepted": line.accepted,
        "proposed": line.proposed,
        "rejected": line.rejected,
        "failed": line.failed,
    }


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    out.writerow(head)
    out.writerows(rows)
    return buffer.getvalue()


def _blank(points: Fraction | None) -> str:
    return "" if points is None else points_text(points)


def _move_json(move: Move) -> Json:
    return {
        "submission": move.after.hand_in.submission,
        "student": move.after.hand_in.student,
        "before": str(move.before.earned) if move.before else None,
        "after": str(move.after.earned),
        "why": [*move.why],
        "exercises": [
            {
                "exercise": each.exercise,
                "before": None if each.before is None else str(each.before),
                "after": None if each.after is None else str(each.after),
                "checks": [{"name": c.name, "before": c.before, "after": c.after} for c in each.checks],
            }
            for each in move.exercises
        ],
    }


def _student_lines(standing: Standing, book: ClassBook, assignment: Assignment | None) -> Iterator[str]:
    zone = assignment.zone if assignment else "UTC"
    student = standing.student
    about = [student.name, student.email, f"section {student.section}" if student.section else ""]
    yield one_line(", ".join([student.id, *(text for text in about if text)]))
    due = assignment.due_for(student.id) if assignment else None
    title = " ".join(dict.fromkeys([book.assignment or "(no assignment)", one_line(book.title)])).rstrip()
    yield title + (f", due {moment_text(due, zone)}" if due else "")
    if assignment is not None:
        yield from (
            f"extension: {e.reason or 'no reason given'}" for e in assignment.extensions if e.student == student.id
        )
    for number, stored in enumerate(standing.attempts, 1):
        yield _attempt(number, stored, zone) + (", counts" if stored is standing.counted else "")
    yield ""
    rows = [["exercise", "checks", "by hand", "points"]]
    for exercise, worth in book.exercises.items():
        given = [a.points for a in standing.adjustments if a.exercise == exercise]
        points = f"{points_text(standing.points_of(exercise))} of {worth}"
        hand = signed(sum(given, Fraction(0))) if given else ""
        rows.append([exercise, _automatic(standing, exercise), hand, points])
    yield from _aligned(rows, left=1)
    yield ""
    yield from _parts(standing, zone)


def _parts(standing: Standing, zone: str) -> Iterator[str]:
    yield f"checks      {points_text(standing.earned)}"
    for each in standing.adjustments:
        day = moment_text(each.at, zone)[:10]
        where = f" {each.exercise}" if each.exercise else " as a whole"
        by = f"(adjustment {each.id}, {one_line(each.who)}, {day})"
        yield f"by hand     {signed(each.points)}{where}: {one_line(each.reason)} {by}"
    if standing.penalty.percent:
        yield f"lateness    {signed(-standing.taken_off)} {one_line(standing.penalty.note)}"
    if standing.pending:
        yield f"pending     {points_text(standing.pending)} may yet come from another machine"
    yield f"score       {points_text(standing.score)} of {standing.maximum}"
    shown = [note for note in standing.notes if not standing.penalty.percent or note != standing.penalty.note]
    yield from (f"note: {one_line(note)}" for note in shown)
    for comment in standing.comments:
        where = f" on {comment.exercise}" if comment.exercise else ""
        yield f"comment{where} by {one_line(comment.who)}: {one_line(comment.text)}"


def _attempt(number: int, stored: Stored, zone: str) -> str:
    hand_in = stored.hand_in
    told = f" ({one_line(hand_in.source)})" if hand_in.source else ""
    at = f"handed in {moment_text(hand_in.at, zone)}{told}" if hand_in.at else "time of hand-in unknown"
    return f"attempt {number}: {one_line(hand_in.submission)}, {at}, graded in run {stored.run}"


def _automatic(standing: Standing, exercise: str) -> str:
    points = points_text(standing.automatic.get(exercise, Fraction(0)))
    result = next((r for r in standing.counted.results if r.exercise == exercise), None) if standing.counted else None
    if result is None or result.status is ExerciseStatus.NOT_STARTED:
        return "-"
    return f"{points}+{points_text(result.pending)}?" if result.pending else points


def _cell(standing: Standing, exercise: str) -> str:
    automatic = _automatic(standing, exercise)
    given = [a for a in standing.adjustments if a.exercise == exercise]
    return f"{points_text(standing.points_of(exercise))}*" if given else automatic


def _late(standing: Standing) -> str:
    if standing.handed_in and standing.penalty.late is None:
        return "?"
    if standing.penalty.percent:
        return f"-{points_text(standing.penalty.percent)}%"
    return "0" if is_late(standing) else ""


def _counts(book: ClassBook) -> str:
    rows = book.standings
    parts = [f"{len(rows)} student{'' if len(rows) == 1 else 's'}"]
    for count, text in (
        (sum(each.handed_in for each in rows), "handed in"),
        (sum(map(is_late, rows)), "late"),
        (sum(map(is_missing, rows)), "missing"),
        (sum(each.excused for each in rows), "excused"),
        (sum(bool(each.pending) for each in rows), "with points pending"),
    ):
        if count or text == "handed in":
            parts.append(f"{count} {text}")
    return ", ".join(parts) + "."


def _check(check: CheckMove) -> str:
    return f"{one_line(check.title or check.name)}: {check.before or 'not there'} → {check.after or 'not there'}"


def _of(moves: int, same: int) -> str:
    one = moves + same == 1
    return f"{moves} of {moves + same} submission{'' if one else 's'} differ{'s' if one else ''}."


def _maybe(points: Fraction | None) -> str:
    return "-" if points is None else points_text(points)


def _aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Columns as wide as their widest cell: the first `left` and the last to the left, numbers to the right."""
    table = [*zip(*rows, strict=True)]
    widths = [max(map(columns, column)) for column in table]
    last = len(table) - 1

    def line(cells: Iterable[str]) -> str:
        padded = (
            pad(cell, widths[i], right=left <= i < last or (i == last and left == 1)) for i, cell in enumerate(cells)
        )
        return "  ".join(padded).rstrip()

    return [line(row) for row in rows]


def _short(name: str) -> str:
    return name.rpartition("/")[2]

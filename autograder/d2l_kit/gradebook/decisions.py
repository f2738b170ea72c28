"""Deciding on what a regrade proposed; the report files beside the gradebook follow."""

from __future__ import annotations

from d2l_kit.gradebook.model import State
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.grading.store import ReportFolder

REPORTS = "reports"


def accept(store: Gradebook, run: int) -> int:
    """Accept what a run proposed; how many reports that were.

    `grade` keeps a file a submission beside the gradebook, of what stands. Where that folder is, the files of what was
    accepted are written anew; what a later run found on top of it stays.

    Raises:
        UsageError: There is no such run.
        MachineError: A file cannot be written. The decision holds; accepting again writes the files.
    """
    count = store.decide(run, State.ACCEPTED)
    if store.file is not None and (folder := store.file.parent / REPORTS).is_dir():
        files = ReportFolder(folder)
        (assignment,) = (each.assignment for each in store.runs() if each.id == run)
        for stored in store.newest(assignment).values():
            if stored.run == run:
                files.keep(store.report(stored.id))
    return count


def reject(store: Gradebook, run: int) -> int:
    """Reject what a run proposed; how many reports that were. What stood before stands.

    Raises:
        UsageError: There is no such run.
    """
    return store.decide(run, State.REJECTED)

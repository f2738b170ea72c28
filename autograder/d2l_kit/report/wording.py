"""How the ways a check can end are said to people: one wording for all formats."""

from __future__ import annotations

from d2l_kit.report.model import Location, Status
from d2l_kit.report.view import StudentCheck

PUBLIC_ONLY = "{passed} of {total} public checks passed. Hidden checks run when your work is graded."
DIAGNOSIS = "What is wrong:"

ENDED = {
    Status.PASSED: "passed",
    Status.FAILED: "does not hold",
    Status.RAISED: "your code raised an exception",
    Status.TIMEOUT: "your code did not end in time",
    Status.MEMORY: "your code needed more memory than allowed",
    Status.OUTPUT: "your code printed more than allowed",
    Status.EXITED: "your code ended the process before it answered",
    Status.FORBIDDEN: "your code uses what this exercise forbids",
    Status.MALFORMED: "what came back is not plain data",
    Status.NOT_RUN: "not run",
    Status.NOT_STARTED: "not started",
}
PENDING = "needs another machine; points pending"


def reason(check: StudentCheck) -> str:
    """Why a check did not pass: the first line of what it says itself, else how it ended."""
    said = check.message.lstrip().partition("\n")[0].rstrip()
    return said or (PENDING if check.pending else ENDED[check.status])


def said(check: StudentCheck) -> str:
    """All that a check has to say below its title: what went wrong, where, and what else is to be known."""
    where = place(check.location) if check.location else ""
    return "\n".join(filter(None, [check.message or reason(check), where, *check.notes]))


def titled(check: StudentCheck) -> str:
    """A check's title, with a word if it is hidden."""
    title = check.title or check.name or "check"
    return f"{title} (hidden)" if check.hidden else title


def place(location: Location) -> str:
    """A place as an editor opens it, `corr2d.py:12`; in a notebook the cell and the line in it."""
    if location.cell is None:
        return f"{location.file}:{location.line}"
    return f"{location.file}, cell {location.cell}, line {location.line}"

"""When GitHub saw each push of a branch: its record of activity, asked for with GitHub's own command line, `gh`.

    GET /repos/OWNER/NAME/activity: for each change of a branch `timestamp`, `ref`, `before` and `after`

https://docs.github.com/en/rest/repos/repos#list-repository-activities. A student cannot write these times, and the
record says what a branch was also where its history has been rewritten since.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from d2l_kit.report.text import one_line

SECONDS = 120

_FIELDS = ".[] | [.timestamp, .ref, .before, .after] | @tsv"
_SHA = re.compile(r"[0-9a-f]{40,64}")


class PushesUnknown(Exception):
    """The record cannot be had; the text says why."""


@dataclass(frozen=True)
class Push:
    """One change of a branch; a SHA of "" stands for a branch that is not there."""

    at: datetime
    ref: str
    before: str
    after: str


@dataclass(frozen=True)
class Pushed:
    """What a branch was at a moment.

    Attributes:
        sha: "": there was no such branch.
        at: When it was pushed; None: before the record begins.
    """

    sha: str
    at: datetime | None


def pushes_of(github: str) -> list[Push]:
    """GitHub's record of OWNER/NAME, the oldest first.

    Raises:
        PushesUnknown: It cannot be had.
    """
    if shutil.which("gh") is None:
        raise PushesUnknown("gh, GitHub's command line, is not installed")
    path = f"repos/{github}/activity?per_page=100"
    try:
        run = subprocess.run(
            ["gh", "api", "--method", "GET", "--paginate", path, "--jq", _FIELDS],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PushesUnknown(one_line(str(error))) from error
    if run.returncode:
        raise PushesUnknown(one_line(run.stderr.strip() or f"gh ended with {run.returncode}")[:300])
    return sorted((_push(line) for line in run.stdout.splitlines() if line.strip()), key=lambda push: push.at)


def pushed_by(pushes: Sequence[Push], branch: str, moment: datetime) -> Pushed | None:
    """What a branch was at a moment; None: the record says nothing about it."""
    own = [push for push in pushes if push.ref == f"refs/heads/{branch}"]
    for push in reversed(own):
        if push.at <= moment:
            return Pushed(push.after, push.at)
    return Pushed(own[0].before, None) if own else None


def _push(line: str) -> Push:
    try:
        at, ref, before, after = line.split("\t")
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise PushesUnknown(f"GitHub's record is of an unknown form: {one_line(line)[:100]}") from error
    if moment.tzinfo is None:
        raise PushesUnknown(f"GitHub's record has a time without a zone: {one_line(line)[:100]}")
    return Push(moment.astimezone(UTC), ref, _sha(before), _sha(after))


def _sha(text: str) -> str:
    if not _SHA.fullmatch(text):
        raise PushesUnknown(f"GitHub's record is of an unknown form: {one_line(text)[:100]}")
    return text if text.strip("0") else ""

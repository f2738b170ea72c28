"""Which commit is the state of a moment, by the times that commits carry themselves.

These are the student's word: whoever wants to can write an earlier one. A server's record of pushes is better where
there is one (`pushes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        at: Seconds since 1970 at which it says it was made.
        parents: As far as they are known.
    """

    sha: str
    at: int
    parents: tuple[str, ...] = ()


def state_at(commits: Sequence[Commit], moment: datetime | None, now: datetime) -> Commit | None:
    """The newest commit that is in time with all it builds on; None: there is none.

    Args:
        commits: The tip first, and no commit before one that builds on it.
        moment: None: whatever is there counts. So it does while the moment has not come: what can be seen is in time,
            whatever the student's clock says.
    """
    if moment is None or now <= moment:
        return commits[0] if commits else None
    latest: dict[str, int] = {}
    for commit in reversed(commits):
        latest[commit.sha] = max([commit.at, *(latest[each] for each in commit.parents if each in latest)])
    in_time = [commit for commit in commits if latest[commit.sha] <= moment.timestamp()]
    return max(in_time, key=lambda commit: latest[commit.sha], default=None)  # of equal ones the first, a child

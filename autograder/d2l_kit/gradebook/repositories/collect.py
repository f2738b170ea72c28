"""A class's repositories -> a class folder: of each student the state of one moment, or the reason why there is none.

Nothing is guessed: a repository that cannot be reached, is empty, or holds nothing in time is listed as that. What an
earlier collection found after the moment stays: it is proof of what was there, and a commit that turns up later and
says it is older is not believed unasked.
"""

from __future__ import annotations

import difflib
import errno
import shutil
import tempfile
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from d2l_kit.assign.model import Assignment
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import Student
from d2l_kit.gradebook.repositories._git import ALL, Copy, Entry, GitFailed, copied, look
from d2l_kit.gradebook.repositories.history import Commit, state_at
from d2l_kit.gradebook.repositories.listing import Repository
from d2l_kit.gradebook.repositories.pushes import Pushed, PushesUnknown, pushed_by, pushes_of
from d2l_kit.gradebook.repositories.table import Outcome, Row, moment_in, read_collected, said, write_collected
from d2l_kit.gradebook.roster import match
from d2l_kit.gradebook.times import Times
from d2l_kit.report.text import listed, one_line
from d2l_kit.submission import ClassEntry, is_leftover, is_read
from d2l_kit.workspace.files import explained

SUBMISSIONS = "submissions"
MOST_FILES = 1_000  # of those that a grader reads
MOST_BYTES = 64 << 20

_LINK, _MODULE = "120000", "160000"  # modes, as git writes them
_POINTER = b"version https://git-lfs.github.com/spec/"
_NAME_TROUBLE = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}

_UNNAMED = "the list names no repository"
_EMPTY = "the repository has no commit"
_NO_BRANCH = "there is no branch {branch!r}; there are: {branches}"
_NO_FIRST = "its first branch is empty, and there are: {branches}; name one in a column `branch`"
_NOTHING = "its first commit is later"
_NOT_PUSHED = "its first push was later"
_STAYS = "stays as collected at {at}; now: {why}"
_PROVEN = "stays as collected at {at}; {commit} has turned up since and says it is older: -f takes it"
_BY_COMMITS = "times are those of commits: {why}"
_NOT_ON_GITHUB = "the repository is not on GitHub"
_NO_RECORD = "GitHub's record names no push of {branch}"
_NO_CODE = "no .py and no .ipynb is in it"
_LEFT_OUT = "left out: {files}"
_POINTERS = "kept in Git LFS, so that only a pointer is there: {files}"
_MANY = "more than {files} files or {mib} MiB"
_STRANGERS = "on no roster, so that no extension of theirs is known: {count}: {names}"
_MISSING = "on the roster and not in the list of repositories: {count}: {names}"
_NOT_LISTED = "not in the list of repositories, and `grade` would read them all the same: {paths}"
_NOBODY = "--only {name}: nobody in the list is called that."


@dataclass(frozen=True)
class Order:
    """What is to be collected.

    Attributes:
        late: The newest work that still earns something, instead of the state at the due date.
        ask_pushes: Ask GitHub when each push was.
        replace: Take what is there now, whatever was collected before.
        only: These students, by the list's names; empty for all.
        jobs: Repositories that are read at once.
        clock: What time it is.
    """

    assignment: Assignment
    repositories: Sequence[Repository]
    out: Path
    roster: Sequence[Student] = ()
    late: bool = False
    ask_pushes: bool = False
    replace: bool = False
    only: Collection[str] = ()
    jobs: int = 8
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Collected:
    """What came of it.

    Attributes:
        rows: Of those that were to be collected now, in the order of the list.
        unread: Who has a repository that could not be read.
        notes: What an instructor should know of the class as a whole.
        table: collected.csv.
    """

    rows: tuple[Row, ...]
    unread: tuple[str, ...]
    notes: tuple[str, ...]
    table: Path


def collect(order: Order, tell: Callable[[Row], None] = lambda row: None) -> Collected:
    """Collect a class.

    Args:
        tell: Called with each row as soon as it is there.

    Raises:
        UsageError: `only` names nobody, or collected.csv is another's.
        MachineError: There is no git, or no room to write.
    """
    chosen = _chosen(order)
    earlier = read_collected(order.out)
    owners, notes = _owners(order)
    folder = order.out / SUBMISSIONS
    with explained("cannot make the folder", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=".collecting-", dir=order.out)
    rows = dict(earlier)
    done: list[Row] = []
    unread: list[str] = []
    with scratch:
        pool = ThreadPoolExecutor(order.jobs)
        try:
            waiting = [
                pool.submit(_one, order, each, owners.get(each.student, each.student), Path(scratch.name) / str(number))
                for number, each in enumerate(chosen)
            ]
            for each, future in zip(chosen, waiting, strict=True):
                found, made = future.result()
                row = _standing(order, earlier.get(each.student), found)
                if row is found and (made is not None or each.student in earlier):
                    _put(made, folder / each.student, Path(scratch.name) / "old")
                if found.outcome == Outcome.UNREACHABLE:
                    unread.append(each.student)
                rows[each.student] = row
                done.append(row)
                tell(row)
        finally:
            pool.shutdown(cancel_futures=True)
            in_order = dict.fromkeys([*(each.student for each in order.repositories), *rows])
            table = write_collected(order.out, [rows[name] for name in in_order if name in rows])
    known = {each.student for each in order.repositories}
    strange = [str(path) for path in sorted(folder.iterdir()) if path.name not in known]
    if strange:
        notes.append(_NOT_LISTED.format(paths=listed(strange)))
    return Collected(tuple(done), tuple(unread), tuple(notes), table)


def moment_of(order: Order, student: str) -> datetime | None:
    """The moment whose state counts for a student; None: there is none, and the newest counts."""
    assignment = order.assignment
    if order.late:
        end = assignment.last_moment_for(student)  # from then on nothing is earned
        return None if end is None else end - timedelta(microseconds=1)
    due = assignment.due_for(student)
    return None if due is None else due + assignment.late.grace


def _chosen(order: Order) -> list[Repository]:
    names = [each.student for each in order.repositories]
    for name in order.only:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise UsageError(_NOBODY.format(name=name), f"Did you mean {near[0]!r}?" if near else "")
    return [each for each in order.repositories if not order.only or each.student in order.only]


def _owners(order: Order) -> tuple[dict[str, str], list[str]]:
    """The roster's id of each name in the list, as `grade` will find it, and what does not fit."""
    if not order.roster:
        return {}, []
    entries = [ClassEntry(each.student, order.out) for each in order.repositories]
    matched = match(entries, order.roster, Times(), prefix=f"{order.assignment.name}-")
    notes = [*matched.notes, *matched.refused]
    if matched.strangers:
        notes.append(_STRANGERS.format(count=len(matched.strangers), names=listed(matched.strangers)))
    if matched.missing:
        missing = [student.id for student in matched.missing]
        notes.append(_MISSING.format(count=len(missing), names=listed(missing)))
    return {name: hand_in.student for name, hand_in in matched.hand_ins.items()}, notes


def _one(order: Order, repository: Repository, student: str, scratch: Path) -> tuple[Row, Path | None]:
    """What there is of one student, and the folder it lies in."""
    moment = moment_of(order, student)
    row = Row(
        repository.student,
        repository.told,
        Outcome.UNNAMED,
        repository.branch,
        until=said(moment),
        collected_at=said(order.clock()),  # before the look: whatever turns up later came later
        note=_UNNAMED,
    )
    if not repository.address:
        return row, None
    try:
        return _read(order, repository, moment, row, scratch)
    except GitFailed as error:
        return replace(row, outcome=Outcome.UNREACHABLE, note=one_line(str(error))), None


def _read(
    order: Order, repository: Repository, moment: datetime | None, row: Row, scratch: Path
) -> tuple[Row, Path | None]:
    remote = look(repository)
    branches = listed(sorted(remote.branches))
    if not remote.branches:
        return replace(row, outcome=Outcome.EMPTY, note=_EMPTY), None
    branch = repository.branch or remote.shown_first
    if branch not in remote.branches:
        text = _NO_BRANCH if branch else _NO_FIRST
        raise GitFailed(text.format(branch=branch, branches=branches))
    pushed, doubt = _pushed(order, repository, branch, moment)
    row = replace(row, branch=branch)
    if pushed is not None and not pushed.sha:
        return replace(row, outcome=Outcome.NOTHING, known_from="push", note=_NOT_PUSHED), None
    with copied(repository, scratch / "objects") as copy:
        if pushed is not None:
            copy.fetch(pushed.sha, depth=1)
            state = copy.commits()[0]
        else:
            found = _by_commits(copy, branch, moment, order.clock)
            if found is None:
                return replace(row, outcome=Outcome.NOTHING, known_from="commit", note=_NOTHING), None
            state = found
        made = scratch / "files"
        notes = [*doubt, *_write(copy, state.sha, made)]
    at = pushed.at if pushed is not None and pushed.at else None
    return replace(
        row,
        outcome=Outcome.COLLECTED,
        commit=state.sha,
        handed_in=said(at or datetime.fromtimestamp(min(state.at, order.clock().timestamp()), UTC)),
        known_from="push" if at else "commit",
        note="; ".join(notes),
    ), made


def _pushed(
    order: Order, repository: Repository, branch: str, moment: datetime | None
) -> tuple[Pushed | None, list[str]]:
    """What GitHub's record says the branch was, and why it does not say it, if that was asked for."""
    if not order.ask_pushes:
        return None, []
    if not repository.github:
        return None, [_BY_COMMITS.format(why=_NOT_ON_GITHUB)]
    try:
        found = pushed_by(pushes_of(repository.github), branch, moment or order.clock())
    except PushesUnknown as error:
        return None, [_BY_COMMITS.format(why=error)]
    return found, [] if found else [_BY_COMMITS.format(why=_NO_RECORD.format(branch=branch))]


def _by_commits(copy: Copy, branch: str, moment: datetime | None, clock: Callable[[], datetime]) -> Commit | None:
    """The tip if it is in time, which needs no history; else what its history says."""
    for depth in (1, ALL):
        copy.fetch(f"refs/heads/{branch}", depth)
        found = state_at(copy.commits(), moment, clock())  # the moment may have come while this was fetched
        if found is not None:
            return found
    return None


def _standing(order: Order, earlier: Row | None, found: Row) -> Row:
    """What counts now: what was found, or what an earlier collection has taken."""
    if earlier is None or order.replace:
        return found
    held = earlier.outcome == Outcome.COLLECTED and (order.out / SUBMISSIONS / earlier.student).is_dir()
    kept = replace(earlier, note=_STAYS.format(at=earlier.collected_at, why=found.note))
    if found.outcome in (Outcome.UNREACHABLE, Outcome.UNNAMED):
        return kept if held else found
    was_seen = held or earlier.outcome in (Outcome.EMPTY, Outcome.NOTHING)
    same = (earlier.repository, earlier.until) == (found.repository, found.until)
    if not was_seen or not same or found.known_from == "push":  # a server's word needs no proof
        return found
    if held and found.outcome != Outcome.COLLECTED:
        return kept
    looked, until = moment_in(earlier.collected_at), moment_in(found.until)
    if looked and until and looked > until and found.commit != earlier.commit:
        return replace(earlier, note=_PROVEN.format(at=earlier.collected_at, commit=found.commit[:12]))
    return found


def _write(copy: Copy, commit: str, folder: Path) -> list[str]:
    """Write the files that a grader reads; returns what is to be said about them."""
    wanted, left = _wanted(copy.entries(commit))
    pointers: list[str] = []
    with explained("cannot make the folder", folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry, content in copy.contents(wanted):
        path = folder.joinpath(*entry.path.split("/"))
        if why := _written(path, content):
            left.append(f"{one_line(entry.path)} ({why})")
        elif content.startswith(_POINTER):
            pointers.append(one_line(entry.path))
    notes = [] if any(entry.path.lower().endswith((".py", ".ipynb")) for entry in wanted) else [_NO_CODE]
    notes += [_LEFT_OUT.format(files=listed(left))] if left else []
    return notes + ([_POINTERS.format(files=listed(pointers))] if pointers else [])


def _wanted(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """The files to write, those nearest to the top first, and what is left out for a reason that is worth telling."""
    wanted: list[Entry] = []
    left: list[str] = []
    size = 0
    for entry in sorted(entries, key=lambda entry: (entry.path.count("/"), entry.path)):
        parts = entry.path.split("/")
        if not is_read(parts[-1]) or any(map(is_leftover, parts)) or entry.mode == _MODULE:
            continue
        size += entry.size
        if entry.mode == _LINK:
            left.append(f"{one_line(entry.path)} (a link)")
        elif any(not part or "\\" in part or ":" in part for part in parts):
            left.append(f"{one_line(entry.path)} (its name)")
        elif len(wanted) == MOST_FILES or size > MOST_BYTES:
            return wanted, [*left, _MANY.format(files=MOST_FILES, mib=MOST_BYTES >> 20)]
        else:
            wanted.append(entry)
    return wanted, left


def _written(path: Path, content: bytes) -> str:
    """Write a new file; why it could not be, where that is its name's fault."""
    with explained("cannot write", path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except OSError as error:
            if error.errno in _NAME_TROUBLE:
                return error.strerror or "its name"
            raise
    return ""


def _put(made: Path | None, place: Path, old: Path) -> None:
    """Put a folder, or nothing, in the place of what an earlier collection has left there."""
    with explained("cannot write", place):
        if place.exists():
            place.rename(old)
            shutil.rmtree(old)
        if made is not None:
            made.rename(place)

"""git, made to obey nobody but us: no hooks, no prompts, no tasks in the background, nothing checked out.

The student decides what is in a repository, so only commands are used that copy objects or print them: `ls-remote`,
`fetch` into an empty bare repository, `rev-list`, `ls-tree`, `cat-file`. None of them looks at attributes, filters,
submodules or a repository's configuration. The system's configuration is not read; the user's own is, as it knows how
to reach the server.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from d2l_kit.errors import MachineError
from d2l_kit.gradebook.repositories.history import Commit
from d2l_kit.gradebook.repositories.listing import GITHUB, Repository
from d2l_kit.report.text import one_line

SECONDS = 300  # for one command
ALL = 2_147_483_647  # what git itself takes for "all of it"

_TIP = "refs/collected"
_OF_THE_USER = (  # ways to reach a server
    "GIT_CONFIG_GLOBAL",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
)
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.interactive": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}
_TOO_LONG = "git did not end within {seconds} s"
_NO_GIT = "git is not installed, or not found."


class GitFailed(Exception):
    """git ended otherwise than well; the text is its reason, on one line."""


@dataclass(frozen=True)
class Entry:
    """A file of a commit: what `ls-tree` tells of it."""

    path: str
    mode: str
    sha: str
    size: int


@dataclass(frozen=True)
class Remote:
    """What a server shows of a repository.

    Attributes:
        shown_first: The branch that HEAD names, "" where it names none that exists.
        branches: SHA by name.
    """

    shown_first: str
    branches: Mapping[str, str]


def look(repository: Repository) -> Remote:
    """Ask a server for a repository's branches.

    Raises:
        GitFailed: It cannot be reached.
    """
    asked = ["ls-remote", "--symref", "--", repository.address, "HEAD", "refs/heads/*"]
    first, branches = "", {}
    for line in _git(asked, protocols=repository.protocols).decode("utf-8", "replace").splitlines():
        what, _, name = line.partition("\t")
        if name == "HEAD" and what.startswith("ref: refs/heads/"):
            first = what.removeprefix("ref: refs/heads/")
        elif name.startswith("refs/heads/"):
            branches[name.removeprefix("refs/heads/")] = what
    return Remote(first if first in branches else "", branches)


@contextmanager
def copied(repository: Repository, folder: Path) -> Iterator[Copy]:
    """A copy of a repository's objects in an empty folder, which is removed at the end."""
    try:
        _git(["init", "--quiet", "--bare", "--template=", "--", str(folder)])
        yield Copy(repository, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Copy:
    """Objects that were fetched."""

    repository: Repository
    folder: Path

    def fetch(self, what: str, depth: int) -> str:
        """Fetch a full name of a branch, or a SHA, with so many commits below it; returns the SHA.

        Raises:
            GitFailed: The server does not give it.
        """
        options = ["--quiet", "--no-tags", "--no-recurse-submodules", "--force", f"--depth={depth}"]
        wanted = ["fetch", *options, "--", self.repository.address, f"+{what}:{_TIP}"]
        self._git(wanted, protocols=self.repository.protocols)
        return self._git(["rev-parse", "--verify", f"{_TIP}^{{commit}}"]).decode("ascii").strip()

    def commits(self) -> list[Commit]:
        """The commits below the tip that have been fetched, each before those it builds on."""
        lines = self._git(["rev-list", "--topo-order", "--parents", "--timestamp", _TIP]).decode("ascii").splitlines()
        return [Commit(sha, int(at), tuple(parents)) for at, sha, *parents in map(str.split, lines)]

    def entries(self, commit: str) -> list[Entry]:
        """All that a commit holds but folders."""
        listed = self._git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit])
        found = []
        for line in filter(None, listed.split(b"\0")):
            facts, _, path = line.partition(b"\t")
            mode, _, sha, size = facts.decode("ascii").split()
            found.append(Entry(os.fsdecode(path), mode, sha, int(size) if size.isdecimal() else 0))
        return found

    def contents(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, bytes]]:
        """The bytes of files, as they were committed."""
        asked = "".join(f"{entry.sha}\n" for entry in entries).encode("ascii")
        answer = memoryview(self._git(["cat-file", "--batch"], given=asked))
        at = 0
        for entry in entries:
            end = at + len(f"{entry.sha} blob {entry.size}\n")
            if bytes(answer[at:end]) != f"{entry.sha} blob {entry.size}\n".encode("ascii"):
                raise GitFailed(f"git does not give the content of {one_line(entry.path)}")
            yield entry, bytes(answer[end : end + entry.size])
            at = end + entry.size + 1

    def _git(self, arguments: Sequence[str], *, protocols: str = "", given: bytes = b"") -> bytes:
        return _git([f"--git-dir={self.folder}", *arguments], protocols=protocols, given=given)


def _git(arguments: Sequence[str], *, protocols: str = "", given: bytes = b"") -> bytes:
    """Run git; returns what it prints.

    Args:
        protocols: Those it may speak; "": it is to reach nothing.
        given: Its standard input.

    Raises:
        GitFailed: It ended otherwise than well, or did not end.
        MachineError: There is no git.
    """
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    if shutil.which("gh"):  # GitHub's own command line knows its token; git asks it for no other server
        settings += ["-c", f"credential.{GITHUB.rstrip('/')}.helper=!gh auth git-credential"]
    try:
        process = subprocess.Popen(
            ["git", *settings, *arguments],
            env=_environment(protocols),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # no terminal to ask for a password on, and one group to end
        )
    except FileNotFoundError as error:
        raise MachineError(_NO_GIT, "Install it: https://git-scm.com/downloads") from error
    with process:
        try:
            told, complaints = process.communicate(given, timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GitFailed(_TOO_LONG.format(seconds=SECONDS)) from error
        finally:
            if process.poll() is None:
                _end(process)
    if process.returncode:
        raise GitFailed(_reason(complaints.decode("utf-8", "replace")))
    return told


def _environment(protocols: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _OF_THE_USER}
    kept.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and the helpers that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _reason(said: str) -> str:
    """Of what git complains of, the line that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote: ", "ERROR:"))] or lines
    return one_line(telling[0].partition(": ")[2] or telling[0])[:300] if telling else "git said nothing"

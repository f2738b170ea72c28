"""Git repositories of students, made for tests: bare ones in a folder, with commits at given times."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_NOBODYS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_WHO = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}


def git(*arguments: str, at: str = "2026-11-01T12:00:00Z", given: bytes = b"") -> str:
    """Run git as a student whose clock says `at`; returns what it prints."""
    environment = os.environ | _NOBODYS | _WHO | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    made = subprocess.run(["git", *arguments], env=environment, input=given, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr.decode()
    return made.stdout.decode().strip()


class Student:
    """A student with a clone and the bare repository that it is pushed to."""

    def __init__(self, root: Path, name: str, branch: str = "main") -> None:
        self.bare = root / "server" / f"{name}.git"
        self.clone = root / "clones" / name
        git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(self.bare))
        git("init", "--quiet", f"--initial-branch={branch}", str(self.clone))

    def commit(self, at: str, files: Mapping[str, str], push: bool = True) -> str:
        """Commit these files; returns the SHA."""
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git("-C", str(self.clone), "add", "--all", at=at)
        git("-C", str(self.clone), "commit", "--quiet", "--message", "work", at=at)
        if push:
            self.push()
        return self.head()

    def head(self) -> str:
        """The SHA of what is checked out."""
        return git("-C", str(self.clone), "rev-parse", "HEAD")

    def push(self, what: str = "HEAD") -> None:
        """Push, whatever is there."""
        git("-C", str(self.clone), "push", "--quiet", "--force", str(self.bare), what)

    def run(self, *arguments: str, at: str = "2026-11-01T12:00:00Z") -> str:
        """Another command in the clone."""
        return git("-C", str(self.clone), *arguments, at=at)

"""repositories.csv: whose repository is where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from d2l_kit.errors import UsageError
from d2l_kit.gradebook._tables import read_table, refuse
from d2l_kit.submission import title_of

REPOSITORIES_FILE = "repositories.csv"
HEADER = "student,repository"
GITHUB = "https://github.com/"

_WHO = ("student", "studentid", "id", "sid", "login", "username", "githubusername", "email")
_WHERE = ("repository", "repositoryurl", "repo", "url", "cloneurl", "sshurl")
_BRANCH = ("branch",)

_REMEDY = f"A list of repositories begins with the line `{HEADER}`; `branch` may be a third column."
_FIX = "An address is OWNER/NAME on GitHub, https://HOST/PATH, git@HOST:PATH, or a folder such as ../PATH."
_NO_COLUMN = "{file}:{line}: there is no column {what} among {header}."
_NOBODY = "{file}:{line}: nobody is named."
_NO_NAME = "{file}:{line}: {name!r} cannot be a folder's name; {near!r} could."
_TWICE = "{file}:{line}: {name} stands in line {first} already."
_NO_ADDRESS = "{file}:{line}: {text!r} is no address of a repository."
_CREDENTIALS = "{file}:{line}: the address holds a name or password; git is to ask its credential helper for them."
_NO_BRANCH = "{file}:{line}: {text!r} is no name of a branch."
_NONE = "{file} names no repository."

_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}\Z)[\w.-]+", re.ASCII)
_SCP = re.compile(r"\w[\w.-]*@\w[\w.-]*:[^-\s]\S*", re.ASCII)
_ON_GITHUB = re.compile(
    r"(?:https://github\.com/|ssh://git@github\.com/|git@github\.com:)([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)
_BRANCH_NAME = re.compile(r"(?!-)[^\s~^:?*\[\\\x00-\x1f]+")


@dataclass(frozen=True)
class Repository:
    """One line of the list.

    Attributes:
        student: Whose it is, as the list says; also the name of the folder.
        told: The address as the list has it.
        address: What git is given; "" where the list names none.
        branch: Whose state counts; "": the one that the repository shows first.
        github: OWNER/NAME where it lies on GitHub.
    """

    student: str
    told: str
    address: str
    branch: str = ""
    github: str = ""

    @property
    def protocols(self) -> str:
        """What git may speak on the way there, as GIT_ALLOW_PROTOCOL has it."""
        return "file" if self.address.startswith("file:") else "https:ssh"


def read_repositories(path: Path) -> tuple[Repository, ...]:
    """Read a list of repositories, in the order of its lines.

    Raises:
        UsageError: It cannot be used; names every line at fault.
    """
    table = read_table(path, (*_WHO, *_WHERE), _REMEDY)
    who, where, branch = (table.column(names) for names in (_WHO, _WHERE, _BRANCH))
    if who is None or where is None:
        what = "repository" if where is None else "student"
        header = ", ".join(table.header)
        raise UsageError(_NO_COLUMN.format(file=table.file, line=table.line, what=what, header=header), _REMEDY)
    problems = list(table.problems)
    found: list[Repository] = []
    lines: dict[str, int] = {}
    for row in table.rows:
        place = {"file": table.file, "line": row.line}
        student, text = row.cells[who], row.cells[where]
        on = row.cells[branch] if branch is not None else ""
        folded = student.casefold()
        if not student:
            problems.append(_NOBODY.format(**place))
        elif title_of(student) != student:
            problems.append(_NO_NAME.format(**place, name=student, near=title_of(student)))
        elif folded in lines:
            problems.append(_TWICE.format(**place, name=student, first=lines[folded]))
        elif on and not _BRANCH_NAME.fullmatch(on):
            problems.append(_NO_BRANCH.format(**place, text=on))
        elif text and _has_credentials(text):
            problems.append(_CREDENTIALS.format(**place))
        elif text and not _address(text, path.parent):
            problems.append(_NO_ADDRESS.format(**place, text=text))
        else:
            lines[folded] = row.line
            found.append(Repository(student, text, _address(text, path.parent), on, _on_github(text)))
    if not found:
        problems.append(_NONE.format(file=table.file))
    refuse(problems, _FIX)
    return tuple(found)


def _address(text: str, folder: Path) -> str:
    """What git is given; "" for what is no address: git itself would take a great many things for one."""
    if _SHORT.fullmatch(text):
        return f"{GITHUB}{text.removesuffix('.git')}.git"
    if _SCP.fullmatch(text):
        return text
    if "://" in text:
        parts = urlsplit(text)
        return text if parts.scheme in ("https", "ssh", "file") and (parts.netloc or parts.scheme == "file") else ""
    if text.startswith(("./", "../", ".\\", "..\\")) or Path(text).is_absolute():
        return (folder / text).resolve().as_uri()
    return ""


def _has_credentials(text: str) -> bool:
    return "://" in text and text.startswith("http") and "@" in urlsplit(text).netloc


def _on_github(text: str) -> str:
    if _SHORT.fullmatch(text):
        return text.removesuffix(".git")
    match = _ON_GITHUB.fullmatch(text)
    return match[1] if match else ""

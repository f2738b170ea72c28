"""What a file's name says: leftovers of operating systems, chapters, and names that must be refused."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from d2l_kit.errors import SubmissionError

if TYPE_CHECKING:
    from d2l_kit.catalog import Exercise

SHOWN_LENGTH = 120
NAME_LENGTH = 80
MAX_PATH = 4096  # as for a path on Linux
MAX_FOLDERS = 64

SEVERAL = "_*"  # at the end of an entry's path: all files that begin so are one hand-in
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_ARCHIVES = (".7z", ".rar", ".gz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".lzma", ".jar")
CODE = (".py", ".ipynb")
KEPT = (*CODE, ".toml")  # with archives, all that is ever read of a hand-in

_LEFTOVERS = {
    "thumbs.db",
    "desktop.ini",
    "__macosx",
    "__pycache__",
    "node_modules",
    "site-packages",
    "icon\r",
}
_CHAPTER = re.compile(r"(?:(?:ch(?:apter)?)[-_ ]?0*(\d+)(?:[-_ .].*)?|0*(\d{1,2}))\Z", re.DOTALL)


def shown(name: str) -> str:
    """A name as it may stand in a message: no control characters, no half characters, not endless."""
    name = mended(name)
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)
    return safe if len(safe) <= SHOWN_LENGTH else f"{safe[: SHOWN_LENGTH // 2]}…{safe[-SHOWN_LENGTH // 2 :]}"


def mended(name: str) -> str:
    """A name of UTF-8 bytes as text, where the system's locale took them for something else (LC_ALL=C)."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:  # not UTF-8
        return name


def folded(name: str) -> str:
    """The same text for names that some file system takes for one: other case, other Unicode normal form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_leftover(part: str) -> bool:
    """Whether a file or folder of this name is nobody's work: .DS_Store, ._corr2d.py, __MACOSX."""
    return part.startswith(".") or part.lower() in _LEFTOVERS


def is_part(name: str, several: str) -> bool:
    """Whether a file belongs to the hand-in that `several` ("ada_4711_*") stands for."""
    return several.endswith(SEVERAL) and unicodedata.normalize("NFC", name).startswith(
        unicodedata.normalize("NFC", several[:-1])
    )


def suffix_of(name: str) -> str:
    """The suffix that says what a file is, in lower case; ".tar.gz" is one suffix."""
    lower = name.lower()
    for suffix in (*ARCHIVES, ".tar.bz2", ".tar.xz", ".tar.zst", *CODE):
        if lower.endswith(suffix) and len(lower) > len(suffix):
            return suffix if suffix in ARCHIVES + CODE else suffix.removeprefix(".tar")
    return "." + lower.rpartition(".")[2] if "." in lower[1:] else ""


def is_archive(name: str) -> bool:
    """Whether a name is that of an archive, be it one that can be read or not."""
    return suffix_of(name) in ARCHIVES + OTHER_ARCHIVES


def is_read(name: str) -> bool:
    """Whether a file of that name is ever looked into."""
    return suffix_of(name) in KEPT or is_archive(name)


def title_of(name: str) -> str:
    """A submission's name, after the file or folder it came in: without suffix, safe as a file's name."""
    suffix = suffix_of(name)
    name = mended(name)
    stem = name[: -len(suffix)] if suffix in ARCHIVES + OTHER_ARCHIVES + CODE else name
    clean = unicodedata.normalize("NFC", "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in stem))
    return clean[:NAME_LENGTH].strip(". ") or "submission"


def chapter_number(folder: str) -> int | None:
    """The chapter that a folder's name names: 7 for "ch07", "ch7", "ch07_cnn", "Chapter 7", "7"."""
    match = _CHAPTER.match(folded(folder))
    return int(match.group(1) or match.group(2)) if match else None


def chapter_of(exercise: Exercise) -> int | None:
    """The number of an exercise's chapter."""
    return chapter_number(exercise.chapter)


def checked_parts(name: str, archive: str) -> tuple[str, ...]:
    """The parts of an archive entry's name.

    Raises:
        SubmissionError: The name leads out of the archive's own folder, or would on some system.
    """
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        reason = "has an absolute path"
    elif ".." in parts:
        reason = "leads out of the archive by '..'"
    elif "\\" in name:
        reason = "has a backslash in its name"
    elif "\0" in name:
        reason = "has a NUL in its name"
    elif len(name) > MAX_PATH or len(parts) > MAX_FOLDERS:
        reason = "has an endless name"
    else:
        return parts
    raise refused(archive, name, reason)


def refused(archive: str, entry: str, reason: str, remedy: str = "") -> SubmissionError:
    """The error for an entry that makes an archive unacceptable."""
    return SubmissionError(
        f"{shown(archive)} is refused: its entry {shown(entry)!r} {reason}.",
        remedy or "Make a new .zip that holds only the exercise files (`d2l-kit submit` makes one).",
    )

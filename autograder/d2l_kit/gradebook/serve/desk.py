"""What one request works with: the gradebook, opened for it alone, so that a `grade` beside it is never in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from d2l_kit.assign.model import Assignment
from d2l_kit.catalog import Course, Exercise
from d2l_kit.errors import UsageError
from d2l_kit.gradebook.model import ClassBook, Standing, State, Student
from d2l_kit.gradebook.serve.guard import Session
from d2l_kit.gradebook.standing import class_book
from d2l_kit.gradebook.store import Gradebook
from d2l_kit.report import page

if TYPE_CHECKING:
    from jinja2 import Environment

LAYOUT = "serve/site.html.j2"
_NO_STUDENT = "There is no student {id!r} in this assignment."
_NO_REPORT = "There is no report {number} in this assignment."
_GO_BACK = "The list of students has everybody."


class Missing(UsageError):
    """What an address names is not there."""


class Opened(Protocol):
    """One assignment of an open gradebook, with its rules and roster as they are now."""

    @property
    def store(self) -> Gradebook: ...
    @property
    def name(self) -> str: ...
    @property
    def assignment(self) -> Assignment | None: ...
    @property
    def roster(self) -> Sequence[Student]: ...


@dataclass(frozen=True)
class Site:
    """What all requests share.

    Attributes:
        opened: Opens the gradebook.
        who: Whose name goes with what is decided here.
        classes: Where submissions lie; may be empty.
        templates: A folder of one's own templates, as `pages` was made with.
        gradebook: What it was started with, for commands that are shown; "" for the default.
    """

    opened: Callable[[], AbstractContextManager[Opened]]
    pages: Environment
    course: Course
    who: str
    classes: tuple[Path, ...] = ()
    gradebook: str = ""
    templates: Path | None = None

    def page(self, template: str, **values: Any) -> str:
        """A page in the site's frame.

        Raises:
            UsageError: A template of one's own is at fault.
        """
        return page.render(self.pages, template, self.templates, layout=LAYOUT, **values)


@dataclass(frozen=True)
class Desk:
    """One request at work."""

    site: Site
    opened: Opened
    session: Session
    query: Mapping[str, str]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def store(self) -> Gradebook:
        """The gradebook."""
        return self.opened.store

    @property
    def name(self) -> str:
        """The assignment's."""
        return self.opened.name

    @property
    def zone(self) -> str:
        """That times are said in."""
        return self.opened.assignment.zone if self.opened.assignment else "UTC"

    def book(self) -> ClassBook:
        """The class as it stands now."""
        opened = self.opened
        return class_book(opened.store, opened.name, assignment=opened.assignment, roster=opened.roster, now=self.now)

    def standing(self, book: ClassBook, id: str) -> Standing:
        """One student by id.

        Raises:
            Missing: There is none.
        """
        for standing in book.standings:
            if standing.student.id == id:
                return standing
        raise Missing(_NO_STUDENT.format(id=id), _GO_BACK)

    def exercises(self, book: ClassBook) -> list[Exercise]:
        """Those of the assignment that are installed here."""
        return [self.site.course.by_id[id] for id in book.exercises if id in self.site.course.by_id]

    def titles(self, book: ClassBook) -> dict[str, str]:
        """Of exercises, by id."""
        return {each.id: each.title for each in self.exercises(book)}

    def page(self, template: str, **values: Any) -> str:
        """A page of the site."""
        waiting = {stored.run for stored in self.store.newest(self.name, State.PROPOSED).values()}
        site = {
            "csrf": self.session.csrf,
            "waiting": sorted(waiting),
            "assignment": self.name or "the class",
        }
        return self.site.page(template, site=site, now=self.now, zone=self.zone, address=address, **values)


def no_report(number: int) -> Missing:
    """There is no report of that number in this assignment."""
    return Missing(_NO_REPORT.format(number=number), _GO_BACK)


def address(path: str, **query: object) -> str:
    """An address of the site."""
    said = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(said, errors='replace')}" if said else path

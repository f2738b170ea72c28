"""Everything that can go wrong, by whose it is to mend; each class is tied to one exit code.

A message says what, where, why, and what to do next. `remedy` is the last of these, kept apart so that
the command line can print it on a line of its own.
"""

EXIT_OK = 0
EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2
EXIT_GRADER = 3


class KitError(Exception):
    """The root of the kit's own errors. Catch this at the command line and nowhere else.

    Args:
        message: What happened, where, and why; one or two sentences that name the file or the thing.
        remedy: What to do next, as a command where there is one. May be empty.
    """

    exit_code = EXIT_GRADER

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class UsageError(KitError):
    """The command line or a file given to it cannot be used: correct it and call again (exit 2)."""

    exit_code = EXIT_USAGE


class UnknownName(UsageError):
    """A chapter or exercise of that name does not exist; the message offers the nearest names."""


class SubmissionError(UsageError):
    """A submission cannot be read (archive refused, not UTF-8, no such file). In a class: that row only."""


class AuthorError(KitError):
    """A chapter is at fault: chapter.toml, a check, a solution, a mistake. Tell its author (exit 3)."""


class MachineError(KitError):
    """This machine cannot do what is asked (confinement, disk, memory, torch missing) (exit 3)."""


class ConfinementUnavailable(MachineError):
    """The level of confinement asked for cannot be had here; the message holds the probe that failed."""


class GraderError(KitError):
    """The grader itself broke. A stored score is never touched by it; please report it (exit 3)."""

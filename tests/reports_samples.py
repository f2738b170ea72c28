"""Ten reports that every format must be able to show, for the tests of reports, gradebook and exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from d2l_kit.report.model import (
    CheckResult,
    Confinement,
    Diagnosis,
    Evidence,
    ExerciseResult,
    ExerciseStatus,
    Location,
    Report,
    Status,
    Visibility,
)

SECRET = "SECRET-OF-THE-GRADER"  # in every field that a student must not see
VERSIONS = {"d2l-kit": "0.1.0", "python": "3.12.4", "torch": "2.13.0", "numpy": "2.3.1"}
CONFINED = Confinement("landlock", ("seccomp", "landlock abi 7"), (SECRET,), network="none", memory_bound="poll")
TELLS = "The kernel is turned upside down. A cross-correlation slides the kernel as it is."
WRONG_VALUES = """corr2d(X, K) with X: float32 of shape (3, 3), K: float32 of shape (2, 2)
should be   tensor([[19., 25.], [37., 43.]])
but it is   tensor([[ 5., 11.], [23., 29.]])"""


def public(name: str, title: str, status: Status = Status.PASSED, **more: object) -> CheckResult:
    """A public check; what only the instructor may see holds the secret."""
    return CheckResult(name, title, Visibility.PUBLIC, status, **{"detail": SECRET, "duration": 0.01, **more})


def hidden(title: str, status: Status = Status.PASSED, **more: object) -> CheckResult:
    """A hidden check: everything but title, status and weight holds the secret."""
    filled = {
        "message": SECRET,
        "detail": SECRET,
        "log": SECRET,
        "notes": (SECRET,),
        "location": Location(f"{SECRET}/checks/test_corr2d.py", 7),
        "duration": 0.02,
    }
    return CheckResult(f"{SECRET.lower()}_name", title, Visibility.HIDDEN, status, **{**filled, **more})


def corr2d(*checks: CheckResult, **more: object) -> ExerciseResult:
    """The exercise ch07/corr2d with the status that follows from its checks."""
    status = ExerciseStatus.FAILED
    ended = {check.status for check in checks}
    if ended <= {Status.PASSED} and checks:
        status = ExerciseStatus.PASSED
    elif ended <= {Status.PASSED, Status.NOT_RUN} and any(check.pending for check in checks):
        status = ExerciseStatus.PENDING
    fields = {"status": status, "file": "ch07/corr2d.py", "duration": 0.2, "time_limit": 5.0, **more}
    return ExerciseResult("ch07/corr2d", "Two-dimensional cross-correlation", 10, checks=checks, **fields)


def pool2d(*checks: CheckResult, **more: object) -> ExerciseResult:
    """The same for ch07/pool2d, worth 15 points."""
    other = {"id": "ch07/pool2d", "title": "Pooling", "points": 15, "file": "ch07/pool2d.py"}
    return replace(corr2d(*checks, **more), **other)


def untouched(id: str, points: int = 10) -> ExerciseResult:
    """An exercise that is still the stub."""
    return ExerciseResult(id, f"The exercise {id}", points, ExerciseStatus.NOT_STARTED)


def report(submission: str, *exercises: ExerciseResult, **more: object) -> Report:
    """A report of these exercises."""
    fields = {
        "graded_at": "2026-11-30T12:00:00+00:00",
        "student": submission,
        "assignment": "cnn",
        "seed": SECRET,
        "digest": SECRET,
        "versions": VERSIONS,
        "duration": 0.5,
        **more,
    }
    return Report(submission, exercises, CONFINED, **fields)


SHAPE = public("shape", "The result has the shape (h - kh + 1, w - kw + 1).")
WORKED = public("worked_example", "The worked example of section 7.2 comes out.")
TORCH = public("matches_torch", "The result agrees with torch on random input.", weight=Fraction(2))
GRADIENT = hidden("The gradient of the output flows back to the kernel.")


def all_passed() -> Report:
    """Everything passed, public and hidden."""
    return report("ada", corr2d(SHAPE, WORKED, TORCH, GRADIENT), pool2d(public("max", "Takes the maximum.")))


def partial() -> Report:
    """What a student sees most: public checks only, some fail, one was not run, the mistake is named."""
    failing = {"status": Status.FAILED, "location": Location("ch07/corr2d.py", 12)}
    return report(
        "ben",
        corr2d(
            SHAPE,
            replace(WORKED, message=WRONG_VALUES, log="shape is (2, 2)\n", **failing),
            replace(TORCH, message="corr2d(X, K) differs from torch in 4 of 4 entries", **failing),
            public(
                "batch",
                "A batch gives a batch.",
                Status.NOT_RUN,
                message="needs worked_example, which failed",
            ),
            diagnosis=Diagnosis("fingerprint", "flips_kernel", TELLS),
            notes=("corr2d is defined twice (lines 3 and 12); the last one counts",),
        ),
        pool2d(public("max", "Takes the maximum."), weightless := public("mean", "Takes the mean.")),
        untouched("ch07/lenet", 20),
        untouched("ch07/conv1x1"),
        scope="public",
        notes=(f"{weightless.name} ran on the small offline data",),
    )


def hidden_failures() -> Report:
    """Public checks pass, hidden ones fail in several ways; their fields hold the secret."""
    return report(
        "cleo",
        corr2d(
            SHAPE,
            WORKED,
            TORCH,
            replace(GRADIENT, status=Status.FAILED),
            hidden("Works for float64.", Status.RAISED, location=Location("corr2d.py", 9)),
            hidden("Works on large images.", Status.TIMEOUT),
            hidden("Leaves its arguments as they were.", Status.NOT_RUN),
        ),
    )


def pending_gpu() -> Report:
    """Checks that want a GPU: nothing failed, 2/3 of the points are pending."""
    waits = {"status": Status.NOT_RUN, "pending": True}
    return report(
        "dev",
        corr2d(
            SHAPE,
            public("gpu", "Runs on the GPU.", message="needs a GPU", **waits),
            hidden("Is fast on the GPU.", evidence=Evidence.OBSERVED, **waits),
        ),
    )


def timeout() -> Report:
    """The code hangs in one check and is fine in others."""
    hang = public("matches_torch", TORCH.title, Status.TIMEOUT, message="corr2d(X, K) did not end within 5 s")
    return report("eve", corr2d(SHAPE, replace(hang, log="step 1\rstep 2\rstep 3"), GRADIENT), pool2d(WORKED))


def memory() -> Report:
    """The worker was ended for its memory; the next check got a fresh one."""
    message = "corr2d(X, K) needed more than 2048 MiB"
    note = "failed after other checks, passed in a fresh worker"
    return report(
        "fay",
        corr2d(
            public("worked_example", WORKED.title, Status.MEMORY, message=message),
            replace(SHAPE, notes=(note,)),
            GRADIENT,
        ),
    )


def malformed() -> Report:
    """What came back was no plain data, and other ways to end without an answer."""
    return report(
        "gus",
        corr2d(
            public("worked_example", WORKED.title, Status.MALFORMED, message="corr2d(X, K) returned a generator"),
            public("exits", "Answers.", Status.EXITED, message="your code called exit()"),
            public("quiet", "Prints little.", Status.OUTPUT, message="your code printed more than 4 MiB"),
            public("rule", "Uses no conv2d.", Status.FORBIDDEN, message="line 3 uses torch.conv2d"),
            public("raises", "Ends.", Status.RAISED),
        ),
    )


def not_started() -> Report:
    """A workspace right after `d2l-kit start`."""
    names = ["conv_as_linear", "corr2d", "learn_kernel", "padding_stride", "pool2d", "lenet"]
    return report("hal", *(untouched(f"ch07/{name}") for name in names), scope="public")


def broken_archive() -> Report:
    """The submission could not be read; the maximum is the assignment's all the same."""
    note = "hw1.zip: the entry '../corr2d.py' leaves the archive; hand in a .zip of the folder"
    return report("ida", corr2d(), pool2d(), notes=(note,))


HOSTILE = "\x1b[2J\x1b[1;31mAll passed\x1b[0m ]]> & <b> \x00\x07\x9b1A \u202eevil\u2066 \udc80 \ufffe \U000e0041 done"


def unusual_text() -> Report:
    """Names, notes and output that are hard to show: escapes, NUL, surrogates, wide and long text."""
    return report(
        "Daniël Ωmega 山田太郎 😀 " + HOSTILE,
        corr2d(
            public("worked_example", WORKED.title, Status.RAISED, message=HOSTILE, log=HOSTILE + "\r\nü\tx\x0b"),
            public("wide", "深層学習" * 30, Status.FAILED, message="x" * 100_000, notes=(HOSTILE,)),
            public("twice", "The same title."),
            public("twice_", "The same title.", Status.FAILED, location=Location("hw\x1b1.ipynb", 3, cell=7)),
            hidden("The same title."),
            diagnosis=Diagnosis("mechanical", "hostile", HOSTILE),
            notes=(HOSTILE,),
            file="hw\x1b1.ipynb",
        ),
        notes=(HOSTILE,),
    )


SAMPLES: dict[str, Callable[[], Report]] = {
    make.__name__: make
    for make in (
        all_passed,
        partial,
        hidden_failures,
        pending_gpu,
        timeout,
        memory,
        malformed,
        not_started,
        broken_archive,
        unusual_text,
    )
}


def samples() -> list[Report]:
    """All ten."""
    return [make() for make in SAMPLES.values()]

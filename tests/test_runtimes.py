"""Where each runtime's submissions run, and what becomes of them where a runtime cannot be had."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.author import run
from d2l_kit.errors import MachineError
from d2l_kit.grading import launch
from d2l_kit.report.model import ExerciseStatus, Status
from d2l_kit.worker import codec
from d2l_kit.worker.handle import Bounds
from d2l_kit.worker.runtimes import available
from engine_course import GENEROUS, Case, checks, judge_all, result, write_chapter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the runtimes are Linux's")

ASKS = """@probe
def starts_a_program(module):
    import subprocess
    try:
        return subprocess.run(["g++", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


@probe
def talks_to_itself(module):
    import socket
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(server.getsockname(), timeout=5) as client:
                return client.getpeername() == server.getsockname()
    except OSError:
        return False


@probe
def interprets(module):
    import triton.language
    return type(triton.language.zeros).__name__ == "InterpretedFunction"


@probe
def keeps_kernels_in(module):
    import os
    return os.environ.get("TRITON_CACHE_DIR", "").startswith(os.environ["HOME"])


@probe
def known(module):
    return module.NAME
"""
STUB, SOLUTION = "NAME = ''\n", "NAME = 'mine'\n"


def exercise(runtime: str, body: str, stub: str = STUB, solution: str = SOLUTION) -> dict[str, Any]:
    """An exercise of a runtime with the check `here`."""
    body = "\n".join("    " + line for line in body.splitlines())
    public = f'{ASKS}\n\ndef test_here(submission, compiler):\n    """It runs here."""\n{body}\n'
    return {"points": 5, "more": f'runtime = "{runtime}"', "stub": stub, "solution": solution, "public": public}


CASES = {
    "torch": "assert not submission.run(starts_a_program)\nassert not submission.run(talks_to_itself)",
    "cuda": "assert submission.run(starts_a_program)\nassert not submission.run(talks_to_itself)",
    "distributed": "assert submission.run(talks_to_itself)\nassert not submission.run(starts_a_program)",
    "triton": (
        "assert submission.run(interprets)\n"
        "assert not compiler.run(interprets)\n"
        "assert submission.run(keeps_kernels_in) and compiler.run(keeps_kernels_in)\n"
        "assert compiler.run(known) == submission.run(known) == 'mine'"
    ),
}


@pytest.mark.parametrize("runtime", CASES)
def test_each_runtime_has_workers_that_can_do_what_it_needs_and_no_more(tmp_path: Path, runtime: str) -> None:
    if runtime == "triton":
        pytest.importorskip("triton")
    if runtime == "cuda" and shutil.which("g++") is None:
        pytest.skip("there is no C++ compiler")
    chapter = write_chapter(tmp_path, {"step": exercise(runtime, CASES[runtime])})
    found = judge_all(chapter, {"mine": Case("step", SOLUTION)})
    if result(found, "mine").status is not ExerciseStatus.PASSED and _weak(found):
        pytest.skip("this machine cannot confine at the level `namespaces`")
    assert result(found, "mine").status is ExerciseStatus.PASSED, checks(found, "mine")["here"].message


def test_a_compiler_that_ended_in_one_check_is_there_again_in_the_next(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    parts = exercise("triton", "import os\nassert compiler.run(known) == 'mine'")
    parts["public"] += (
        "\n\n@probe\ndef ends(module):\n    import os\n    os._exit(3)\n\n\n"
        'def test_ends(submission, compiler):\n    """It ends."""\n    compiler.run(ends)\n\n\n'
        'def test_after(submission, compiler):\n    """It is there."""\n    assert compiler.run(known) == "mine"\n'
    )
    found = judge_all(write_chapter(tmp_path, {"step": parts}), {"mine": Case("step", SOLUTION)})
    ended = {name: check.status for name, check in checks(found, "mine").items()}
    assert ended == {"here": Status.PASSED, "ends": Status.EXITED, "after": Status.PASSED}


@pytest.mark.parametrize("runtime", ["triton", "cuda", "distributed"])
def test_points_wait_for_another_machine_where_a_runtime_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    def missing(asked: str, level: str) -> str:
        return "needs what is not here" if asked == runtime else ""

    monkeypatch.setattr(available, "missing", missing)
    parts = exercise(runtime, "assert submission.run(known) == 'mine'")
    found = judge_all(
        write_chapter(tmp_path, {"step": parts, "other": exercise("torch", "assert submission.run(known) == 'mine'")}),
        {"mine": Case("step", SOLUTION), "beside": Case("other", SOLUTION)},
    )
    check = checks(found, "mine")["here"]
    assert (check.status, check.pending, check.message) == (Status.NOT_RUN, True, "needs what is not here")
    assert result(found, "mine").status is ExerciseStatus.PENDING
    assert result(found, "beside").status is ExerciseStatus.PASSED


def test_an_author_is_told_what_the_machine_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(available, "missing", lambda runtime, level: "needs what is not here")
    chapter = write_chapter(tmp_path, {"step": exercise("cuda", "pass")})
    with pytest.raises(MachineError, match="'cuda' cannot be tried here: it needs what is not here"):
        run.hold(chapter.exercises, ["one"], lambda bench, index: {}, jobs=1)


@pytest.mark.parametrize(
    ("runtime", "level", "said"),
    [
        ("distributed", "landlock", "network of its own"),
        ("distributed", "namespaces", ""),
        ("distributed", "none", ""),
        ("torch", "landlock", ""),
    ],
)
def test_many_ranks_need_a_network_among_themselves(runtime: str, level: str, said: str) -> None:
    assert said in available.missing(runtime, level)
    assert bool(said) == bool(available.missing(runtime, level))


@contextmanager
def without(monkeypatch: pytest.MonkeyPatch, program: str) -> Iterator[None]:
    """A machine that lacks a program."""
    with monkeypatch.context() as patch:
        which = shutil.which
        patch.setattr(shutil, "which", lambda name: None if name == program else which(name))
        yield


def test_cuda_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    with without(monkeypatch, "g++"):
        assert "g++" in available.missing("cuda", "namespaces")


def _weak(found: Any) -> bool:
    report = found["mine"]
    return getattr(getattr(report, "confinement", None), "level", "") != "namespaces"


def test_a_device_is_there_for_workers_that_were_promised_it_and_for_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    # A worker has no terminal: ENXIO is the driver's own answer, which nobody hears who cannot reach it.
    device = "/dev/tty"
    if not Path(device).is_char_device():
        pytest.skip(f"there is no {device} to stand for a GPU")
    monkeypatch.setattr(launch, "GPU_DEVICES", ("tty",))
    probe = (
        "def opens(module, path):\n    import os\n    try:\n        return os.open(path, os.O_RDONLY) * 0\n"
        "    except OSError as error:\n        return error.errno\n"
    )
    seen = {}
    for asked in ("cpu", "auto"):
        with launch.workers([], level="", allow_weaker=True, start="fresh", device=asked) as found:
            worker = found.spawn(Bounds(gpu=asked != "cpu"))
            level = worker.confinement.level
            assert worker.load("step", STUB, "step.py", 0, GENEROUS, {}).outcome == "returned"
            seen[asked] = worker.run(probe, "opens", codec.encode(((device,), {})), 0, GENEROUS).value
            worker.close()
        if level not in ("landlock", "namespaces"):
            pytest.skip(f"at the level {level} every device is open")
    assert seen["auto"] == errno.ENXIO
    assert seen["cpu"] in (errno.ENOENT, errno.EACCES)

"""What a GPU adds to a verdict. No test has one: the CPU stands in for it, under another name of torch's for it."""

from __future__ import annotations

import re
import shutil
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from d2l_kit.errors import AuthorError, GraderError
from d2l_kit.grading import gpu, judge, launch, speed
from d2l_kit.grading.asserts import CheckFailed
from d2l_kit.grading.evidence import Subject
from d2l_kit.grading.probes import Probe, probe
from d2l_kit.report.model import ExerciseStatus, Status
from d2l_kit.worker import flavours
from d2l_kit.worker.protocol import Answer
from d2l_kit.worker.runtimes import available, on_gpu, shim
from engine_course import Case, checks, judge_all, result, write_chapter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the runtimes are Linux's")

STAND_IN = "cpu:0"
STUB = "def twice(x):\n    raise NotImplementedError\n"
RIGHT = "def twice(x):\n    return x + x\n"
# Where kernels are interpreted Triton says so; a GPU's worker compiles them.
WRONG_THERE = "import os\n\n\ndef twice(x):\n    return x + x + (os.environ.get('TRITON_INTERPRET') is None)\n"
ENDS_THERE = "import os\n\n\ndef twice(x):\n    return x + x if os.environ.get('TRITON_INTERPRET') else os._exit(3)\n"
CHECKS = '''from d2l_kit.checks import kernels


def test_values(submission):
    """Every element is doubled."""
    assert_close(kernels.launch(submission, "twice", torch.ones(3)).result, torch.full((3,), 2.0))


@pytest.mark.observed
def test_launches(submission):
    """Nothing is launched."""
    kernels.assert_no_launch(kernels.launch(submission, "twice", torch.ones(3)))


@pytest.mark.needs_gpu
def test_there(submission):
    """It is right on a GPU."""
    assert submission.device != "cpu"
    assert_close(kernels.launch(submission, "twice", torch.ones(4)).result, torch.full((4,), 2.0))
'''
DOUBLES = {"points": 6, "more": 'runtime = "triton"', "stub": STUB, "solution": RIGHT, "public": CHECKS}


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the CPU stand in for a GPU which, for some reason, cannot be used, or can ("")."""
    pytest.importorskip("triton")
    monkeypatch.setattr(judge, "GPU", STAND_IN)
    monkeypatch.setattr(launch, "_gpu_devices", lambda: ("/dev/tty",))
    monkeypatch.setattr(launch, "has_gpu", lambda device: True)

    def usable(why: str) -> None:
        monkeypatch.setattr(gpu, "unusable", lambda spawn, runtimes, device: dict.fromkeys(runtimes, why))

    return usable


def judged(tmp_path: Path, parts: Mapping[str, Any], device: str = "auto", **texts: str) -> dict[str, Any]:
    """The reports of some texts for the one exercise there is."""
    chapter = write_chapter(tmp_path, {"step": parts})
    return judge_all(chapter, {name: Case("step", text) for name, text in texts.items()}, device=device)


def test_what_is_established_has_to_hold_on_the_gpu_too(tmp_path: Path, a_gpu: Callable[[str], None]) -> None:
    a_gpu("")
    found = judged(tmp_path, DOUBLES, right=RIGHT, wrong=WRONG_THERE, ends=ENDS_THERE)
    assert result(found, "right").status is ExerciseStatus.PASSED
    assert result(found, "right").notes == (judge.ON_GPU_NOTE,)
    assert found["right"].device == "cuda"
    wrong = checks(found, "wrong")
    assert {name: check.status for name, check in wrong.items()} == {
        "values": Status.FAILED,
        "launches": Status.PASSED,  # nothing is observed there
        "there": Status.FAILED,
    }
    assert re.match(r"On the GPU:\nTried twice\(", wrong["values"].message)
    assert checks(found, "ends")["values"].status is Status.EXITED


def test_without_a_gpu_only_its_own_checks_wait(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    found = judged(tmp_path, DOUBLES, device="cpu", right=RIGHT, wrong=WRONG_THERE)
    assert found["right"].device == "cpu"
    for name in ("right", "wrong"):
        assert [check.pending for check in checks(found, name).values()] == [False, False, True]
        assert checks(found, name)["there"].message == "needs a GPU"
        assert (result(found, name).earned, result(found, name).pending) == (4, 2)


def test_a_gpu_that_cannot_be_used_fails_nobody(tmp_path: Path, a_gpu: Callable[[str], None]) -> None:
    a_gpu("the driver is too old")
    found = judged(tmp_path, DOUBLES, wrong=WRONG_THERE)
    assert [check.status for check in checks(found, "wrong").values()] == [Status.PASSED, Status.PASSED, Status.NOT_RUN]
    assert checks(found, "wrong")["there"].message == "needs a GPU: the driver is too old"
    assert found["wrong"].device == "cpu"
    with pytest.raises(GraderError, match="--device cuda: the driver is too old"):
        judged(tmp_path / "again", DOUBLES, device="cuda", right=RIGHT)


def test_a_gpu_is_not_asked_for_what_this_machine_lacks(
    tmp_path: Path, a_gpu: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(available, "missing", lambda runtime, level: "needs Triton" if runtime == "triton" else "")
    found = judged(tmp_path, DOUBLES, device="cuda", right=RIGHT)
    assert {check.message for check in checks(found, "right").values()} == {"needs Triton"}
    assert result(found, "right").status is ExerciseStatus.PENDING


def test_a_gpu_is_tried_with_kernels_of_our_own(tmp_path: Path, a_gpu: Callable[[str], None]) -> None:
    # The stand-in has no driver, which must be found before a student's kernel is blamed for it.
    found = judged(tmp_path, DOUBLES, right=RIGHT)
    said = checks(found, "right")["there"].message
    assert said.startswith("needs a GPU: a kernel of the kit's own could not be run there")
    plain = {**DOUBLES, "more": "", "public": PLAIN_CHECK}
    found = judged(tmp_path / "torch", plain, right=RIGHT)
    assert result(found, "right").status is ExerciseStatus.PASSED  # torch can compute on the stand-in
    assert result(found, "right").notes == ()  # only what is its own runs there


PLAIN_CHECK = '''@pytest.mark.needs_gpu
def test_there(submission):
    """It is right on a GPU."""
    assert_close(submission.twice(torch.ones(2)), torch.full((2,), 2.0))
'''


def test_a_check_that_looks_at_what_is_observed_must_say_so(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    unmarked = {**DOUBLES, "public": CHECKS.replace("@pytest.mark.observed\n", "")}
    found = judged(tmp_path, unmarked, device="cpu", right=RIGHT)
    assert isinstance(found["right"], AuthorError)
    assert "Mark the check `observed`" in str(found["right"])


def test_with_a_gpu_there_are_workers_that_may_compile() -> None:
    assert flavours.needed(["torch", "triton"]) == (flavours.PLAIN, flavours.INTERPRETER)
    assert flavours.needed(["torch", "distributed"], gpu=True) == (flavours.PLAIN,)
    assert flavours.needed(["cuda"], gpu=True) == (flavours.PLAIN, flavours.TOOLCHAIN, flavours.DEVICE)
    assert flavours.of_runtime("torch", gpu=True) == flavours.PLAIN


def test_the_drivers_folders_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "nvidia" / "libcuda.so.1"
    real.parent.mkdir()
    real.touch()
    link = tmp_path / "lib" / "libcuda.so.1"
    link.parent.mkdir()
    link.symlink_to(real)
    listed = f"\tlibcuda.so.1 (libc6,x86-64) => {link}\n\tlibcuda.so (libc6,x86-64) => {tmp_path}/no/libcuda.so\n"
    program = tmp_path / "ldconfig"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}END\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: str(program))
    assert flavours.driver_folders() == (str(link.parent), str(real.parent))


SOURCE = shim.Source("__global__ void twice(float *x, int n) { if (threadIdx.x < n) x[threadIdx.x] *= 2; }", 1)


def test_cuda_is_built_into_a_library_that_launches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("there is no nvcc")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path, built = on_gpu.build(SOURCE, "twice", "sm_90")
    assert built
    assert b"d2l_launch" in Path(path).read_bytes()
    assert on_gpu.build(SOURCE, "twice", "sm_90") == (path, False)
    module = types.ModuleType("twice")
    module.CUDA_SOURCE = SOURCE.text.replace("int n", "int m")  # type: ignore[attr-defined]
    monkeypatch.setattr(on_gpu, "architecture", lambda: "sm_90")
    answer = on_gpu.run_kernel(module, "twice", (1,), (32,), [torch.ones(3), 3], 8)
    assert (answer["outcome"], answer["where"]["line"]) == ("compile", 1)


def test_cuda_says_what_it_has_against_a_launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("nvcc") is None or torch.cuda.is_available():
        pytest.skip("this wants nvcc and no GPU")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(on_gpu, "architecture", lambda: "sm_90")
    monkeypatch.setattr(on_gpu, "DEVICE", "cpu")
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    module = types.ModuleType("twice")
    module.CUDA_SOURCE = SOURCE.text  # type: ignore[attr-defined]
    answer = on_gpu.run_kernel(module, "twice", (1,), (32,), [torch.ones(3), 3], 8)
    assert answer["outcome"] == "gpu"
    assert "driver" in answer["where"]["text"]


@probe
def yardstick(module, x):
    """What there is already."""
    return x + x


def runner(mine: list[Any], theirs: list[Any], asked: list[Probe]) -> Subject:
    """A submission and a yardstick whose calls take as long as is said here, one after the other."""

    def answering(times: list[Any]) -> Callable[..., Answer]:
        def ask(probe: Probe, payload: object, seed: int) -> Answer:
            asked.append(probe)
            return Answer("returned", {"result": len(times), "milliseconds": times.pop(0)})

        return ask

    subject = Subject("submission", answering(mine), 1)
    subject.pristine = lambda: Subject("yardstick", answering(theirs), 1)
    return subject


def test_a_call_that_is_fast_enough_once_is_fast_enough() -> None:
    asked: list[Probe] = []
    subject = runner([9.0, 2.0], [1.0, 4.0], asked)
    fast = speed.assert_fast_on_gpu(subject, "twice", torch.ones(2), yardstick=yardstick, what="torch", times=2.0)
    assert fast == 1
    scope: dict[str, Any] = {"torch": torch}
    exec(compile(asked[1].source, "yardstick", "exec"), scope)
    assert {"yardstick", asked[1].name} <= scope.keys()


def test_a_call_that_is_too_slow_is_told_both_times() -> None:
    subject = runner([9.0, 8.0, 7.0], [2.0, 2.5, 2.1], [])
    with pytest.raises(CheckFailed) as failed:
        speed.assert_fast_on_gpu(
            subject, "twice", torch.ones(2), yardstick=yardstick, what="torch", times=2.0, help="H"
        )
    assert failed.value.expected == "On this GPU it should take at most 2 times as long as torch."
    assert failed.value.got == "It took 7 ms, torch 2 ms: 3.5 times."
    assert failed.value.help == "H"


@pytest.mark.parametrize("told", [0.0, -1.0, float("nan"), "fast", None])
def test_a_time_that_is_none_does_not_count(told: Any) -> None:
    with pytest.raises(CheckFailed, match="no time"):
        speed.assert_fast_on_gpu(
            runner([told], [1.0], []), "twice", torch.ones(2), yardstick=yardstick, what="torch", times=2.0
        )


def test_only_with_a_gpu_a_worker_may_name_its_threads(tmp_path: Path, a_gpu: Callable[[str], None]) -> None:
    # CUDA's driver does, by opening a file below /proc/self for writing, and does not start where it is refused.
    a_gpu("")
    names = '''@probe
def names_a_thread(module):
    import os
    try:
        os.close(os.open("/proc/self/task/%d/comm" % os.getpid(), os.O_WRONLY | os.O_TRUNC))
    except OSError as error:
        return error.errno
    return 0


@pytest.mark.needs_gpu
def test_there(submission):
    """A thread gets a name."""
    assert submission.run(names_a_thread) == 0
'''
    found = judged(tmp_path, {**DOUBLES, "more": "", "public": names}, right=RIGHT)
    assert result(found, "right").status is ExerciseStatus.PASSED, checks(found, "right")["there"].message
    here = names.replace("@pytest.mark.needs_gpu\n", "").replace("== 0", "!= 0")
    found = judged(tmp_path / "cpu", {**DOUBLES, "more": "", "public": here}, device="cpu", right=RIGHT)
    assert result(found, "right").status is ExerciseStatus.PASSED

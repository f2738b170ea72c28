"""`doctor`: says what was found and what to do, ends with the conclusion, and imports no torch."""

from __future__ import annotations

import enum
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
from d2l_kit.cli import _machine, main

Probes = Callable[..., None]


class Level(enum.IntEnum):
    """The levels as the confinement names them."""

    NONE = 0
    PROCESS = 1
    LANDLOCK = 2
    NAMESPACES = 3

    @property
    def label(self) -> str:
        """As reports name it."""
        return self.name.lower()


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Probes:
    """Says which levels this machine is to have."""

    def install(*held: Level) -> None:
        def probe(level: Level) -> SimpleNamespace:
            if level in held:
                return SimpleNamespace(steps=(step("fork", "PASS"),))
            return SimpleNamespace(steps=(step("fork", "PASS"), step("unshare", "FAIL", "EPERM", "Allow namespaces.")))

        module = "d2l_kit.worker.confinement"
        monkeypatch.setattr(f"{module}.Level", Level, raising=False)
        monkeypatch.setattr(f"{module}.probe", probe, raising=False)

    return install


def step(name: str, verdict: str, reason: str = "", remedy: str = "") -> SimpleNamespace:
    return SimpleNamespace(name=name, verdict=verdict, reason=reason, remedy=remedy)


def test_a_machine_with_everything_can_grade_a_class(probes: Probes, capsys: pytest.CaptureFixture[str]) -> None:
    probes(Level.PROCESS, Level.LANDLOCK, Level.NAMESPACES)
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "This machine can grade a class: level namespaces"
    assert "torch ... PASS" in out
    assert "confinement: landlock ... PASS" in out


def test_what_is_missing_for_more_is_in_the_last_line(probes: Probes, capsys: pytest.CaptureFixture[str]) -> None:
    probes(Level.PROCESS, Level.LANDLOCK)
    assert main(["doctor"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "can grade a class: level landlock" in last
    assert "namespaces" in last
    assert "unshare: EPERM" in last
    assert "Allow namespaces." in last


def test_a_lower_level_that_fails_takes_nothing_from_a_higher_one(
    probes: Probes, capsys: pytest.CaptureFixture[str]
) -> None:
    probes(Level.NAMESPACES)
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "confinement: landlock ... CAUTION: unshare: EPERM" in out
    assert out.splitlines()[-1] == "This machine can grade a class: level namespaces"


def test_a_weak_machine_is_for_ones_own_work(probes: Probes, capsys: pytest.CaptureFixture[str]) -> None:
    probes(Level.PROCESS)
    assert main(["doctor"]) == 0
    assert "can check your own work (level process)" in capsys.readouterr().out.splitlines()[-1]


def test_without_torch_nothing_can_be_checked(
    probes: Probes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probes(*Level)
    real = _machine.version

    def version(name: str) -> str:
        if name == "torch":
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(_machine, "version", version)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "torch ... FAIL" in out
    assert "pip install torch" in out.splitlines()[-1]


def test_a_probe_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def probe(level: Level) -> None:
        raise RuntimeError("no such call")

    monkeypatch.setattr("d2l_kit.worker.confinement.Level", Level, raising=False)
    monkeypatch.setattr("d2l_kit.worker.confinement.probe", probe, raising=False)
    assert main(["doctor"]) == 0
    assert "the probe broke: RuntimeError: no such call" in capsys.readouterr().out


def test_json_is_one_document(probes: Probes, capsys: pytest.CaptureFixture[str]) -> None:
    probes(*Level)
    assert main(["doctor", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "d2l-kit/doctor/1"
    assert document["level"] == "namespaces"
    assert {finding["name"] for finding in document["findings"]} >= {"python", "torch", "memory", "gpu"}


def test_a_bug_report_tells_no_user_and_no_folder(
    probes: Probes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probes(*Level)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert main(["doctor"]) == 0
    assert str(tmp_path) not in capsys.readouterr().out


def test_a_full_or_missing_temporary_folder_is_said(
    probes: Probes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    probes(*Level)
    monkeypatch.setattr(_machine.tempfile, "TemporaryFile", full)
    assert main(["doctor"]) == 0
    assert "temporary folder ... FAIL: cannot be written: No space left on device" in capsys.readouterr().out


def test_a_gpu_is_named_by_nvidia_smi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_machine.shutil, "which", lambda name: "nvidia-smi")
    answer = SimpleNamespace(stdout="Some GPU, 81559 MiB, 570.1\n", returncode=0)
    monkeypatch.setattr(_machine.subprocess, "run", lambda *a, **k: answer)
    assert _machine._gpu().detail == "Some GPU, 81559 MiB, 570.1"


def test_the_real_doctor_imports_no_torch(tmp_path: Path) -> None:
    script = "import sys; from d2l_kit.cli import main; main(['doctor']); sys.exit('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={**os.environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "This machine can" in done.stdout.splitlines()[-1]

"""`assign export --to gradescope`: the zip, laid out and run as Gradescope does, as root in /autograder."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.assign.exports import _wheels
from d2l_kit.cli import main
from d2l_kit.gradebook import on_gradescope

ROOT = Path(__file__).parent.parent
SOLUTION = (ROOT / "reference/d2l_reference/ch07_cnn/corr2d.py").read_text(encoding="utf-8")
NEW = ("assign", "new", "hw2", "--exercises", "corr2d", "--due", "2026-12-01 23:59", "--tz", "Europe/Berlin")
AUTOGRADER = Path("/autograder")
KILLED_IN_THE_MIDDLE = """\
import os, signal, sys, threading
if "grade" in sys.orig_argv:
    killer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGKILL))
    killer.daemon = True
    killer.start()
"""


def metadata(**changes: Any) -> dict[str, Any]:
    """As in Gradescope's documentation."""
    return {
        "id": 123456,
        "created_at": "2026-11-30T12:00:00.000000-08:00",
        "assignment": {"due_date": "2026-12-01T23:59:00.000000+01:00", "title": "hw2", "total_points": "10.0"},
        "submission_method": "upload",
        "users": [{"email": "ada@example.org", "id": 1234, "name": "Ada Lovelace"}],
        "previous_submissions": [],
    } | changes


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an assignment, 10 % off for each late day, and its zip."""
    folder = tmp_path_factory.mktemp("gradescope")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(NEW) == 0
        file = folder / "hw2" / "assignment.toml"
        text = file.read_text(encoding="utf-8").replace("percent = 0", "percent = 10")
        text = text.replace('# roster = "roster.csv"', 'roster = "people.csv"')
        text += '\n[[extension]]\nstudent = "s7"\ndue = "2026-12-08 23:59"\n'
        file.write_text(text, encoding="utf-8")
        people = "id,name,email\ns7,Ben,ben@example.org\n"
        (folder / "hw2" / "people.csv").write_text(people, encoding="utf-8")
        assert main(["assign", "export", "hw2", "--to", "gradescope"]) == 0
    return folder


@pytest.fixture
def container(exported: Path, tmp_path: Path) -> Iterator[Path]:
    """What /autograder holds before a submission is graded; a submission and its metadata are there."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting /autograder needs Linux, root and unshare")
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("no mount namespace can be had here")
    made_here = not AUTOGRADER.exists()
    AUTOGRADER.mkdir(exist_ok=True)  # empty: a mount in a namespace of its own covers it
    tree = tmp_path / "autograder"
    (tree / "submission").mkdir(parents=True)
    (tree / "results").mkdir()
    unpack(exported / "hw2" / "hw2-gradescope.zip", tree / "source")
    shutil.copy(tree / "source" / "run_autograder", tree)
    (tree / "submission" / "corr2d.py").write_text(SOLUTION, encoding="utf-8")
    hand_in(tree)
    yield tree
    if made_here and not any(AUTOGRADER.iterdir()):
        AUTOGRADER.rmdir()


def unpack(archive: Path, folder: Path) -> None:
    """With modes, as `unzip` does."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
        for entry in packed.infolist():
            (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)


def hand_in(tree: Path, **changes: Any) -> None:
    (tree / "submission_metadata.json").write_text(json.dumps(metadata(**changes)), encoding="utf-8")


def run(tree: Path, before: str = "", **environment: str) -> dict[str, Any]:
    """Run the autograder as Gradescope does; returns results.json, read strictly.

    Args:
        before: Shell commands to give in the container first.
    """
    script = f"mount --bind {tree} /autograder && cd /autograder && {before or 'true'} && ./run_autograder; cat {{}}"
    script = script.format("/autograder/results/results.json > /autograder/seen.json")
    made = subprocess.run(
        ["unshare", "-m", "bash", "-c", script],
        env=os.environ | {"D2L_PYTHON": sys.executable} | environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    text = (tree / "seen.json").read_text(encoding="utf-8")
    assert text.endswith("\n"), made.stdout + made.stderr
    found = json.loads(text, parse_constant=pytest.fail)
    assert isinstance(found["score"], (int, float)), made.stderr
    assert found["stdout_visibility"] == "hidden"
    for test in found["tests"]:
        assert "score" in test or "status" in test
        assert 0 <= test.get("score", 0) <= test.get("max_score", 0)
    assert found["tests"]
    assert not (tree / "results" / "results.json.part").exists()
    return found


def seen_by_the_student(found: dict[str, Any]) -> str:
    shown = [test for test in found["tests"] if test.get("visibility") != "hidden"]
    return json.dumps([found["output"], shown], ensure_ascii=False)


@pytest.mark.slow
def test_the_zip_has_what_gradescope_runs_at_its_root_and_is_the_same_when_made_twice(
    exported: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(exported)
    again = tmp_path / "again.zip"
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--out", str(again)]) == 0
    assert "yours alone" in capsys.readouterr().out
    content = again.read_bytes()
    assert content == (exported / "hw2" / "hw2-gradescope.zip").read_bytes()
    assert again.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = packed.namelist()
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in packed.infolist()}
        first = packed.read("run_autograder").splitlines()[0]
        constraints = packed.read("constraints.txt").decode()
    assert {"setup.sh", "run_autograder", "assignment.toml", "unfinished.json", "roster.csv"} <= set(names)
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755
    assert first == b"#!/usr/bin/env bash"
    assert len([name for name in names if name.startswith("wheels/d2l_kit-")]) == 1
    assert len([name for name in names if name.startswith("wheels/d2l_kit_instructor-")]) == 1
    assert "torch==" in constraints
    assert "+" not in constraints


@pytest.mark.slow
def test_a_submission_is_graded_with_hidden_checks_and_says_how_it_was_confined(container: Path) -> None:
    found = run(container)
    assert found["score"] == 10
    assert found["extra_data"]["confinement"] in ("namespaces", "landlock", "process", "none")
    assert found["extra_data"]["student"] == "ada@example.org"
    assert {"hidden", "public"} <= {tag for test in found["tests"] for tag in test["tags"]}
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(10, abs=0.05)
    assert "late" not in found["output"]
    if found["extra_data"]["confinement"] in ("process", "none"):
        assert "weaker than it should be" in found["output"]


@pytest.mark.slow
def test_a_container_without_namespaces_grades_and_tells_the_level(container: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("taking a capability away needs setpriv")
    # Without the capability, and in another root, where the kernel gives no user namespace that would bring it back.
    lesser = f'exec setpriv --bounding-set -sys_admin chroot /autograder/root {sys.executable} "$@"'
    (container / "lesser").write_text(f"#!/bin/bash\n{lesser}\n", encoding="utf-8")
    (container / "lesser").chmod(0o755)
    (container / "root").mkdir()
    found = run(container, "mount --rbind / root", D2L_PYTHON="/autograder/lesser")
    level = found["extra_data"]["confinement"]
    assert level != "namespaces"
    assert ("weaker than it should be" in found["output"]) == (level != "landlock")
    assert found["score"] == 10
    file = container / "source" / "assignment.toml"
    text = file.read_text(encoding="utf-8").replace('# confinement = "namespaces"', 'confinement = "namespaces"')
    file.write_text(text, encoding="utf-8")
    refused = run(container, "mount --rbind / root", D2L_PYTHON="/autograder/lesser")
    assert refused["score"] == 0
    assert refused["output"] == on_gradescope.OUR_FAULT
    (details,) = [test for test in refused["tests"] if test.get("visibility") == "hidden"]
    assert "namespaces" in details["output"]


@pytest.mark.slow
def test_lateness_counts_from_the_metadata_and_an_extension_by_the_roster(container: Path) -> None:
    hand_in(container, created_at="2026-12-02T23:00:00+01:00", previous_submissions=[{"score": "3.0"}])
    late = run(container)
    assert late["score"] == 9
    assert "10 of 10 points become 9." in late["output"]
    assert "23 hours 1 minute late: 10 % taken off" in late["output"]
    assert late["extra_data"]["attempt"] == 2
    users = [{"email": "Ben@example.org", "id": 7, "name": "Ben"}]
    hand_in(container, created_at="2026-12-02T23:00:00+01:00", users=users)
    extended = run(container)
    assert extended["score"] == 10
    assert extended["extra_data"]["student"] == "s7"


@pytest.mark.slow
def test_metadata_that_is_missing_or_of_a_newer_form_stops_nothing_and_is_said(container: Path) -> None:
    (container / "submission_metadata.json").write_text('{"version": 9, "users": {"ada": 1}}', encoding="utf-8")
    newer = run(container)
    assert newer["score"] == 10
    assert "nothing is known of when this was handed in" in newer["output"]
    (container / "submission_metadata.json").unlink()
    assert "metadata is missing" in run(container)["output"]


@pytest.mark.slow
def test_what_is_broken_or_missing_earns_nothing_and_is_told_so(container: Path) -> None:
    (container / "submission" / "corr2d.py").write_text("def corr2d(X, K:\n", encoding="utf-8")
    broken = run(container)
    assert broken["score"] == 0
    assert "corr2d.py" in seen_by_the_student(broken)
    shutil.rmtree(container / "submission")
    (container / "submission").mkdir()
    (container / "submission" / "hw2.zip").write_bytes(b"PK no zip")
    (container / "submission" / "link.py").symlink_to("/etc/passwd")
    nothing = run(container)
    assert nothing["score"] == 0
    assert "root:" not in json.dumps(nothing)


@pytest.mark.slow
def test_a_submission_to_another_assignment_is_refused_in_words(container: Path) -> None:
    mark = 'format = 1\nassignment = "hw9"\n'
    (container / "submission" / "d2l-kit.toml").write_text(mark, encoding="utf-8")
    found = run(container)
    assert found["score"] == 0
    assert "hw9" in found["output"] or "hw9" in seen_by_the_student(found)


@pytest.mark.slow
def test_the_kit_killed_in_the_middle_leaves_results_that_say_so(container: Path) -> None:
    helper = container / "helper"
    helper.mkdir()
    (helper / "sitecustomize.py").write_text(KILLED_IN_THE_MIDDLE, encoding="utf-8")
    found = run(container, PYTHONPATH=str(helper))
    assert found["score"] == 0
    assert "stopped while it graded" in found["output"]
    assert "Traceback" not in seen_by_the_student(found)
    (details,) = [test for test in found["tests"] if test.get("visibility") == "hidden"]
    assert f"ended with -{int(signal.SIGKILL)}" in details["output"]


@pytest.mark.slow
def test_everything_killed_leaves_results_that_say_it_did_not_finish(container: Path) -> None:
    dead = container / "dead"
    dead.write_text("#!/bin/bash\nkill -9 $$\n", encoding="utf-8")
    dead.chmod(0o755)
    found = run(container, D2L_PYTHON="/autograder/dead")
    assert found["score"] == 0
    assert "did not finish" in found["output"]
    assert [test["max_score"] for test in found["tests"]] == [10]


@pytest.mark.slow
def test_a_full_disk_leaves_results_that_say_so(container: Path) -> None:
    talkative = SOLUTION.replace("    (h, w)", "    print('long' * 500)\n    (h, w)", 1)
    assert talkative != SOLUTION
    (container / "submission" / "corr2d.py").write_text(talkative, encoding="utf-8")
    assert "did not finish" in run(container, "mount -t tmpfs -o size=4k none results")["output"]
    found = run(container, "mount -t tmpfs -o size=8k none results")
    assert found["score"] == 0
    assert "failed" in found["output"]
    (details,) = [test for test in found["tests"] if test.get("visibility") == "hidden"]
    assert "No space left" in details["output"]


@pytest.mark.slow
def test_too_little_memory_for_the_kit_is_our_failure_without_a_traceback_for_the_student(container: Path) -> None:
    found = run(container, "ulimit -v 600000")
    assert found["score"] == 0
    assert "autograder" in found["output"]
    assert "Traceback" not in seen_by_the_student(found)
    assert [test for test in found["tests"] if test.get("visibility") == "hidden"]


@pytest.mark.slow
def test_an_assignment_that_cannot_be_read_is_our_failure(container: Path) -> None:
    file = container / "source" / "assignment.toml"
    text = file.read_text(encoding="utf-8").replace('# confinement = "namespaces"', 'confinement = "nonsense"')
    file.write_text(text, encoding="utf-8")
    found = run(container)
    assert found["output"] == on_gradescope.OUR_FAULT
    assert "nonsense" not in seen_by_the_student(found)


@pytest.mark.slow
def test_hidden_checks_that_are_never_shown_are_summed_up(container: Path) -> None:
    file = container / "source" / "assignment.toml"
    text = file.read_text(encoding="utf-8").replace('hidden_checks = "always"', 'hidden_checks = "never"')
    file.write_text(text, encoding="utf-8")
    found = run(container)
    assert found["score"] == 10
    assert [test["name"].rpartition(": ")[2] for test in found["tests"] if "tags" not in test] == ["hidden checks"]
    assert not [test for test in found["tests"] if "hidden" in test.get("tags", ())]


@pytest.mark.slow
def test_setup_installs_torch_alone_first_and_then_the_wheels_with_pinned_versions(
    exported: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    unpack(exported / "hw2" / "hw2-gradescope.zip", source)
    for script in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n", str(source / script)], check=False).returncode == 0
    log, tools, place = tmp_path / "log", tmp_path / "tools", tmp_path / "venv"
    tools.mkdir()
    recorder = f'#!/bin/bash\necho "$@" >> {log}\n'
    imitation = (
        f'#!/bin/bash\nif [ "$1" = -c ]; then exec {sys.executable} "$@"; fi\n'
        f'mkdir -p "$3/bin" && cp {tools}/record "$3/bin/python" && cp {tools}/record "$3/bin/d2l-kit"\n'
    )
    for name, text in {"record": recorder, "python3": imitation}.items():
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    for index in ("https://torch.example/cpu", ""):
        log.unlink(missing_ok=True)
        environment = {"PATH": f"{tools}:{os.environ['PATH']}", "VENV": str(place), "TORCH_INDEX": index}
        made = subprocess.run(["bash", str(source / "setup.sh")], env=environment, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr
        torch, kit, doctor = log.read_text(encoding="utf-8").splitlines()
        assert torch.startswith("-m pip install --no-deps") and torch.endswith(" torch")
        assert (f"--index-url {index}" in torch) == bool(index)
        assert kit.count(".whl") == 2
        assert "-c " in kit
        assert doctor == "doctor"
    assert (source / "assignment.toml").stat().st_mode & 0o077 == 0


def test_an_unknown_platform_offers_the_nearest_and_names_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assign", "export", str(tmp_path), "--to", "gradscope"]) == 2
    said = capsys.readouterr().err
    assert "'gradscope'" in said
    assert "Did you mean 'gradescope'?" in said
    assert "classroom50" in said


def test_wheels_that_are_missing_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d"]) == 0
    empty = tmp_path / "dist"
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty)]) == 2
    assert "no such folder" in capsys.readouterr().err
    empty.mkdir()
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty)]) == 2
    assert "holds no wheel of d2l-kit" in capsys.readouterr().err
    for name in ("d2l_kit-1-py3-none-any.whl", "d2l_kit_instructor-1-py3-none-any.whl"):
        (empty / name).write_bytes(b"wheel")
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty)]) == 0
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty)]) == 0
    (empty / "d2l_kit-1-py3-none-any.whl").write_bytes(b"another")
    assert main(["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty)]) == 2
    assert "differs" in capsys.readouterr().err
    in_the_way = tmp_path / "hw2" / "assignment.toml" / "x.zip"
    wanted = ["assign", "export", "hw2", "--to", "gradescope", "--wheels", str(empty), "--out", str(in_the_way)]
    assert main(wanted) == 2
    assert "in the way" in capsys.readouterr().err
    assert main([*wanted[:-1], "/proc/no/x.zip"]) == 2
    assert "cannot write /proc/no/x.zip" in capsys.readouterr().err


def test_an_installed_wheel_cannot_be_packed_again_and_a_missing_instructors_package_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["assign", "new", "hw2", "--exercises", "corr2d"]) == 0
    monkeypatch.setattr(_wheels, "_sources", lambda name: None)
    assert main(["assign", "export", "hw2", "--to", "gradescope"]) == 2
    said = capsys.readouterr().err
    assert "d2l-kit is installed from a wheel" in said
    assert "--wheels DIR" in said
    monkeypatch.setattr(_wheels, "INSTRUCTOR", "d2l-kit-instructor-not-here")
    assert main(["assign", "export", "hw2", "--to", "gradescope"]) == 2
    assert "hidden checks are not installed here" in capsys.readouterr().err
    assert not list((tmp_path / "hw2").glob("*.zip"))


def test_of_a_group_it_is_the_same_student_at_each_attempt(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.json"
    for emails in (("b@x.org", "a@x.org"), ("a@x.org", "b@x.org")):
        path.write_text(json.dumps(metadata(users=[{"email": each} for each in emails])), encoding="utf-8")
        assert on_gradescope.read_metadata(path).student == "a@x.org"
    path.write_text(json.dumps(metadata(users=[{"id": 7, "email": None}])), encoding="utf-8")
    assert on_gradescope.read_metadata(path).student == "7"
    path.write_text(json.dumps(metadata(created_at="2026-12-01")), encoding="utf-8")
    assert "no time" in on_gradescope.read_metadata(path).problem

"""What a confined worker can and cannot do, tried out by hostile workers at every level this machine offers.

Everything that forks happens in `confinement_driver.py`, in processes of its own: pytest's process has
threads and files that must not be copied.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from d2l_kit.worker import confinement
from d2l_kit.worker.confinement import Confinement, Level, Plan, Unavailable, _model, _paths, _scratch

DRIVER = Path(__file__).with_name("confinement_driver.py")
PROCESSES = 24  # the driver's limit
MIB = 1 << 20

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: elsewhere there is only `none`")
both_accounts = pytest.mark.parametrize("account", ["root", "user"])
confining = pytest.mark.parametrize("level", ["landlock", "namespaces"])
every_level = pytest.mark.parametrize("level", ["process", "landlock", "namespaces"])

NOT_THERE, CLOSED, REFUSED = "ENOENT", "EACCES", "EPERM"
# What is tried: the error at `landlock`, the error at `namespaces`; where ordinary users get another one,
# both are given.
EXPECTED: dict[str, tuple[str, str]] = {
    "read a hidden file": (CLOSED, NOT_THERE),
    "read a file off the list": (CLOSED, NOT_THERE),
    "read /etc/shadow": (CLOSED, NOT_THERE),
    "list a folder off the list": (CLOSED, NOT_THERE),
    "write off the list": (CLOSED, NOT_THERE),
    "truncate off the list": (CLOSED, NOT_THERE),
    "change the interpreter": (CLOSED, CLOSED),
    "change the course": (CLOSED, "EROFS"),
    "open a process's memory": (CLOSED, NOT_THERE),
    "read a process's environment": (CLOSED, NOT_THERE),
    "signal a process": (REFUSED, "ESRCH"),
    "trace a process": (REFUSED, REFUSED),
    "read a process's memory by call": (REFUSED, REFUSED),
    "open a process by number": (REFUSED, REFUSED),
    "read a process's limits": (REFUSED, REFUSED),
    "renice a process": (REFUSED, REFUSED),
    "re-pin a process": (REFUSED, REFUSED),
    "reschedule a process": (REFUSED, REFUSED),
    "change a process's io priority": (REFUSED, REFUSED),
    "connect by TCP": (REFUSED, "EACCES|ENETUNREACH"),
    "connect by UDP": (REFUSED, "ENETUNREACH"),
    "connect to an abstract socket": (REFUSED, "ECONNREFUSED|EPERM"),
    "connect to a socket by path": (REFUSED, NOT_THERE),
    "make a vsock": (REFUSED, REFUSED),
    "make a crypto socket": (REFUSED, REFUSED),
    "make a packet socket": (REFUSED, REFUSED),
    "mount": (REFUSED, REFUSED),
    "unmount": (REFUSED, REFUSED),
    "change the root": (REFUSED, REFUSED),
    "make a user namespace": (REFUSED, REFUSED),
    "make a user namespace by clone": (REFUSED, REFUSED),
    "make a sibling": (REFUSED, REFUSED),
    "clone3": ("ENOSYS", "ENOSYS"),
    "open a tree": (REFUSED, REFUSED),
    "make a memfd": (REFUSED, REFUSED),
    "io_uring": (REFUSED, REFUSED),
    "bpf": (REFUSED, REFUSED),
    "perf": (REFUSED, REFUSED),
    "userfaultfd": (REFUSED, REFUSED),
    "add a key": (REFUSED, REFUSED),
    "personality": (REFUSED, REFUSED),
    "file handles": (REFUSED, REFUSED),
    "System V memory": (REFUSED, REFUSED),
    "message queue": (REFUSED, REFUSED),
    "a call of the future": ("ENOSYS", "ENOSYS"),
    "start a program": (REFUSED, REFUSED),
    "become root": (REFUSED, "EPERM|EINVAL"),
    "become the grader": (REFUSED, "EPERM|EINVAL"),
    "raise a limit": (REFUSED, REFUSED),
    "make a device": (CLOSED, "EACCES|EPERM"),
    "make a set-id program": (REFUSED, REFUSED),
    "type into the terminal": (REFUSED, REFUSED),
    # In a pid namespace these three undo nothing.
    "become dumpable": (REFUSED, "done"),
    "outlive the zygote": (REFUSED, "done"),
    "let go of orphans": (REFUSED, "done"),
    "set the host's name": (REFUSED, REFUSED),
}


@functools.cache
def played(level: str, account: str, *more: str) -> dict[str, Any]:
    """What the driver saw; a level or account that this machine does not offer skips the test."""
    if account == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    done = subprocess.run(
        [sys.executable, "-I", str(DRIVER), level, account, *more],
        capture_output=True,
        text=True,
        timeout=300,
        env={"PATH": os.environ.get("PATH", ""), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    if "unavailable" in result:
        pytest.skip(result["unavailable"])
    assert "error" not in result, result["error"]
    return result


def index(level: str) -> int:
    return ("landlock", "namespaces").index(level)


@linux
@both_accounts
@confining
@pytest.mark.parametrize("attempt", EXPECTED)
def test_a_confined_worker_is_refused(level: str, account: str, attempt: str) -> None:
    seen = played(level, account)["attempts"]["answer"][attempt]
    assert seen in EXPECTED[attempt][index(level)].split("|")


@linux
@both_accounts
@confining
def test_every_attempt_has_an_expected_error(level: str, account: str) -> None:
    assert played(level, account)["attempts"]["answer"].keys() == EXPECTED.keys()


@linux
@both_accounts
@confining
def test_a_call_through_the_x32_door_kills_the_caller(level: str, account: str) -> None:
    assert played(level, account)["x32"]["exit"] == -31  # SIGSYS


@linux
@both_accounts
@every_level
def test_honest_code_finds_what_it_needs(level: str, account: str) -> None:
    seen = played(level, account)["honest"]["answer"]
    assert seen["taught"] is True
    assert seen["results"] == [1, 1000]
    assert seen["received"] == "from the child"
    assert seen["null"] == seen["cpus"] == seen["self"] == seen["affinity"] == "done"
    assert seen["random"] == 8
    assert seen["home"] == seen["temporary"] == seen["here"]
    assert seen["entries"] == []


@linux
@both_accounts
@confining
def test_the_reference_cannot_be_imported(level: str, account: str) -> None:
    seen = played(level, account)["honest"]["answer"]["reference"]
    assert seen == ("EACCES" if level == "landlock" else "ModuleNotFoundError")


@linux
@both_accounts
@every_level
def test_memory_over_the_budget_is_a_memory_error(level: str, account: str) -> None:
    assert played(level, account)["memory"]["answer"] == "MemoryError"


@linux
@both_accounts
@every_level
def test_a_file_over_the_limit_is_refused(level: str, account: str) -> None:
    assert played(level, account)["file"]["answer"] == "EFBIG"


@linux
@both_accounts
@confining
def test_a_fork_bomb_stops_at_the_limit(level: str, account: str) -> None:
    seen = played(level, account)["forks"]
    assert seen["answer"]["ended"] == "EAGAIN"
    assert 0 < seen["answer"]["children"] <= PROCESSES
    assert seen["all_ended"]


@linux
@both_accounts
def test_a_full_scratch_folder_is_full(account: str) -> None:
    assert played("namespaces", account)["disk"]["answer"] == {"written": 4 * MIB, "ended": "ENOSPC"}


@linux
@both_accounts
@every_level
def test_nothing_of_a_worker_lives_after_it_was_reaped(level: str, account: str) -> None:
    seen = played(level, account)["daemons"]
    assert seen["exit"] == 7
    assert seen["all_ended"]


@linux
@both_accounts
@confining
def test_a_daemon_that_changes_its_number_all_the_time_is_caught(level: str, account: str) -> None:
    seen = played(level, account)["hopper"]
    assert seen["exit"] == 7
    assert seen["all_ended"]


@linux
@both_accounts
@every_level
def test_cpu_time_over_the_limit_ends_the_worker(level: str, account: str) -> None:
    assert played(level, account)["cpu"]["exit"] == -9


@linux
@both_accounts
@confining
def test_neighbours_do_not_end_or_starve_each_other(level: str, account: str) -> None:
    seen = played(level, account)["neighbours"]
    assert seen["first_gone"] and seen["second_lives"] and seen["second_gone"]
    if account == "root" or level == "namespaces":
        assert [each["children"] for each in seen["counts"]] == [PROCESSES - 1] * 2


@linux
@both_accounts
@every_level
def test_memory_used_counts_a_child_but_not_what_it_inherited(level: str, account: str) -> None:
    assert 32 * MIB <= played(level, account)["memory_used"] < 40 * MIB


@linux
@both_accounts
@every_level
def test_memory_that_children_share_counts_once(level: str, account: str) -> None:
    assert 32 * MIB <= played(level, account)["memory_shared"] < 48 * MIB


@linux
@both_accounts
@every_level
def test_nothing_is_left_on_the_host(level: str, account: str) -> None:
    seen = played(level, account)
    assert seen["mounts_kept"]
    assert seen["left"] == []
    assert seen["file_kept"] == "not listed"
    assert seen["zygote_gone"]


@linux
@both_accounts
def test_the_waiter_ends_with_the_status_of_the_zygote(account: str) -> None:
    assert played("namespaces", account)["zygote_exit"] == 5


@linux
@both_accounts
def test_killing_the_waiter_ends_the_zygote_its_worker_and_all_daemons(account: str) -> None:
    assert played("namespaces", account)["waiter_killed"]


@linux
@both_accounts
@every_level
def test_the_report_claims_nothing_that_the_kernel_denies(level: str, account: str) -> None:
    seen = played(level, account)
    held, kernel = Confinement.from_dict(seen["status"]["held"]), seen["status"]["answer"]
    grader = seen["grader"]
    apart = [name for name, number in kernel["namespaces"].items() if number != grader["namespaces"][name]]
    effective, permitted, inheritable, _, ambient = kernel["capabilities"]
    truths = {
        "user namespace": "user" in apart,
        "mount and pid namespaces of the zygote": {"mnt", "pid"} <= set(apart),
        "minimal root": not {"home", "var", "bin", "tmp/pytest-of-root"} & set(kernel["root"]),
        "readable for the workers' accounts": kernel["uid"] != grader["uid"],
        "zygote not dumpable, adopts orphans": True,  # shown by the daemons and by `open a process's memory`
        "own mount, network, IPC and UTS namespaces": {"mnt", "net", "ipc", "uts"} <= set(apart),
        "private scratch folder": seen["honest"]["answer"]["entries"] == [],
        "resource limits": {name: kernel["limits"][name] for name in ("RLIMIT_CPU", "RLIMIT_CORE")}
        == {"RLIMIT_CPU": 20, "RLIMIT_CORE": 0},
        "own account, no capabilities": kernel["uid"] != grader["uid"] and not any(kernel["capabilities"]),
        "own user namespace": "user" in apart,
        "no capabilities": not (effective | permitted | inheritable | ambient),
        "not dumpable, no new privileges, dies with the zygote": (
            kernel["dumpable"] == 0 and kernel["no_new_privileges"] == 1 and kernel["death_signal"] == 9
        ),
        "seccomp filter": kernel["seccomp"] == 2,
    }
    for mechanism in held.mechanisms:
        claimed = kernel["rule_sets"] == 1 if mechanism.startswith("Landlock") else truths[mechanism]
        assert claimed, mechanism
    assert held.level == level
    assert held.own_uid == (kernel["uid"] != grader["uid"])
    assert held.network == ("open" if level == "process" else "none")


@linux
@both_accounts
def test_the_network_is_a_loopback_where_it_was_asked_for(account: str) -> None:
    seen = played("namespaces", account)
    assert seen["talking"]["held"]["network"] == "loopback"
    assert seen["talking"]["answer"]["interfaces_up"] == "done"
    assert seen["status"]["answer"]["interfaces_up"] != "done"


@linux
@both_accounts
def test_landlock_says_that_it_has_no_loopback(account: str) -> None:
    held = played("landlock", account)["talking"]["held"]
    assert held["network"] == "none"
    assert any("loopback" in reason for reason in held["missing"])


@linux
@both_accounts
@pytest.mark.slow
@confining
def test_torch_computes_and_differentiates_in_a_worker(level: str, account: str) -> None:
    pytest.importorskip("torch")
    assert played(level, account, "torch")["torch"]["answer"] == [8.0, 1]


@linux
def test_an_interpreter_that_workers_could_not_read_is_refused_with_a_remedy(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "course").mkdir(parents=True)
    closed.chmod(0o700)
    report = json.loads(in_python(ENTER_AND_REPORT, "landlock", str(closed / "course")))
    if os.geteuid() != 0:
        assert report["step"] in ("", "Landlock", "seccomp filter")  # our own workers keep our account
        return
    assert report["step"] == "readable for the workers' accounts"
    assert "account" in report["reason"]
    assert "chmod o+x" in report["remedy"]


ENTER_AND_REPORT = """
import json, sys
from d2l_kit.worker.confinement import Level, Plan, Unavailable, enter
try:
    enter(Plan(Level.parse(sys.argv[1]), (sys.argv[2],)))
    print(json.dumps({"step": "", "reason": "", "remedy": ""}))
except Unavailable as error:
    print(json.dumps({"step": error.step, "reason": error.reason, "remedy": error.remedy}))
"""

PROBE_ALL = """
import json
from d2l_kit.worker.confinement import Level, best_level, probe
reports = {level.label: probe(level) for level in Level}
told = {name: [[s.name, s.verdict, s.reason, s.remedy] for s in report.steps] for name, report in reports.items()}
print(json.dumps({"steps": told, "ok": {n: r.ok for n, r in reports.items()}, "best": best_level().label}))
"""

ELSEWHERE = """
import sys
sys.platform = sys.argv[1]
for name in ("resource", "fcntl", "_posixsubprocess", "grp", "pwd"):
    sys.modules[name] = None
from d2l_kit.worker import confinement as c
print(c.best_level().label, c.enter(c.Plan(c.Level.NONE)).level.label, c.probe(c.Level.PROCESS).ok)
try:
    c.enter(c.Plan(c.Level.LANDLOCK))
except c.Unavailable as error:
    print(error.remedy)
"""


def in_python(code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-I", "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_a_probe_passes_all_steps_or_names_the_one_that_failed() -> None:
    seen = json.loads(in_python(PROBE_ALL))
    assert seen["ok"]["none"]
    assert seen["ok"][seen["best"]]
    for name, steps in seen["steps"].items():
        failed = [step for step in steps if step[1] == "FAIL"]
        assert bool(failed) != seen["ok"][name]
        assert all(reason for _, _, reason, _ in failed)
        assert all(remedy for _, _, _, remedy in failed)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_can_import_the_package_and_get_none(platform: str) -> None:
    first, remedy = in_python(ELSEWHERE, platform).splitlines()
    assert first == "none none False"
    assert "Linux" in remedy


@linux
def test_a_worker_at_none_is_reaped_with_its_group() -> None:
    code = (
        "import os, signal\n"
        "from d2l_kit.worker.confinement import *\n"
        "zygote = enter(Plan(Level.NONE))\n"
        "first = zygote.fork()\n"
        "if first == 0: os._exit(4)\n"
        "print(os.waitstatus_to_exitcode(zygote.reap(first, 0, kill=False, grace=20).status))\n"
        "second = zygote.fork()\n"
        "if second == 0: signal.pause()\n"
        "print(os.waitstatus_to_exitcode(zygote.reap(second, 1, kill=False, grace=0).status))\n"
    )
    assert in_python(code).split() == ["4", "-9"]


def test_levels_are_read_and_ordered() -> None:
    assert [Level.parse(level.label) for level in Level] == sorted(Level)
    with pytest.raises(ValueError, match="none, process, landlock, namespaces"):
        Level.parse("total")


def test_a_confinement_travels_as_json() -> None:
    held = Confinement("landlock", ("a", "b"), ("c",), "none", "rlimit", True)
    assert Confinement.from_dict(json.loads(json.dumps(held.as_dict()))) == held


def test_a_step_that_fails_is_not_among_those_done() -> None:
    steps = _model.Steps(Level.PROCESS)
    with steps.step("first"):
        pass
    with pytest.raises(Unavailable) as caught, steps.step("second", "do this"):
        raise PermissionError(13, "Permission denied", "/x")
    assert steps.done == ["first"]
    assert caught.value.done == ("first",)
    assert (caught.value.step, caught.value.remedy) == ("second", "do this")
    assert "/x" in caught.value.reason


@linux
def test_a_folder_with_something_hidden_is_listed_entry_by_entry(tmp_path: Path) -> None:
    for name in ("packages/torch", "packages/reference", "packages/reference-1.0.dist-info", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "packages/six.py").touch()
    (tmp_path / "packages/link").symlink_to("torch")
    hidden = [str(tmp_path / "packages/reference"), str(tmp_path / "packages/reference-1.0.dist-info")]
    content = _paths.listing([str(tmp_path / "packages"), str(tmp_path / "other")], hidden)
    ours = {path.removeprefix(f"{tmp_path}/") for path in content.trees if path.startswith(str(tmp_path))}
    assert ours == {"packages/torch", "packages/six.py", "other"}
    assert str(tmp_path / "packages") in content.split
    assert (str(tmp_path / "packages/link"), "torch") in content.links


@linux
def test_what_is_hidden_wins_over_what_is_readable_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "reference/inner").mkdir(parents=True)
    (tmp_path / "alias").symlink_to("reference")
    asked = [str(tmp_path / name) for name in ("reference", "reference/inner", "alias", "alias/inner")]
    content = _paths.listing(asked, [str(tmp_path / "reference")])
    assert not any(path.startswith(str(tmp_path)) for path in content.trees)


@linux
def test_links_on_the_way_to_a_readable_path_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real/course").mkdir(parents=True)
    (tmp_path / "course").symlink_to("real/course")
    content = _paths.listing([str(tmp_path / "course")], [])
    assert (str(tmp_path / "course"), "real/course") in content.links
    assert str(tmp_path / "real/course") in content.trees


@linux
def test_an_editable_entry_of_the_path_is_not_readable_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not any(str(tmp_path).startswith(path) for path in _paths.interpreter_paths())


@linux
def test_a_scratch_folder_goes_whatever_is_in_it(tmp_path: Path) -> None:
    top = tmp_path / "scratch"
    (top / "closed" / "inner").mkdir(parents=True)
    (top / "closed" / "inner" / "file").touch()
    (top / "closed").chmod(0)
    (tmp_path / "kept").mkdir()
    (top / "link").symlink_to(tmp_path / "kept")
    _scratch.remove(str(top))
    assert not top.exists()
    assert (tmp_path / "kept").exists()


def test_a_plan_at_none_changes_nothing_and_says_so() -> None:
    zygote = confinement.enter(Plan(Level.NONE))
    held = zygote.confine(confinement.WorkerLimits(1, 1, 1, 1, 1), slot=0)
    assert (held.level, held.network, held.memory_bound, held.own_uid) == ("none", "open", "none", False)
    assert held.missing

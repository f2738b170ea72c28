"""Grades one class of hostile submissions in a process of its own, and writes down what that leaves behind.

Run as a script: grade_class.py CLASS OUT LEVEL SECONDS. The grader's process is filled with secrets first (a
canary in its environment, memory, descriptors, home and temporary folder, and sockets that listen): whatever
a submission reads of them it would show. The process adopts every orphan of its own, so that what outlives
its grading is found among its descendants, whatever else runs on the machine. Results: OUT/reports/*.json
and OUT/aftermath.json.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

EXERCISE = "ch07/corr2d"
MEMORY_MIB = 1024
CHILD_SUBREAPER = 36  # of prctl(2)
SOCKET_PATH = "/tmp/d2l-kit-hostile.sock"
SOCKET_NAME = "\0d2l-kit-hostile"
PORTS = (47613, 47614, 47615)
# What the submissions would leave outside their scratch if they could.
MARKS = ("d2l-left", "d2l_left")
SCRATCH_MARK = "d2l-kit-worker-"  # what a worker's own folder is called where it has no disk of its own
WATCHED = ("/tmp", "/var/tmp", "/dev/shm", "/", "/home", "/srv", "/opt", "/run", "/etc/cron.d", sys.prefix)


def main() -> None:
    """Grade, and compare the machine before and after."""
    folder, out, level, seconds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    if ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("this process cannot adopt orphans")
    before = machine()
    with planted_secrets(out):
        problems = grade(folder, out, level, seconds)
    after = machine()
    after["files"] += abandoned_scratch()
    aftermath = {
        "problems": problems,
        "descendants": descendants(),
        "new": {name: sorted(set(after[name]) - set(before[name])) for name in after},
        "temporary": sorted(p.name for p in Path(tempfile.gettempdir()).iterdir()),
    }
    (out / "aftermath.json").write_text(json.dumps(aftermath, indent=1), encoding="utf-8")


def grade(folder: Path, out: Path, level: str, seconds: float) -> list[str]:
    """The class's reports land in `out`; returns the grader's own problems."""
    from d2l_kit.grading import api, store
    from d2l_kit.grading.court import RunOptions
    from d2l_kit.plugins import load_course
    from d2l_kit.submission import list_class

    course = load_course()
    exercise = course.by_id[EXERCISE]
    exercise = replace(exercise, limits=replace(exercise.limits, time=seconds, memory_mib=MEMORY_MIB))
    entries, _ignored = list_class([folder])
    options = RunOptions(level=level, jobs=2, seed="hostile", hidden=True)
    outcome = api.grade(course.chapters, [exercise], entries, options, keeper=store.ReportFolder(out / "reports"))
    return list(outcome.problems)


@contextlib.contextmanager
def planted_secrets(out: Path) -> Iterator[None]:
    """Canaries wherever a grader's machine may hold something, and servers on every kind of local socket."""
    canary = "D2L-CANARY-" + secrets.token_hex(16)
    folders = (Path(tempfile.gettempdir()), out.parent, Path.home())
    places = [folder / "canary.txt" for folder in folders]
    for place in places:
        place.write_text(canary, encoding="utf-8")
        place.chmod(0o644)
    os.environ["D2L_SECRET_TOKEN"] = canary
    # Inherited by whatever is started carelessly: a file, a folder, a pipe that holds the canary.
    reading, writing = os.pipe()
    os.write(writing, canary.encode("ascii"))
    careless = [os.open(places[0], os.O_RDONLY), os.open(out.parent, os.O_RDONLY), reading, writing]
    for fd in careless:
        os.set_inheritable(fd, True)
    with contextlib.ExitStack() as stack:
        for address in (SOCKET_PATH, SOCKET_NAME):
            stack.enter_context(listening(socket.AF_UNIX, address))
        for port in PORTS:
            stack.enter_context(listening(socket.AF_INET, ("127.0.0.1", port)))
        try:
            yield
        finally:
            for fd in careless:
                os.close(fd)
            for place in places:
                place.unlink()


@contextlib.contextmanager
def listening(family: int, address: str | tuple[str, int]) -> Iterator[None]:
    """A server that lets everybody in and says nothing."""
    if address == SOCKET_PATH:
        Path(SOCKET_PATH).unlink(missing_ok=True)
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(64)
        if address == SOCKET_PATH:
            Path(SOCKET_PATH).chmod(0o777)
        yield
    if address == SOCKET_PATH:
        Path(SOCKET_PATH).unlink()


def machine() -> dict[str, list[str]]:
    """What a submission could leave behind: mounts, System V objects, named files in shared places."""
    left = []
    for folder in WATCHED:
        with contextlib.suppress(OSError):
            names = [path.name for path in Path(folder).iterdir()]
            left += [f"{folder}/{name}" for name in names if any(mark in name for mark in MARKS)]
    return {
        "mounts": [line.split(" - ")[0].split(" ", 3)[3] for line in _lines("/proc/self/mountinfo")],
        "shared memory": _system_v("shm") + _system_v("sem") + _system_v("msg"),
        "files": left,
        "hostname": [socket.gethostname()],
    }


def abandoned_scratch() -> list[str]:
    """Scratch folders of accounts that run nothing: not those of another grader that is at work beside us."""
    lines = [line for path in Path("/proc").glob("[0-9]*/status") for line in _lines(str(path))]
    running = {line.split()[1] for line in lines if line.startswith("Uid:")}
    left = []
    for folder in ("/tmp", "/dev/shm"):
        for path in Path(folder).glob(f"{SCRATCH_MARK}*"):
            with contextlib.suppress(FileNotFoundError):  # that other grader has just removed it
                left += [str(path)] if str(path.stat().st_uid) not in running else []
    return left


def descendants() -> list[str]:
    """Every process below this one, as "pid name"."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(KeyError):  # it has ended meanwhile
                status = dict(line.split(":\t", 1) for line in _lines(f"{entry}/status") if ":\t" in line)
                parents[int(entry.name)] = int(status["PPid"]), f"{status['Name']} ({status['State']})"
    found: list[str] = []
    wave = {os.getpid()}
    while wave:
        wave = {pid for pid, (parent, _name) in parents.items() if parent in wave}
        found += [f"{pid} {parents[pid][1]}" for pid in sorted(wave)]
    return found


def _system_v(kind: str) -> list[str]:
    # The key 0x6432 is the one that the submissions use.
    return [f"{kind} {line}" for line in _lines(f"/proc/sysvipc/{kind}") if line.split()[:1] == [str(0x6432)]]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def private_home(base: Path) -> dict[str, str]:
    """An environment with a home and a temporary folder of their own below `base`."""
    for name in ("home", "tmp"):
        shutil.rmtree(base / name, ignore_errors=True)
        (base / name).mkdir(parents=True)
    return dict(os.environ) | {"HOME": str(base / "home"), "TMPDIR": str(base / "tmp")}


if __name__ == "__main__":
    main()

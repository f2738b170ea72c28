"""Plays grader, zygote and workers for `test_confinement.py`, in processes of its own.

    python -I tests/confinement_driver.py LEVEL root|user [torch]

A worker tries things a submission must not do; each attempt is written so that nothing is harmed if it
succeeds. The targets (a process, files, sockets) are made here and belong to nobody else. It is never run at
level `none`. With `user`, root first becomes an ordinary account. One JSON document comes out.
"""

# No pathlib: what is tried is a system call, and is written as one.
# ruff: noqa: PTH102, PTH109, PTH116, PTH123, PTH208

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path

from d2l_kit.worker import confinement
from d2l_kit.worker.confinement import _kernel as kernel

MIB = 1 << 20
USER = 54321  # an ordinary account that no machine has
STACKED_RULE_SETS_MAX = 16  # of Landlock, per process
LIMITS = confinement.WorkerLimits(
    cpu_seconds=20, memory_bytes=256 * MIB, processes=24, file_bytes=8 * MIB, scratch_bytes=4 * MIB
)
ROOMY = confinement.WorkerLimits(**{**vars(LIMITS), "processes": 48})
BRIEF = confinement.WorkerLimits(**{**vars(LIMITS), "cpu_seconds": 1})
HOPPING_SECONDS = 20.0  # a hopper that nobody catches stops by itself
TALKING = confinement.WorkerLimits(**{**vars(LIMITS), "loopback": True})


def wait_for_ever() -> None:
    while True:
        signal.pause()


class Targets:
    """What a worker must not reach."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="d2l-kit-test-"))
        self.folder.chmod(0o755)
        self.hidden = self.folder / "course" / "reference"
        self.hidden.mkdir(parents=True)
        (self.folder / "course" / "lesson.py").write_text("TAUGHT = True\n", encoding="utf-8")
        (self.hidden / "solution.py").write_text("SECRET = 1\n", encoding="utf-8")
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        self.outside.chmod(0o777)
        self.file = self.outside / "plain.txt"
        self.file.write_text("not listed", encoding="utf-8")
        self.file.chmod(0o666)
        self.temporary = self.folder / "tmp"  # of its own: other tests may run beside this one
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        os.environ["TMPDIR"] = str(self.temporary)
        tempfile.tempdir = None

    def open_for_business(self) -> None:
        """Start the listeners and the bystander, under the account of the grader."""
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.tcp_address = self.tcp.getsockname()
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract_name = f"\0d2l-kit-test-{os.getpid()}"
        self.abstract.bind(self.abstract_name)
        self.by_path = socket.socket(socket.AF_UNIX)
        self.by_path.bind(str(self.outside / "socket"))
        (self.outside / "socket").chmod(0o777)
        for listener in (self.abstract, self.by_path):
            listener.listen()
        self.bystander = os.fork()
        if self.bystander == 0:
            wait_for_ever()

    def close(self) -> None:
        """End the bystander and remove the files."""
        os.kill(self.bystander, signal.SIGKILL)
        os.waitpid(self.bystander, 0)
        shutil.rmtree(self.folder)


def syscall(number: int, *arguments: object) -> int:
    return kernel.call("syscall", number, *arguments)


def connect(family: int, address: object, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as end:
        end.settimeout(2)
        end.connect(address)


def attempts(targets: Targets) -> dict:
    """Name to what is tried. All are plain calls that raise OSError when they are refused."""
    victim = targets.bystander
    buffer = ctypes.create_string_buffer(256)
    return {
        "read a hidden file": lambda: (targets.hidden / "solution.py").read_text(encoding="utf-8"),
        "read a file off the list": lambda: targets.file.read_text(encoding="utf-8"),
        "read /etc/shadow": lambda: Path("/etc/shadow").read_bytes(),
        "list a folder off the list": lambda: os.listdir(targets.outside),
        "write off the list": lambda: (targets.outside / "new").write_text("x", encoding="utf-8"),
        "truncate off the list": lambda: os.truncate(targets.file, 0),
        "change the interpreter": lambda: os.close(os.open(os.__file__, os.O_WRONLY)),
        "change the course": lambda: (targets.folder / "course" / "x.py").write_text("", encoding="utf-8"),
        "open a process's memory": lambda: open(f"/proc/{victim}/mem", "r+b").close(),
        "read a process's environment": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
        "signal a process": lambda: os.kill(victim, 0),
        "trace a process": lambda: syscall(101, 0x4206, victim, 0, 0),
        "read a process's memory by call": lambda: syscall(310, victim, None, 0, None, 0, 0),
        "open a process by number": lambda: os.close(os.pidfd_open(victim)),
        "read a process's limits": lambda: resource.prlimit(victim, resource.RLIMIT_CPU),
        "renice a process": lambda: os.setpriority(os.PRIO_PROCESS, victim, 5),
        "re-pin a process": lambda: os.sched_setaffinity(victim, {0}),
        "reschedule a process": lambda: os.sched_setscheduler(victim, os.SCHED_BATCH, os.sched_param(0)),
        "change a process's io priority": lambda: syscall(251, 1, victim, 3 << 13),
        "connect by TCP": lambda: connect(socket.AF_INET, targets.tcp_address),
        "connect by UDP": lambda: connect(socket.AF_INET, ("192.0.2.1", 9), socket.SOCK_DGRAM),
        "connect to an abstract socket": lambda: connect(socket.AF_UNIX, targets.abstract_name),
        "connect to a socket by path": lambda: connect(socket.AF_UNIX, str(targets.outside / "socket")),
        "make a vsock": lambda: socket.socket(40, socket.SOCK_STREAM).close(),
        "make a crypto socket": lambda: socket.socket(38, socket.SOCK_SEQPACKET).close(),
        "make a packet socket": lambda: socket.socket(17, socket.SOCK_RAW).close(),
        "mount": lambda: kernel.mount("none", ".", "tmpfs"),
        "unmount": lambda: kernel.detach("/proc"),
        "change the root": lambda: os.chroot("."),
        "make a user namespace": lambda: kernel.unshare(kernel.NEWUSER),
        "make a user namespace by clone": lambda: syscall(56, kernel.NEWUSER, 0, 0, 0, 0),
        "make a sibling": lambda: syscall(56, 0x8000 | signal.SIGCHLD, 0, 0, 0, 0),
        "clone3": lambda: syscall(435, buffer, 88),
        "open a tree": lambda: syscall(428, -100, b"/", 1),
        "make a memfd": lambda: os.close(os.memfd_create("x")),
        "io_uring": lambda: syscall(425, 4, buffer),
        "bpf": lambda: syscall(321, 0, buffer, 128),
        "perf": lambda: syscall(298, buffer, 0, -1, -1, 0),
        "userfaultfd": lambda: syscall(323, 1),
        "add a key": lambda: syscall(248, b"user", b"x", b"y", 1, -3),
        "personality": lambda: syscall(135, 0x0040000),
        "file handles": lambda: syscall(303, -100, b"/", buffer, buffer, 0),
        "System V memory": lambda: syscall(29, 0, 4096, 0o1600),
        "message queue": lambda: syscall(240, b"x", os.O_CREAT | os.O_RDWR, 0o600, None),
        "a call of the future": lambda: syscall(4000),
        "start a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
        "become root": lambda: os.setuid(0),
        "become the grader": lambda: os.setresuid(-1, USER + 1, -1),
        "raise a limit": raise_a_limit,
        "make a device": lambda: os.mknod("device", stat.S_IFCHR | 0o600, os.makedev(1, 3)),
        "make a set-id program": make_set_id,
        "type into the terminal": lambda: fcntl.ioctl(0, 0x5412, b"x"),
        "become dumpable": lambda: kernel.set_dumpable(True),
        "outlive the zygote": lambda: kernel.die_with_parent(0),
        "let go of orphans": lambda: kernel.call("prctl", 36, 0, 0, 0, 0),
        "set the host's name": lambda: kernel.set_host_name("mine"),
    }


def raise_a_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError as error:  # how this function says EPERM
        raise PermissionError(errno.EPERM, str(error)) from error


def make_set_id() -> None:
    Path("set-id").touch()
    Path("set-id").chmod(0o4755)


def outcome(attempt) -> str:
    """`done`, or the name of the error."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except Exception as error:
        return type(error).__name__
    return "done"


def try_all(targets: Targets) -> dict:
    return {name: outcome(attempt) for name, attempt in attempts(targets).items()}


def try_x32(_: Targets) -> None:
    syscall(0x40000000 | 39)


def do_honest_work(targets: Targets) -> dict:
    """What a student's code may do and libraries need."""
    import colorsys  # noqa: F401 - an import that happens only now

    sys.path.insert(0, str(targets.folder / "course"))
    import lesson

    results: list = []
    thread = threading.Thread(target=results.append, args=(1,))
    thread.start()
    thread.join()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").write_text("x" * 1000, encoding="utf-8")
        Path(folder, "a").rename(Path(folder, "b"))
        results.append(Path(folder, "b").stat().st_size)
    pair = socket.socketpair()
    child = os.fork()
    if child == 0:
        pair[0].send(b"from the child")
        os._exit(0)
    received = pair[1].recv(100).decode()
    os.waitpid(child, 0)
    with mmap.mmap(-1, MIB) as shared:
        shared[:2] = b"ok"
    return {
        "taught": lesson.TAUGHT,
        "reference": outcome(lambda: __import__("reference.solution")),
        "results": results,
        "received": received,
        "null": outcome(lambda: Path(os.devnull).write_bytes(b"x")),
        "random": len(Path("/dev/urandom").open("rb").read(8)),
        "cpus": outcome(lambda: Path("/sys/devices/system/cpu/online").read_bytes()),
        "self": outcome(lambda: Path("/proc/self/status").read_bytes()),
        "here": os.getcwd(),
        "home": os.environ["HOME"],
        "temporary": tempfile.gettempdir(),
        "entries": os.listdir("."),
        "affinity": outcome(lambda: os.sched_setaffinity(0, os.sched_getaffinity(0))),
    }


def tell_status(_: Targets) -> dict:
    """What the kernel says of this worker."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    death = kernel.parent_death_signal()
    return {
        "capabilities": [int(fields[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")],
        "no_new_privileges": int(fields["NoNewPrivs"]),
        "seccomp": int(fields["Seccomp"]),
        "dumpable": kernel.call("prctl", 3, 0, 0, 0, 0),
        "death_signal": death,
        "uid": os.getuid(),
        "groups": os.getgroups(),
        "pid": os.getpid(),
        "namespaces": {name: os.stat(f"/proc/self/ns/{name}").st_ino for name in NAMESPACES},
        "limits": {name: resource.getrlimit(getattr(resource, name))[1] for name in BOUNDED},
        "root": sorted(os.listdir("/")) if os.getpid() == 1 else [],
        "interfaces_up": outcome(use_loopback) if os.getpid() == 1 else "",
        "rule_sets": count_rule_sets(),
    }


NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts")
BOUNDED = ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_AS", "RLIMIT_NPROC")


def count_rule_sets() -> int:
    """How many Landlock rule sets are in force: those that can no longer be stacked on top."""
    attributes = struct.pack("=Q", 1 << 6)
    stacked = 0
    while stacked < STACKED_RULE_SETS_MAX:
        rules = syscall(444, attributes, 8, 0)
        try:
            syscall(446, rules, 0)
        except OSError:
            break
        finally:
            os.close(rules)
        stacked += 1
    return STACKED_RULE_SETS_MAX - stacked


def use_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect(socket.AF_INET, server.getsockname())


def take_memory(_: Targets) -> str:
    try:
        bytearray(LIMITS.memory_bytes + 64 * MIB)
    except MemoryError:
        return "MemoryError"
    return "done"


def fork_many(_: Targets) -> dict:
    """Fork children that wait, beyond the limit but never more than a machine can bear; leave them behind."""
    children = 0
    for _number in range(4 * LIMITS.processes):
        try:
            pid = os.fork()
        except OSError as error:
            return {"children": children, "ended": errno.errorcode[error.errno]}
        if pid == 0:
            wait_for_ever()
        children += 1
    return {"children": children, "ended": "done"}


def fill_disk(_: Targets) -> dict:
    """Write several files, each within its limit, up to twice what the scratch folder may hold."""
    written, ended = 0, "done"
    block = b"\0" * (MIB // 2)
    for number in range(2 * LIMITS.scratch_bytes // len(block)):
        try:
            Path(f"part{number}").write_bytes(block)
        except OSError as error:
            ended = errno.errorcode[error.errno]
            break
        written += len(block)
    return {"written": written, "ended": ended}


def write_large_file(_: Targets) -> str:
    def write() -> None:
        with open("large", "wb") as file:
            file.truncate(LIMITS.file_bytes)
            file.seek(LIMITS.file_bytes)
            file.write(b"x")

    return outcome(write)


def nest_folders(_: Targets) -> None:
    """Leave folders deeper than a path can be long, one of them closed to its owner."""
    name = "n" * 60
    for _number in range(100):
        os.mkdir(name)
        os.chdir(name)
    os.mkdir("closed", 0o000)


def scatter(_: Targets) -> None:
    """Leave 30 daemons behind: sessions of their own, parents gone, deaf to SIGTERM."""
    for _number in range(30):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.setsid()
            if os.fork():
                os._exit(0)
            wait_for_ever()
        os.wait()


def burn(_: Targets) -> None:
    while True:
        pass


def hop(_: Targets) -> None:
    """Leave a daemon behind that changes its number all the time, so that whoever aims at it misses."""
    if os.fork():
        return
    os.setsid()
    end = time.monotonic() + HOPPING_SECONDS
    while time.monotonic() < end:
        if os.fork():
            os._exit(0)
    os._exit(0)


class Session:
    """A zygote's side of the tests."""

    def __init__(self, zygote: confinement.Zygote, targets: Targets) -> None:
        self.zygote = zygote
        self.targets = targets
        self.reports: list[dict] = []

    def start(self, task, slot: int = 1, limits=LIMITS, keep=(), hold: bool = False) -> tuple[int, int]:
        """A worker that does a task and tells a pipe of it, then ends or stays: its pid and the pipe."""
        reading, writing = os.pipe()
        pid = self.zygote.fork()
        if pid:
            os.close(writing)
            return pid, reading
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for descriptor in set(range(3, 1000)) - {writing, *keep}:
                close_if_open(descriptor)
            held = self.zygote.confine(limits, slot)
            os.write(writing, json.dumps({"held": held.as_dict()}).encode() + b"\n")
            os.write(writing, json.dumps({"answer": task(self.targets)}).encode() + b"\n")
            if hold:
                wait_for_ever()
            os._exit(7)
        except BaseException as error:
            os.write(writing, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
            os._exit(8)

    def run(self, task, limits=LIMITS) -> dict:
        """Do a task in a worker to its end."""
        pid, reading = self.start(task, limits=limits)
        result = json.loads(first_line(reading))
        result |= json.loads(first_line(reading) or "{}")
        ended = self.zygote.reap(pid, 1, kill=False, grace=20)
        result["exit"] = os.waitstatus_to_exitcode(ended.status)
        result["all_ended"] = is_closed(reading)
        return result

    def measure_memory(self, shared: bool = False) -> int:
        """By how much a worker's figure grows when its child takes 32 MiB, or when two take the same."""

        def task(_: Targets) -> None:
            os.read(go, 1)
            held = mmap.mmap(-1, 32 * MIB) if shared else bytearray()
            if (not shared or os.fork() > 0) and os.fork() == 0:
                held[:] = b"x" * (32 * MIB)
                os.write(done, b"taken\n" if held else b"")
            wait_for_ever()

        go, start = os.pipe()
        taken, done = os.pipe()
        pid, reading = self.start(task, keep=(go, done))
        first_line(reading)
        base = self.zygote.memory_used(pid)
        os.write(start, b"x")
        first_line(taken)
        used = self.zygote.memory_used(pid)
        self.zygote.reap(pid, 1, kill=True, grace=0)
        for descriptor in (reading, go, start, taken, done):
            os.close(descriptor)
        return used - base

    def neighbours(self) -> dict:
        """Two workers side by side: each may use all of its own limits."""
        hoarders = [self.start(fork_many, slot=slot, hold=True) for slot in (1, 2)]
        counts = []
        for _, reading in hoarders:
            first_line(reading)
            counts.append(json.loads(first_line(reading))["answer"])
        (pid, reading), (other, other_reading) = hoarders
        self.zygote.reap(pid, 1, kill=True, grace=0)
        result = {
            "counts": counts,
            "first_gone": is_closed(reading),
            "second_lives": not is_closed(other_reading),
        }
        self.zygote.reap(other, 2, kill=True, grace=0)
        return result | {"second_gone": is_closed(other_reading)}


def close_if_open(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return


def first_line(descriptor: int, seconds: float = 30.0) -> str:
    """The next line, read byte by byte so that nothing behind it is taken."""
    received = b""
    while not received.endswith(b"\n") and select.select([descriptor], [], [], seconds)[0]:
        part = os.read(descriptor, 1)
        if not part:
            break
        received += part
    return received.decode()


def run_torch(_: Targets) -> list:
    import torch

    x = torch.ones(4, 4, requires_grad=True)
    (x @ x).sum().backward()
    assert x.grad is not None
    return [float(x.grad[0, 0]), torch.get_num_threads()]


def play_torch(zygote: confinement.Zygote, targets: Targets) -> dict:
    import torch  # noqa: F401 - as a real zygote does, after `enter` and before `fork`

    more = confinement.WorkerLimits(**{**vars(LIMITS), "memory_bytes": 1 << 30})
    return {"torch": Session(zygote, targets).run(run_torch, limits=more)}


def is_closed(descriptor: int) -> bool:
    """Whether every process that held the other end is gone; looks once and does not wait."""
    ready = bool(select.select([descriptor], [], [], 0)[0])
    return ready and os.read(descriptor, 1) == b""


def play(zygote: confinement.Zygote, targets: Targets) -> dict:
    session = Session(zygote, targets)
    return {
        "attempts": session.run(try_all),
        "x32": session.run(try_x32),
        "honest": session.run(do_honest_work),
        "status": session.run(tell_status),
        "talking": session.run(tell_status, limits=TALKING),
        "memory": session.run(take_memory),
        "forks": session.run(fork_many),
        "disk": session.run(fill_disk),
        "file": session.run(write_large_file),
        "nested": session.run(nest_folders),
        "daemons": session.run(scatter, limits=ROOMY),
        "cpu": session.run(burn, limits=BRIEF),
        "memory_used": session.measure_memory(),
        "memory_shared": session.measure_memory(shared=True),
        "neighbours": session.neighbours(),
        "hopper": session.run(hop),
    }


def play_process(zygote: confinement.Zygote, targets: Targets) -> dict:
    """At `process` nothing hostile is tried: it promises to bound accidents and no more."""
    session = Session(zygote, targets)
    return {
        "honest": session.run(do_honest_work),
        "status": session.run(tell_status),
        "memory": session.run(take_memory),
        "file": session.run(write_large_file),
        "daemons": session.run(scatter, limits=ROOMY),
        "cpu": session.run(burn, limits=BRIEF),
        "memory_used": session.measure_memory(),
        "memory_shared": session.measure_memory(shared=True),
    }


def open_way_to_interpreter() -> None:
    """Where Python lies below a closed folder (/root), show it to all, in this process's mounts only."""
    base = Path(os.path.realpath(sys.base_prefix))
    closed = [each for each in base.parents if not each.stat().st_mode & 0o001]
    if not closed:
        return
    kernel.unshare(kernel.NEWNS)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755")
    Path("/mnt/python").mkdir()
    kernel.mount(str(base), "/mnt/python", flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.mount("tmpfs", str(closed[-1]), "tmpfs", 0, "mode=755")
    base.mkdir(parents=True)
    kernel.mount("/mnt/python", str(base), flags=kernel.MS_BIND | kernel.MS_REC)


def become_user() -> None:
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def prepare(account: str) -> Targets:
    if os.geteuid() == 0:
        open_way_to_interpreter()
    targets = Targets()
    if account == "user" and os.geteuid() == 0:
        for path in (targets.folder, *targets.folder.rglob("*")):
            os.chown(path, USER, USER)
        become_user()
    targets.open_for_business()
    return targets


def in_zygote(level: confinement.Level, targets: Targets, action) -> tuple[str, int, int]:
    """Run something in a zygote: what it wrote, the process's exit status, and whether it is all gone."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        code = 1
        try:
            plan = confinement.Plan(level, (str(targets.folder / "course"),), (str(targets.hidden),))
            answer = action(confinement.enter(plan), targets)
            os.write(writing, json.dumps(answer).encode() + b"\n")
            code = 5
        except confinement.Unavailable as error:
            os.write(writing, json.dumps({"unavailable": str(error)}).encode() + b"\n")
        except BaseException as error:
            os.write(writing, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        finally:
            os._exit(code)
    os.close(writing)
    line = first_line(reading, 120)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return line, status, int(is_closed(reading))


def kill_the_waiter(level: confinement.Level, targets: Targets) -> bool:
    """Kill the process that called `enter` while a worker runs: whether nobody is left."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        zygote = confinement.enter(confinement.Plan(level, (str(targets.folder / "course"),)))
        if zygote.fork() == 0:
            os.closerange(3, writing)
            zygote.confine(ROOMY, 1)
            scatter(targets)
            os.write(writing, b"up\n")
        while True:
            signal.pause()
    os.close(writing)
    first_line(reading)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    select.select([reading], [], [], 20)
    return is_closed(reading)


def main() -> None:
    level, account = confinement.Level.parse(sys.argv[1]), sys.argv[2]
    if level is confinement.Level.NONE:
        sys.exit("never at level none")
    targets = prepare(account)
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    try:
        action = play_process if level is confinement.Level.PROCESS else play
        if sys.argv[3:] == ["torch"]:
            action = play_torch
        sealed = action is play and level is confinement.Level.NAMESPACES  # only there daemons end with it
        line, status, closed = in_zygote(level, targets, action)
        result = json.loads(line)
        result |= {
            "zygote_exit": status,
            "zygote_gone": bool(closed),
            "waiter_killed": sealed and kill_the_waiter(level, targets),
            "mounts_kept": mounts == Path("/proc/self/mountinfo").read_text(encoding="utf-8"),
            "left": sorted(path.name for path in targets.temporary.iterdir()),
            "file_kept": targets.file.read_text(encoding="utf-8"),
            "grader": {
                "uid": os.getuid(),
                "namespaces": {name: os.stat(f"/proc/self/ns/{name}").st_ino for name in NAMESPACES},
            },
        }
    finally:
        targets.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()

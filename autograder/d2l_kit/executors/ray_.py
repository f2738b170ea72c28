"""The executor of a Ray cluster: an actor for each core of each node, and beside each a process of the grader.

The grader's process (`_node`) is started anew by its actor, since Ray's own is full of threads. The actor's class
travels by value and needs nothing but the standard library: so it also comes up on a node that lacks the kit, and can
say so. `ray` is imported by a run and by nothing else.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any

from d2l_kit.errors import MachineError
from d2l_kit.executors._drive import Ended, Lost, grade_at
from d2l_kit.grading.api import ClassWork, Executor
from d2l_kit.grading.crew import Answer

PROGRAM = "d2l_kit.executors._node"
_GRADER_MIB = 512  # a process of the grader and its part of what its zygote shares
_STORE_BYTES = 100 << 20  # of Ray's store of objects, which is next to empty

_NO_RAY = "--executor ray needs ray, which is not installed."
_NO_RAY_REMEDY = 'pip install "d2l-kit[ray]"'
_NO_CLUSTER = "The Ray cluster{at} cannot be had: {why}."
_NO_CLUSTER_REMEDY = "`ray status` on its head node shows whether it runs; an address is HOST:6379."
_NO_PLACE = "The Ray cluster has no node with {what}."
_NO_PLACE_REMEDY = "`ray status` shows what it has."


def on_ray(address: str = "", jobs: int = 0) -> Executor:
    """Grade on a Ray cluster: this process alone reads what came in and writes what comes out.

    Args:
        address: Of the cluster, as `ray.init` takes it; by default one is started on this machine and ended afterwards.
        jobs: Submissions graded at once; 0 for as many as the cluster has cores (and memory) for.
    """

    def run(work: ClassWork, took: Callable[[Answer], None]) -> None:
        ray = _imported()
        with _cluster(ray, address, jobs or work.options.jobs):
            nodes = [node for node in ray.nodes() if node["Alive"]]
            work = _with_device(work, nodes)
            places = [_Place(ray, node, gpus) for node, gpus in _slots(nodes, work)]
            grade_at(places[: min(len(work.cases), jobs or len(places))], work, took)

    return run


def _imported() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns on stderr
    try:
        import ray
    except ImportError as error:
        raise MachineError(_NO_RAY, _NO_RAY_REMEDY) from error
    return ray


@contextmanager
def _cluster(ray: Any, address: str, cores: int) -> Iterator[None]:
    """A connection to a cluster, closed again if it is ours."""
    if ray.is_initialized():
        yield
        return
    where: dict[str, Any] = {"address": address}
    if not address:
        # On the loopback only: whoever reaches a cluster's ports can run anything on it.
        where = {"address": "local", "num_cpus": cores, "_node_ip_address": "127.0.0.1"}
        where |= {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
    try:
        try:
            ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError) as error:
            at, why = f" at {address}" if address else "", str(error).strip().partition("\n")[0].rstrip(".")
            raise MachineError(_NO_CLUSTER.format(at=at, why=why), _NO_CLUSTER_REMEDY) from error
        yield
    finally:
        ray.shutdown()


def _with_device(work: ClassWork, nodes: Sequence[dict[str, Any]]) -> ClassWork:
    """GPUs are used if they are asked for, or if every node has one: a report must not hang on where it was made."""
    device = work.options.device
    if device == "auto":
        device = "cuda" if all(node["Resources"].get("GPU") for node in nodes) else "cpu"
    return replace(work, options=replace(work.options, device=device, jobs=1))


def _slots(nodes: Sequence[dict[str, Any]], work: ClassWork) -> list[tuple[dict[str, Any], int]]:
    """A node for each submission that can be graded at once, the nodes by turns, and how many GPUs it takes there."""
    each = (max(exercise.limits.memory_mib for exercise in work.exercises) + _GRADER_MIB) << 20
    gpus = int(work.options.device == "cuda")
    rows = [[(node, gpus)] * _room(node["Resources"], each, gpus) for node in nodes]
    slots = [slot for slot in chain.from_iterable(zip_longest(*rows)) if slot is not None]
    if not slots:
        raise MachineError(_NO_PLACE.format(what="a GPU" if gpus else "a core"), _NO_PLACE_REMEDY)
    return slots


def _room(resources: dict[str, float], each: int, gpus: int) -> int:
    """Graders that a node has room for: one for each core (or GPU), as far as memory goes, but one at least."""
    cores = int(min(resources.get("CPU", 0), resources.get("GPU", 0))) if gpus else int(resources.get("CPU", 0))
    return min(cores, max(1, int(resources.get("memory", 0) // each)))


class _Place:
    """A `Place` on a node: an actor there, and the grader's process that it has started."""

    def __init__(self, ray: Any, node: dict[str, Any], gpus: int) -> None:
        self._ray = ray
        self._node = node["NodeID"]
        self._gpus = gpus
        self._actor: Any = None
        self.name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"

    def start(self) -> None:
        """Start an actor that starts a grader."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.close()
        here = NodeAffinitySchedulingStrategy(self._node, soft=False)
        remote = self._ray.remote(_actor_class())
        self._actor = remote.options(num_cpus=1, num_gpus=self._gpus, scheduling_strategy=here).remote(PROGRAM)

    def ask(self, frame: bytes) -> bytes:
        """The grader's answer."""
        try:
            answer, last_words = self._ray.get(self._actor.ask.remote(frame))
        except self._ray.exceptions.RayError as error:
            raise Lost(str(error).strip().partition("\n")[0].rstrip(".")) from error
        if not answer:
            raise Ended(last_words or "it ended without a word")
        return bytes(answer)

    def close(self) -> None:
        """Kill the actor, with which the grader ends."""
        if self._actor is not None:
            self._ray.kill(self._actor)


def _actor_class() -> type:
    """Made in a function, so that it travels by value."""
    import struct
    import subprocess
    import sys
    import tempfile

    class Grader:
        def __init__(self, program: str) -> None:
            self.said = tempfile.TemporaryFile()  # noqa: SIM115 - the actor's, for its life
            line = [sys.executable, "-P", "-m", program]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=self.said)

        def ask(self, frame: bytes) -> tuple[bytes, str]:
            """The answer to a frame; if the process has ended none, and the last line that it said."""
            orders, answers = self.process.stdin, self.process.stdout
            assert orders is not None and answers is not None
            try:
                orders.write(frame)
                orders.flush()
                head = answers.read(4)
                data = answers.read(*struct.unpack("!I", head))
                return head + data, ""
            except (BrokenPipeError, struct.error):
                self.process.wait()
                self.said.seek(0)
                lines = self.said.read().decode("utf-8", "replace").split("\n")
                return b"", next((text.strip() for text in reversed(lines) if text.strip()), "")

    return Grader

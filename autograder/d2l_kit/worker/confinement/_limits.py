"""The limits that the kernel keeps on each process of a worker."""

from __future__ import annotations

import math
import resource
from pathlib import Path

from ._model import WorkerLimits

_PAGE_BYTES = resource.getpagesize()


def set_limits(limits: WorkerLimits) -> None:
    """Set all limits but that on processes.

    CPU time is set hard: pid 1 of a namespace ignores the signal that a soft limit sends. Address space is
    bounded and not the data segment, which does not count shared mappings.
    """
    bounds = {
        resource.RLIMIT_CPU: max(1, math.ceil(limits.cpu_seconds)),
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if limits.memory_bytes:
        bounds[resource.RLIMIT_AS] = _address_space_bytes() + limits.memory_bytes
    for kind, bound in bounds.items():
        _lower(kind, bound)


def set_process_limit(count: int) -> None:
    """Bound the processes and threads of this account in this user namespace."""
    _lower(resource.RLIMIT_NPROC, count)


def _lower(kind: int, bound: int) -> None:
    """Set both limits, but never above a hard limit that is in force already."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        bound = min(bound, hard)
    resource.setrlimit(kind, (bound, bound))


def _address_space_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE_BYTES

"""The meter of memory sees processes below the one that is watched, and counts what they share once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from d2l_kit.grading import meter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")

MIB = 1 << 20
PATIENCE = 60  # seconds; only so that something that hangs fails the test
TAKES = "x = bytearray(b'x') * (200 << 20); print('there', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TAKES!r}])"


@contextmanager
def taking(program: str) -> Iterator[None]:
    """A process that has what it wants while the block runs."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        yield


@pytest.mark.parametrize("program", [TAKES, PARENT])
def test_children_and_their_children_count(program: str) -> None:
    before, _ = meter.used_by(os.getpid())
    with taking(program):
        during, _ = meter.used_by(os.getpid())
    after, _ = meter.used_by(os.getpid())
    assert during - before > 190 * MIB
    assert during - after > 190 * MIB


def test_what_a_fork_shares_counts_once() -> None:
    ours = bytearray(b"x") * (200 * MIB)
    before, exact = meter.used_by(os.getpid())
    if not exact:
        pytest.skip("this system hides what processes share")
    waits, goes = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(goes)
        os.read(waits, 1)
        os._exit(len(ours) == 0)
    try:
        during, _ = meter.used_by(os.getpid())
    finally:
        os.close(goes)
        os.close(waits)
        os.waitpid(pid, 0)
    assert during - before < 50 * MIB


def test_pages_that_the_meter_shares_with_its_parent_count_whole() -> None:
    ours = bytearray(b"x") * (300 * MIB)
    least, exact = meter.used_by(os.getpid())
    end = time.monotonic() + PATIENCE
    with meter.metered() as found:
        while not found.peak and time.monotonic() < end:
            os.sched_yield()
    assert not exact or found.peak > least - 50 * MIB
    assert len(ours) == 300 * MIB


def test_the_peak_stays_after_what_took_it_is_gone_and_no_process_is_left() -> None:
    family = meter.family(os.getpid())
    end = time.monotonic() + PATIENCE
    with meter.metered() as found, taking(TAKES):
        least, _ = meter.used_by(os.getpid())
        while found.peak < least - 50 * MIB and time.monotonic() < end:  # until its next look
            os.sched_yield()
    assert found.peak >= least - 50 * MIB
    while meter.family(os.getpid()) != family and time.monotonic() < end:  # as long as the system takes to collect it
        os.sched_yield()
    assert meter.family(os.getpid()) == family

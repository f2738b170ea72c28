"""What this machine lacks for a runtime, in the words that a check not run for it shows."""

from __future__ import annotations

import importlib.util
import os
import shutil

NO_TRITON = 'needs Triton, which is not installed: pip install "d2l-kit[triton]" (Linux only)'
NO_COMPILER = "needs a C++ compiler: install g++ (Debian, Ubuntu: apt install g++)"
NO_FORK = "needs processes that can be forked, which this system has not: use Linux"
NO_LOOPBACK = "needs a network of its own between its processes; at the level `landlock` there is none"


def missing(runtime: str, level: str) -> str:
    """Why exercises of a runtime cannot be run here at a level of confinement; empty if they can."""
    if runtime == "triton" and importlib.util.find_spec("triton") is None:
        return NO_TRITON
    if runtime == "cuda" and (shutil.which("g++") is None or not hasattr(os, "fork")):
        return NO_COMPILER if hasattr(os, "fork") else NO_FORK
    if runtime == "distributed" and not hasattr(os, "fork"):
        return NO_FORK
    if runtime == "distributed" and level == "landlock":
        return NO_LOOPBACK
    return ""

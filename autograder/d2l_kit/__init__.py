"""d2l-kit: checks and grades the exercises of Dive into Deep Learning."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext d2l_kit` in a notebook: makes the magic `%d2l` known."""
    from d2l_kit.notebook import magic

    shell.register_magic_function(lambda line: magic(shell, line), "line", "d2l")

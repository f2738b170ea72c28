"""`%d2l check` in a real kernel: what was run is checked, and the report shows in the notebook."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

manager = pytest.importorskip("jupyter_client.manager")
pytest.importorskip("ipykernel")
pytestmark = pytest.mark.slow

SECONDS = 120
RIGHT = """import torch

def corr2d(X, K):
    h, w = K.shape
    if h > X.shape[0] or w > X.shape[1]:
        raise ValueError(f"the kernel {tuple(K.shape)} is larger than the image {tuple(X.shape)}")
    Y = X.new_zeros(X.shape[0] - h + 1, X.shape[1] - w + 1)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i:i + h, j:j + w] * K).sum()
    return Y
"""


class Kernel:
    """A kernel that was asked to load the extension."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, source: str) -> list[dict[str, Any]]:
        """What a cell shows: each output's data by type; a stream counts as text/plain."""
        shown: list[dict[str, Any]] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append({"text/plain": content["text"]})
            elif message["msg_type"] in ("display_data", "execute_result"):
                shown.append(content["data"])

        reply = self._client.execute_interactive(source, timeout=SECONDS, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
        return shown


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    running, client = manager.start_new_kernel(kernel_name="python3")
    try:
        found = Kernel(client)
        found.run("%load_ext d2l_kit")
        yield found
    finally:
        client.stop_channels()
        running.shutdown_kernel(now=True)


def test_what_was_run_is_checked_and_the_last_definition_counts(kernel: Kernel) -> None:
    wrong = RIGHT.replace("* K", "* K.flip(0, 1)")
    kernel.run(wrong)
    (shown,) = kernel.run("%d2l check corr2d")
    assert "ch07/corr2d" in shown["text/plain"]
    page = html.unescape(re.search('srcdoc="(.*)"', shown["text/html"], re.S)[1])  # type: ignore[index]
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "upside down" in page or "flip" in page
    assert 'sandbox=""' in shown["text/html"]
    kernel.run(RIGHT)
    (shown,) = kernel.run("%d2l check corr2d")
    assert "left out" not in shown["text/plain"]
    assert re.search(r"ch07/corr2d\s+passed", shown["text/plain"])


def test_a_place_is_the_number_beside_the_cell(kernel: Kernel) -> None:
    kernel.run("%time pass")
    kernel.run("!true")
    number = next(int(data["text/plain"]) for data in kernel.run("print(len(In))"))  # the next cell's
    kernel.run("def corr2d(X, K):\n    raise ValueError('here')\n")
    (shown,) = kernel.run("%d2l check ch7/corr2d -v")
    assert f"cell {number}, line 2" in shown["text/plain"]


def test_other_commands_are_the_command_lines(kernel: Kernel) -> None:
    (shown,) = kernel.run("%d2l list ch7")
    assert "corr2d" in shown["text/plain"]
    (shown,) = kernel.run("%d2l")
    assert "%d2l check corr2d" in shown["text/plain"]


def test_what_cannot_be_done_is_said(kernel: Kernel) -> None:
    (shown,) = kernel.run("%d2l check no_such_exercise")
    assert "no_such_exercise" in shown["text/plain"]
    assert "text/html" not in shown

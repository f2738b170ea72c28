"""What holds for all tests: no variable of the platform that runs them is taken for the user's."""

from __future__ import annotations

import pytest

PLATFORMS = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITLAB_CI")


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLATFORMS:
        monkeypatch.delenv(name, raising=False)

"""`d2l-kit gradebook reject`: reject what a regrade proposed."""

from __future__ import annotations

from d2l_kit.cli._gradebook import By, InGradebook, OfRun, decide


def reject(run: OfRun, by: By = None, gradebook: InGradebook = None) -> None:
    """Reject what a run proposed; `gradebook diff RUN` shows it before."""
    from d2l_kit.gradebook import decisions

    decide(gradebook, run, by, decisions.reject, "rejected")

"""`d2l-kit doctor`: what this machine can do, and the remedy where it cannot; made for bug reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from d2l_kit.cli._options import Listing, ListingFormat

if TYPE_CHECKING:
    from d2l_kit.cli._machine import Finding, Machine

DOCTOR_FORMAT = "d2l-kit/doctor/1"


def doctor(format: ListingFormat = Listing.TEXT) -> None:
    """Examine this machine: versions, cores, memory, GPU, and how well it can lock submissions in."""
    from d2l_kit.cli._machine import examine
    from d2l_kit.errors import EXIT_CHECK_FAILED

    if format is Listing.JSON:
        machine = examine()
        typer.echo(json.dumps(_document(machine), indent=2))
    else:
        machine = examine(_tell)
        typer.echo(machine.conclusion)
    if not machine.usable:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _tell(finding: Finding) -> None:
    typer.echo(f"{finding.name} ... {finding.verdict}: {finding.detail}")
    if finding.remedy:
        typer.echo(f"    {finding.remedy}")


def _document(machine: Machine) -> dict[str, object]:
    findings = [
        {"name": f.name, "verdict": f.verdict.value, "detail": f.detail, "remedy": f.remedy} for f in machine.findings
    ]
    return {
        "format": DOCTOR_FORMAT,
        "findings": findings,
        "level": machine.level,
        "usable": machine.usable,
        "conclusion": machine.conclusion,
    }

"""What `author verify` and `author mutants` print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from d2l_kit.author.verify import Row, Verification


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table, columns as wide as they need to be."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def verification(result: Verification, verbose: bool = True) -> str:
    """The table of exercises, the mistakes of each with the check that caught it, then all findings."""
    parts = [columns(_HEADER, map(_cells, result.rows))]
    if verbose:
        parts += ["", *(_mistakes(row) for row in result.rows if row.caught)]
    mistakes = [(row, name) for row in result.rows for name in row.caught]
    named = sum(row.named[name] for row, name in mistakes)
    printed = sum(row.printed[name] for row, name in mistakes)
    parts.append(
        f"\n{len(result.rows)} exercises, {len(mistakes)} mistakes: {named} named with the reference, "
        f"{printed} by fingerprint alone."
    )
    if result.findings:
        parts += [f"{len(result.findings)} to mend:", *result.findings]
    else:
        parts.append("Nothing to mend.")
    return "\n".join(parts)


_HEADER = (
    "exercise", "checks", "stub", "solution", "alternatives", "trivial", "caught", "named", "fingerprint", "time", "seeds",
)  # fmt: skip


def _cells(row: Row) -> list[str]:
    total = len(row.caught)
    passed = sum(share == 100 for share in row.alternatives)
    return [
        row.exercise,
        f"{row.checks[0]}+{row.checks[1]}",
        f"{row.stub:.0f}",
        f"{row.solution:.0f}",
        f"{passed}/{len(row.alternatives)}",
        f"{row.trivial:.0f}",
        f"{sum(map(bool, row.caught.values()))}/{total}",
        f"{sum(row.named.values())}/{total}",
        f"{sum(row.printed.values())}/{total}",
        f"{row.time_share:.0%}",
        str(row.seeds),
    ]


def _mistakes(row: Row) -> str:
    rows = [
        [
            f"  {name}",
            check or "NOT CAUGHT",
            "named" if row.named[name] else "",
            "fingerprint" if row.printed[name] else "",
        ]
        for name, check in row.caught.items()
    ]
    return columns((row.exercise, "caught by", "", ""), rows) + "\n"

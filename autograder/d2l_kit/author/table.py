"""What `author verify`, `author mutants` and `author show` print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from d2l_kit.author.files import Finding
    from d2l_kit.author.mutants import Fate, Slaughter
    from d2l_kit.author.show import Part
    from d2l_kit.author.verify import Row, Verification

_VERIFIED = (
    "exercise", "checks", "stub", "solution", "alternatives", "trivial", "caught", "named", "fingerprint",
    "time", "seeds",
)  # fmt: skip
_MUTATED = ("exercise", "mutants", "killed", "survived", "equivalent", "share")
_NOTHING_TO_MEND = "Nothing to mend."
_TO_MEND = "{count} to mend:"
_SURVIVORS = "Survived: each is a hole in the checks, or changes nothing and is to be marked [[equivalent]]."
_EQUIVALENT = "Equivalent:"
_STALE = "Marked, but no survivor:"


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table, columns as wide as they need to be."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    padded = (zip(line, widths, strict=True) for line in lines)
    return "\n".join("  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in padded)


def shown(path: Path) -> str:
    """A path as people are shown it: from the current folder where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def verification(result: Verification, verbose: bool = True) -> str:
    """The table of exercises, the mistakes of each with the check that caught it, then all findings."""
    parts = []
    if result.rows:
        parts.append(columns(_VERIFIED, map(_verified, result.rows)))
        if verbose:
            parts += ["", *(_mistakes(row) for row in result.rows if row.caught)]
        parts += [_summary(result.rows), ""]
    if result.findings:
        parts += [_TO_MEND.format(count=len(result.findings)), *map(finding, result.findings)]
    else:
        parts.append(_NOTHING_TO_MEND)
    return "\n".join(parts)


def finding(found: Finding) -> str:
    """A finding with its remedy on a line of its own."""
    return f"{shown(found.file)}: {found.rule}: {found.message}\n  {found.remedy}"


def slaughter(result: Slaughter, survivors_only: bool = False) -> str:
    """The table of exercises, every survivor with its line, the equivalents with their reasons."""
    survivors = [fate for fate in result.fates if fate.fate == "survived"]
    if survivors_only:
        return "\n".join(f"{fate.exercise}  {fate.mutant}" for fate in survivors)
    exercises = list(dict.fromkeys(fate.exercise for fate in result.fates))
    wanted = [*exercises, None] if len(exercises) > 1 else exercises
    parts = [columns(_MUTATED, [_mutated(result, exercise) for exercise in wanted])]
    if survivors:
        parts += ["", _SURVIVORS, *(f"  {fate.exercise}  {fate.mutant}" for fate in survivors)]
    if equivalents := [fate for fate in result.fates if fate.fate == "equivalent"]:
        parts += ["", _EQUIVALENT, *(f"  {f.exercise}  {f.mutant}\n    {f.by}" for f in equivalents)]
    if result.stale:
        parts += ["", _STALE, *(f"  {text}" for text in result.stale)]
    return "\n".join(parts)


def parts_of(exercise: str, parts: Sequence[Part]) -> str:
    """Where an exercise's parts are."""
    rows = [(f"  {p.room}", p.what, "" if p.there else "MISSING", shown(p.path)) for p in parts]
    return columns((exercise, "", "", ""), rows)


def _verified(row: Row) -> list[str]:
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
        f"{_hits(row.named)}/{total}",
        f"{_hits(row.printed)}/{total}",
        f"{row.time_share:.0%}",
        str(row.seeds),
    ]


def _summary(rows: Sequence[Row]) -> str:
    total = sum(len(row.caught) for row in rows)
    named = sum(_hits(row.named) for row in rows)
    printed = sum(_hits(row.printed) for row in rows)
    names = [pair for row in rows for pair in (*row.named.items(), *row.printed.items())]
    others = sum(name not in ("", wrong) for wrong, name in names)
    return (
        f"\n{_counted(len(rows), 'exercise')}, {_counted(total, 'mistake')}: "
        f"{named} named with the reference, {printed} ({printed / max(total, 1):.0%}) by fingerprint alone, "
        f"{others} taken for another."
    )


def _hits(named: Mapping[str, str]) -> int:
    """How many mistakes are named as what they are: the diagonal of the cross table."""
    return sum(wrong == name for wrong, name in named.items())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _mistakes(row: Row) -> str:
    rows = [
        (
            f"  {name}",
            check or "NOT CAUGHT",
            _called(name, row.named[name], "named"),
            _called(name, row.printed[name], "fingerprint"),
        )
        for name, check in row.caught.items()
    ]
    return columns((row.exercise, "caught by", "", ""), rows) + "\n"


def _called(wrong: str, named: str, right: str) -> str:
    return right if named == wrong else named and f"NAMED {named}"


def _mutated(result: Slaughter, exercise: str | None) -> list[str]:
    fates = [fate for fate in result.fates if exercise in (None, fate.exercise)]
    counts = [_count(fates, kind) for kind in ("killed", "survived", "equivalent")]
    return [exercise or "all", str(len(fates)), *map(str, counts), f"{result.share(exercise):.1%}"]


def _count(fates: Sequence[Fate], kind: str) -> int:
    return sum(fate.fate == kind for fate in fates)

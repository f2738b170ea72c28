"""Where the parts of a drawing lie; `page/figures.html.j2` draws them.

Across, positions are in percent of whatever width the page has, so that text keeps its size on a phone; down, in
pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from d2l_kit.report.page import points

BINS = 10
HEIGHT = 170  # pixels, without the labels below
HEADROOM = 24  # pixels above the tallest column, for its count
GAP = 1.2  # percent between two columns
_TICKS = 4  # at most, above zero
_LABELS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Bin:
    """Scores from `low` to below `high`; the last one's upper end belongs to it."""

    low: Fraction
    high: Fraction
    count: int


@dataclass(frozen=True)
class Column:
    """One column: across in percent, down in pixels."""

    x: float
    width: float
    y: float
    height: float
    count: int


@dataclass(frozen=True)
class Tick:
    """A line across, with its value."""

    y: float
    value: int


@dataclass(frozen=True)
class Label:
    """A word below the axis."""

    x: int
    text: str


@dataclass(frozen=True)
class Histogram:
    """How often which score was reached: the numbers, and where they are drawn."""

    bins: tuple[Bin, ...]
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    height: int = HEIGHT


def histogram(scores: Sequence[Fraction], maximum: int) -> Histogram:
    """The histogram of `scores` from nothing to `maximum`; more than that counts as the maximum."""
    whole = Fraction(max(maximum, 1))
    counts = [0] * BINS
    for score in scores:
        counts[min(max(int(score * BINS / whole), 0), BINS - 1)] += 1
    step = _step(max(counts))
    top = max(step * -(-max(counts) // step), 1)
    scale = (HEIGHT - HEADROOM) / top
    width = 100 / BINS
    return Histogram(
        bins=tuple(Bin(whole * i / BINS, whole * (i + 1) / BINS, count) for i, count in enumerate(counts)),
        columns=tuple(
            Column(i * width + GAP / 2, width - GAP, round(HEIGHT - n * scale, 1), round(n * scale, 1), n)
            for i, n in enumerate(counts)
        ),
        ticks=tuple(Tick(round(HEIGHT - value * scale, 1), value) for value in range(0, top + 1, step)),
        labels=tuple(Label(x, points(whole * x / 100)) for x in _LABELS),
    )


def _step(most: int) -> int:
    """A round distance between ticks: 1, 2, 5, 10, 20 …, such that there are few."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * _TICKS >= most:
                return step
        power *= 10

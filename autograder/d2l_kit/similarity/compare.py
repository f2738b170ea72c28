"""The works of one exercise compared, each with each, by fingerprints that say something.

A token's weight is that of its most common fingerprint. What the course itself wrote weighs nothing: the stub, the
solution, alternatives, mistakes. What up to `RING` submissions have weighs 1, as a ring may copy; from there it falls
until at half of the class it weighs nothing: what everybody writes was learned together. The sum over a submission is
its *own code*. A pair's evidence is the own code that both share; its similarity is that over the geometric mean of
what both have, so that code added to hide a copy hides it slowly, and a few lines in a long file are not a copy.

Candidates come from an inverted index of the winnowed fingerprints, so that works which share nothing cost nothing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from d2l_kit.similarity.grams import Prints, prints
from d2l_kit.similarity.model import Compared, Pair, Side, Work
from d2l_kit.similarity.normal import pieces

RING = 5  # submissions that may share something before it counts as common
COMMON_SHARE = 0.5  # of all submissions: what so many have is nobody's
COMMON_LEAST = 10  # but never fewer than these
LEAST_EVIDENCE = 40  # tokens of own code: with less, a pair says nothing; some seven statements
NO_PYTHON = "it is no Python that can be read"


def compare(exercise: str, works: Sequence[Work], known: Sequence[str], at_least: float) -> Compared:
    """Find the pairs of one exercise.

    Args:
        exercise: Its id.
        works: The class's and, with a group, those of old classes. Two old ones are no pair.
        known: Texts of the course that everybody may have read or been led to.
        at_least: The least similarity.
    """
    readings = [(work, pieces(work.source.text)) for work in works]
    unread = [(work.name, NO_PYTHON) for work, read in readings if read is None and not work.group]
    printed = [(work, prints(read)) for work, read in readings if read is not None]
    weights = _weights([each for _, each in printed], _keys_of(known))
    weighed = [_weighed(work, each, weights) for work, each in printed]
    enough = [each for each in weighed if each.own >= LEAST_EVIDENCE]
    pairs = [pair for first, second in _candidates(enough) if (pair := _pair(exercise, first, second, at_least))]
    return Compared(
        exercise=exercise,
        pairs=tuple(sorted(pairs, key=lambda pair: (-pair.rank, pair.first.work.label, pair.second.work.label))),
        too_short=[
            (each.work.name, round(each.own)) for each in weighed if each.own < LEAST_EVIDENCE and not each.work.group
        ],
        unread=unread,
        compared=sum(not work.group for work, _ in printed),
        known=len(known),
    )


@dataclass(frozen=True, eq=False)
class _Weighed:
    """A work with what of it says something.

    Attributes:
        weights: Of each token.
        places: By fingerprint that weighs something: its tokens as the bits of a number.
        first: By fingerprint: its first token.
    """

    work: Work
    lines: tuple[int, ...]
    weights: tuple[float, ...]
    own: float
    places: dict[bytes, int]
    first: dict[bytes, int]
    chosen: frozenset[bytes]


def _keys_of(texts: Iterable[str]) -> set[bytes]:
    return {key for text in texts for key in prints(pieces(text) or ()).keys}


def _weights(printed: Sequence[Prints], known: Collection[bytes]) -> dict[bytes, float]:
    having = Counter(key for each in printed for key in each.keys)
    none_at = max(COMMON_LEAST, COMMON_SHARE * len(printed))
    scale = math.log(none_at / RING)
    return {
        key: 0.0 if key in known else min(1.0, max(0.0, 1 - math.log(count / RING) / scale))
        for key, count in having.items()
    }


def _weighed(work: Work, printed: Prints, weights: dict[bytes, float]) -> _Weighed:
    tokens = [1.0] * len(printed.lines)
    places: dict[bytes, int] = defaultdict(int)
    first: dict[bytes, int] = {}
    for gram in printed.grams:
        weight = weights[gram.key]
        for at in range(gram.start, gram.stop):
            tokens[at] = min(tokens[at], weight)
        if weight > 0:
            places[gram.key] |= (1 << gram.stop) - (1 << gram.start)
            first.setdefault(gram.key, gram.start)
    chosen = frozenset(key for key in printed.chosen if key in places)
    return _Weighed(work, printed.lines, tuple(tokens), math.fsum(tokens), dict(places), first, chosen)


def _candidates(works: Sequence[_Weighed]) -> list[tuple[_Weighed, _Weighed]]:
    holders: dict[bytes, list[int]] = defaultdict(list)
    for number, work in enumerate(works):
        for key in work.chosen:
            holders[key].append(number)
    found = {pair for numbers in holders.values() for pair in combinations(numbers, 2)}
    pairs = ((works[one], works[other]) for one, other in sorted(found))
    return [(one, other) for one, other in pairs if not (one.work.group and other.work.group)]


def _pair(exercise: str, one: _Weighed, other: _Weighed, at_least: float) -> Pair | None:
    if one.work.group or (not other.work.group and other.work.label < one.work.label):
        one, other = other, one  # the same pair, in whichever order they came
    shared = one.places.keys() & other.places.keys()
    evidence = min(_sum(one, shared), _sum(other, shared))
    similarity = evidence / math.sqrt(one.own * other.own)
    if evidence < LEAST_EVIDENCE or similarity < at_least:
        return None
    sides = (
        Side(one.work, one.own, _partners(one, other, shared)),
        Side(other.work, other.own, _partners(other, one, shared)),
    )
    return Pair(exercise, *sides, min(1.0, similarity), evidence)


def _sum(work: _Weighed, shared: Iterable[bytes]) -> float:
    covered = 0
    for key in shared:
        covered |= work.places[key]
    return math.fsum(weight for at, weight in enumerate(work.weights) if weight and covered >> at & 1)


def _partners(own: _Weighed, other: _Weighed, shared: Iterable[bytes]) -> dict[int, int]:
    """For each line of own with something alike, the other's line that has most of it."""
    votes: dict[int, Counter[int]] = defaultdict(Counter)
    for key in shared:
        for at in range(own.places[key].bit_length()):
            if own.places[key] >> at & 1 and own.weights[at]:
                votes[own.lines[at]][other.lines[other.first[key]]] += 1
    return {line: min(found, key=lambda each: (-found[each], each)) for line, found in sorted(votes.items())}

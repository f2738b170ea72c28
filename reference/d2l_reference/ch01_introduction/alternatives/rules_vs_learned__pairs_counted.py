"""Pairs of word and label in one counter, the score as a sum of four logarithms, the rules as one expression."""

from collections import Counter
from math import log


def checkout_rule(total, country, member):
    if not total >= 0:
        raise ValueError("negative total: " + str(total))
    free = country == "home" and (total >= 50 or (member and total >= 20))
    return total + (0 if free else 5 if country == "home" else 15)


def learn_scores(texts, labels):
    if len(labels) != len(texts):
        raise ValueError(f"got {len(texts)} texts and {len(labels)} labels")
    pairs = Counter((word, y) for text, y in zip(texts, labels, strict=True) for word in set(text.casefold().split()))
    sizes = Counter(labels)
    return {
        word: log(pairs[word, 1] + 1) - log(sizes[1] + 2) - log(pairs[word, 0] + 1) + log(sizes[0] + 2)
        for word in {word for word, _ in pairs}
    }


def predict(text, scores):
    known = scores.keys() & set(text.casefold().split())
    return 1 if sum(map(scores.get, known)) > 0 else 0

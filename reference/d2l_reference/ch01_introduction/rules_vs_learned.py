import math
from collections import Counter


def checkout_rule(total: float, country: str, member: bool) -> float:
    if total < 0:
        raise ValueError(f"a total cannot be negative, but is {total}")
    if country != "home":
        return total + 15
    free_from = 20 if member else 50
    return total if total >= free_from else total + 5


def learn_scores(texts: list[str], labels: list[int]) -> dict[str, float]:
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts, but {len(labels)} labels")
    holding = {0: Counter(), 1: Counter()}  # label -> in how many of its texts a word is
    for text, label in zip(texts, labels, strict=True):
        holding[label].update(_words(text))
    ham, spam = labels.count(0), labels.count(1)
    return {
        word: math.log((holding[1][word] + 1) / (spam + 2)) - math.log((holding[0][word] + 1) / (ham + 2))
        for word in holding[0] | holding[1]
    }


def predict(text: str, scores: dict[str, float]) -> int:
    return int(sum(scores.get(word, 0.0) for word in _words(text)) > 0)


def _words(text: str) -> set[str]:
    return set(text.lower().split())

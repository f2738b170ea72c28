"""Written rules and learned scores: what a program can be told, and what it has to see for itself (section 1.1)."""

import math
from collections import Counter


def checkout_rule(total: float, country: str, member: bool) -> float:
    """Say what a customer pays: the goods, plus shipping by the shop's rules.

    Somebody could write these rules down in full, so the program is the rules:

    * in the home country shipping is free from 50 on (for members already from 20 on), else it costs 5;
    * to any other country it costs 15, whatever the total and whoever asks.

    Args:
        total: Price of the goods, 0 or more.
        country: "home", or the name of another country.
        member: Whether the customer is a member.

    Returns:
        Goods and shipping together.

    Raises:
        ValueError: The total is negative; the message names it.

    Example:
        >>> checkout_rule(30.0, "home", member=False), checkout_rule(30.0, "home", member=True)
        (35.0, 30.0)

    Book: section 1.1.
    """
    raise NotImplementedError


def learn_scores(texts: list[str], labels: list[int]) -> dict[str, float]:
    """Learn from labelled mail how strongly each word speaks for spam.

    Nobody can write down which words spam will hold next year, so the program counts. Words are what is left
    after lower-casing a text and splitting it at white space, and a word counts once per text, however often
    it stands there. If s of the S spam texts hold a word, and h of the H other texts, its score is

        ln((s + 1) / (S + 2)) - ln((h + 1) / (H + 2))

    above 0 for words that are typical of spam, below 0 for the others. The 1 and the 2 stand for one more text
    with and one more without the word in each class; thanks to them a word that one class has never seen has a
    score all the same, and so has every word if one of the classes has no text at all.

    Args:
        texts: The mail. The list is left as it is.
        labels: For each text, 1 for spam and 0 for the rest. The list is left as it is.

    Returns:
        The score of every word that occurs in any text.

    Raises:
        ValueError: There are not as many labels as texts; the message names both numbers.

    Example:
        >>> scores = learn_scores(["Cash cash now", "see you now"], [1, 0])
        >>> {word: round(scores[word], 4) for word in ("cash", "now", "you")}  # ln 2, 0, -ln 2
        {'cash': 0.6931, 'now': 0.0, 'you': -0.6931}

    Book: section 1.1.
    """
    raise NotImplementedError


def predict(text: str, scores: dict[str, float]) -> int:
    """Decide whether a text is spam, with whatever scores were learned.

    Args:
        text: A text, split into words as in `learn_scores`; each of its words counts once.
        scores: Score of each known word. A word that is not known says nothing.

    Returns:
        1 if the scores of the text's words add up to more than 0, else 0.

    Example:
        >>> predict("Cash for YOU", {"cash": 0.75, "you": -0.25})
        1

    Book: section 1.1.
    """
    raise NotImplementedError

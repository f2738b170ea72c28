"""Hidden checks of ch01/rules_vs_learned."""

import math

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_rules_vs_learned import words_and_scores
from d2l_kit.checks import assert_accuracy, assert_close, assert_equal, assert_raises, probe

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@probe
def scores_and_arguments(module, texts, labels):
    scores = module.learn_scores(texts, labels)
    return torch.tensor([float(scores[word]) for word in sorted(scores)], dtype=torch.float64), texts, labels


@probe
def learn_and_predict(module, texts, labels, new_texts):
    scores = module.learn_scores(texts, labels)
    return torch.tensor([int(module.predict(text, scores)) for text in new_texts])


def vocabulary(rng, size):
    """Words of five random letters: no keyword can be known beforehand."""
    return ["".join(LETTERS[i] for i in rng.integers(0, 26, 5).tolist()) for _ in range(size)]


def corpus(rng, words, labels):
    """A text for each label: 10 words, a third of them typical of the label, some in upper case."""
    texts = []
    for label in labels:
        own, others = words[12 * label : 12 * label + 12], words[24:]
        drawn = [rng.choice(own) if rng.integers(0, 3) == 0 else rng.choice(others) for _ in range(10)]
        texts.append(" ".join(word.upper() if rng.integers(0, 4) == 0 else word for word in drawn))
    return texts


def expected_scores(texts, labels):
    sets = [set(text.lower().split()) for text in texts]
    words = sorted(set().union(*sets))

    def share(word, label):
        of_label = [word in found for found, its in zip(sets, labels, strict=True) if its == label]
        return (sum(of_label) + 1) / (len(of_label) + 2)

    return words, torch.tensor([math.log(share(w, 1) / share(w, 0)) for w in words], dtype=torch.float64)


@pytest.mark.weight(2)
@pytest.mark.needs("shipping_rules")
def test_shipping_rules_everywhere(submission, rng):
    """Goods and shipping for any total, at home and abroad, members or not."""
    for low, high, country, member, shipping in [
        (0, 20, "home", True, 5),
        (20, 50, "home", True, 0),
        (20, 50, "home", False, 5),
        (51, 400, "home", False, 0),
        (0, 20, "Chile", False, 15),
        (51, 400, "Kenya", False, 15),
    ]:
        total = float(rng.integers(low, high))
        found = submission.checkout_rule(total, country, member)
        assert_close(found, total + shipping, what="sum to pay", trivial=total + shipping == 0)
    assert_close(submission.checkout_rule(0.0, "home", False), 5.0, what="sum to pay")


@pytest.mark.weight(3)
@pytest.mark.needs("words_in_lower_case_and_once_per_text")
def test_scores_of_any_mail(submission, rng):
    """The scores of mail whose words nobody can know beforehand."""
    for spam, ham in [(12, 25), (30, 9)]:
        labels = [1] * spam + [0] * ham
        texts = corpus(rng, vocabulary(rng, 50), labels)
        words, scores = expected_scores(texts, labels)
        found_words, found = submission.run(words_and_scores, texts, labels)
        assert_equal(found_words, words, what="words that have a score")
        assert_close(found, scores, what="scores")


@pytest.mark.weight(2)
def test_sorts_new_mail(submission, rng):
    """New mail is sorted right, and again after all labels were exchanged, without a change of the code."""
    words = vocabulary(rng, 50)
    labels = [i % 2 for i in range(80)]
    texts, new = corpus(rng, words, labels), corpus(rng, words, labels)
    assert_accuracy(submission.run(learn_and_predict, texts, labels, new), torch.tensor(labels), at_least=0.9)
    others = [1 - label for label in labels]
    assert_accuracy(submission.run(learn_and_predict, texts, others, new), torch.tensor(others), at_least=0.9)


@pytest.mark.needs("scores_of_any_mail")
def test_mail_of_one_class_only(submission, rng):
    """Mail that is all spam, or all not, gets scores as well."""
    texts = corpus(rng, vocabulary(rng, 50), [0] * 6)
    for label in (1, 0):
        words, scores = expected_scores(texts, [label] * 6)
        found_words, found = submission.run(words_and_scores, texts, [label] * 6)
        assert_equal(found_words, words, what="words that have a score")
        assert_close(found, scores, what="scores")


@pytest.mark.needs("scores_of_any_mail")
def test_lists_are_left_alone(submission, rng):
    """The lists of texts and labels are the same after learning."""
    labels = [i % 2 for i in range(9)]
    texts = corpus(rng, vocabulary(rng, 50), labels)
    scores, texts_after, labels_after = submission.run(scores_and_arguments, texts, labels)
    assert_close(scores, expected_scores(texts, labels)[1], what="scores")
    assert_equal(texts_after, texts, what="list of texts after the call")
    assert_equal(labels_after, labels, what="list of labels after the call")


@pytest.mark.needs("shipping_rules")
def test_refuses_any_negative_total(submission, rng):
    """However little is missing to 0, at home or abroad, a negative total is a ValueError."""
    assert_raises(ValueError, submission.checkout_rule, -0.25, "home", False)
    assert_raises(ValueError, submission.checkout_rule, -float(rng.integers(2, 90)), "Peru", False)


@pytest.mark.needs("worked_scores")
def test_refuses_lists_of_different_lengths(submission, rng):
    """Too few labels, or too many, are a ValueError that names both numbers."""
    texts = corpus(rng, vocabulary(rng, 50), [0, 1, 1])
    assert_raises(ValueError, submission.learn_scores, texts, [1, 0, 1, 1, 0, 1, 1], mentions=("3", "7"))
    assert_raises(ValueError, submission.learn_scores, texts, [1, 0], mentions=("3", "2"))

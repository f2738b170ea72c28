"""Public checks of ch01/rules_vs_learned."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def words_and_scores(module, texts, labels):
    """The words in alphabetical order, and the scores in the same order."""
    scores = module.learn_scores(texts, labels)
    words = sorted(scores)
    return words, torch.tensor([float(scores[word]) for word in words], dtype=torch.float64)


@probe
def predictions(module, texts, scores):
    return [module.predict(text, scores) for text in texts]


@pytest.mark.weight(2)
def test_shipping_rules(submission):
    """Goods and shipping, also at the borders 20 and 50."""
    for total, country, member, pays in [
        (10.0, "home", False, 15.0),
        (50.0, "home", False, 50.0),
        (49.99, "home", False, 54.99),
        (20.0, "home", True, 20.0),
        (19.0, "home", True, 24.0),
        (80.0, "Norway", True, 95.0),
        (60.0, "homeland", False, 75.0),
    ]:
        assert_close(submission.checkout_rule(total, country, member), pays, what="sum to pay")


@pytest.mark.needs("shipping_rules")
def test_refuses_a_negative_total(submission):
    """A negative total is a ValueError that names it, at home and abroad; 0 is no negative total."""
    assert_raises(ValueError, submission.checkout_rule, -3.0, "home", True, mentions=("-3",))
    assert_raises(ValueError, submission.checkout_rule, -0.5, "Norway", False, mentions=("-0.5",))
    assert_close(submission.checkout_rule(0.0, "home", False), 5.0, what="sum to pay")


@pytest.mark.weight(3)
def test_worked_scores(submission):
    """The scores of four short texts are those worked out by hand."""
    texts = ["win cash now", "cash prize", "win money", "see you now"]
    # Three texts are spam, one is not. "cash" is in two and in none: (2 + 1) / (3 + 2) against (0 + 1) / (1 + 2).
    ratios = {"cash": 9 / 5, "money": 6 / 5, "now": 3 / 5, "prize": 6 / 5, "see": 3 / 10, "win": 9 / 5, "you": 3 / 10}
    words, scores = submission.run(words_and_scores, texts, [1, 1, 1, 0])
    assert_equal(words, sorted(ratios), what="words that have a score")
    assert_close(scores, torch.tensor([ratios[w] for w in sorted(ratios)], dtype=torch.float64).log(), what="scores")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_scores")
def test_words_in_lower_case_and_once_per_text(submission):
    """A word counts once per text, in whatever case it is written and however the text is spaced."""
    texts = ["Win win  WIN now", "you win\nnow now", "lunch at noon"]
    # "win" and "now" are in both spam texts: (2 + 1) / (2 + 2) against (0 + 1) / (1 + 2).
    ratios = {"at": 3 / 8, "lunch": 3 / 8, "noon": 3 / 8, "now": 9 / 4, "win": 9 / 4, "you": 3 / 2}
    words, scores = submission.run(words_and_scores, texts, [1, 1, 0])
    assert_equal(words, sorted(ratios), what="words that have a score")
    assert_close(scores, torch.tensor([ratios[w] for w in sorted(ratios)], dtype=torch.float64).log(), what="scores")


@pytest.mark.needs("words_in_lower_case_and_once_per_text")
def test_white_space_alone_ends_a_word(submission):
    """Nothing but white space separates words: marks stay part of them, here and in predict."""
    texts = ["Don't pay e-mail!", "now! (free)", "pay now"]
    # One text is spam, two are not: "don't" (1 + 1) / (1 + 2) against (0 + 1) / (2 + 2), "now" 1 / 3 against 2 / 4.
    ratios = {"(free)": 2 / 3, "don't": 8 / 3, "e-mail!": 8 / 3, "now": 2 / 3, "now!": 2 / 3, "pay": 4 / 3}
    words, scores = submission.run(words_and_scores, texts, [1, 0, 0])
    assert_equal(words, sorted(ratios), what="words that have a score")
    assert_close(scores, torch.tensor([ratios[w] for w in sorted(ratios)], dtype=torch.float64).log(), what="scores")
    known = {"now": 1.0, "now!": -2.0, "e-mail": 1.0}
    found = submission.run(predictions, ["pay now", "pay Now!", "e-mail", "e-mail!"], known)
    assert_equal(found, [1, 0, 1, 0], what="predictions")


@pytest.mark.needs("worked_scores")
def test_texts_without_words(submission):
    """A text that holds no word is a text of its class all the same."""
    # Three texts are spam, two are not; "win" is in one of the three, "lunch" in one of the two.
    ratios = {"lunch": 2 / 5, "win": 8 / 5}
    words, scores = submission.run(words_and_scores, ["win", "", " \n", "lunch", ""], [1, 1, 1, 0, 0])
    assert_equal(words, sorted(ratios), what="words that have a score")
    assert_close(scores, torch.tensor([ratios[w] for w in sorted(ratios)], dtype=torch.float64).log(), what="scores")


@pytest.mark.needs("worked_scores")
def test_a_label_for_every_text(submission):
    """More labels than texts, or fewer, are a ValueError that names both numbers."""
    texts = ["win cash now", "see you now", "lunch at noon"]
    assert_raises(ValueError, submission.run, words_and_scores, texts, [1, 0, 0, 1], mentions=("3", "4"))
    assert_raises(ValueError, submission.run, words_and_scores, texts, [1, 0], mentions=("3", "2"))


@pytest.mark.weight(2)
def test_predict_adds_scores(submission):
    """predict adds the scores of the text's words, each once; unknown words say nothing."""
    scores = {"cash": 1.25, "win": 0.5, "you": -0.75, "noon": -1.5}
    texts = ["win cash", "cash you", "noon cash", "cash surprise", "win win you", "CASH at Noon", "Win CASH noon"]
    assert_equal(submission.run(predictions, texts, scores), [1, 1, 0, 1, 0, 0, 1], what="predictions")


@pytest.mark.needs("predict_adds_scores")
def test_a_tie_is_no_spam(submission):
    """A text whose scores add up to 0 is no spam, nor is one without known words; a little above 0 is enough."""
    scores = {"cash": 1.5, "noon": -1.5, "prize": 0.25, "hint": 0.003}
    found = submission.run(predictions, ["cash noon", "prize and more", "hello there", "", "a hint"], scores)
    assert_equal(found, [0, 1, 0, 0, 1], what="predictions")

"""Public checks of ch04/cross_entropy."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged
from torch.nn import functional as F


@pytest.mark.weight(2)
def test_worked_by_hand(submission):
    """Labels with the probabilities 1/8, 1/4 and 5/8 have the losses ln 8, ln 4 and ln 1.6."""
    logits = torch.tensor([[0.0, math.log(2), math.log(5)]]).repeat(3, 1) + torch.tensor([[0.0], [3.0], [-2.0]])
    expected = torch.tensor([math.log(8), math.log(4), math.log(1.6)])
    assert_close(submission.cross_entropy(logits, torch.tensor([0, 1, 2]), "none"), expected, what="losses")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_reductions(submission, rng):
    """The mean goes over the rows, and is what you get without asking; "sum" adds the rows up."""
    logits, y = rng.normal(5, 3, std=2.0), rng.integers(0, 3, 5)
    for reduction in ("sum", "mean"):
        expected = F.cross_entropy(logits, y, reduction=reduction)
        assert_close(submission.cross_entropy(logits, y, reduction), expected, what=f"loss for {reduction!r}")
    assert_close(submission.cross_entropy(logits, y), F.cross_entropy(logits, y), what="loss")


@pytest.mark.needs("worked_by_hand")
def test_logits_around_a_thousand(submission):
    """Logits around 1000 and around -1000 have the losses of the same logits around 0."""
    logits = torch.tensor([[1000.0, 1001.0, 999.0], [-1000.0, -999.0, -1001.0]])
    expected = F.cross_entropy(torch.tensor([[0.0, 1.0, -1.0]]), torch.tensor([0])).expand(2)
    assert_close(submission.cross_entropy(logits, torch.tensor([0, 0]), "none"), expected, atol=1e-3, what="losses")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_unlikely_labels(submission):
    """A label whose score is 200 below the others' has a loss of 200, not inf."""
    logits = torch.tensor([[0.0, 200.0, -50.0], [-200.0, -400.0, -900.0]])
    assert_close(submission.cross_entropy(logits, torch.tensor([0, 1]), "none"), torch.tensor([200.0, 200.0]))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_gradient(submission, rng):
    """The gradient is probability minus one-hot label, divided by the number of rows."""
    logits, y = rng.normal(4, 3), rng.integers(0, 3, 4)
    assert_gradients(submission, "cross_entropy", (logits, y), F.cross_entropy)


@pytest.mark.needs("worked_by_hand")
def test_logits_are_left_alone(submission, rng):
    """Logits and labels are the same after the call."""
    assert_unchanged(submission, "cross_entropy", rng.normal(4, 3), rng.integers(0, 3, 4))


@pytest.mark.needs("worked_by_hand")
def test_refuses_an_unknown_reduction(submission, rng):
    """A reduction other than the three is a ValueError that names it, also if it looks like one of them."""
    arguments = rng.normal(4, 3), rng.integers(0, 3, 4)
    assert_raises(ValueError, submission.cross_entropy, *arguments, "average", mentions=("average",))
    assert_raises(ValueError, submission.cross_entropy, *arguments, "MEAN", mentions=("MEAN",))
    assert_raises(ValueError, submission.cross_entropy, *arguments, "me", mentions=("me",))
    assert_raises(ValueError, submission.cross_entropy, *arguments, "")


@pytest.mark.needs("worked_by_hand")
def test_refuses_a_column_of_labels(submission, rng):
    """Labels of shape [n, 1] are a ValueError, and so are logits of shape [C]."""
    assert_raises(ValueError, submission.cross_entropy, rng.normal(4, 3), rng.integers(0, 3, 4, 1))
    assert_raises(ValueError, submission.cross_entropy, rng.normal(3), torch.tensor(1))

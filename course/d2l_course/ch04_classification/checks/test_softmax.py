"""Public checks of ch04/softmax."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_gradients, assert_unchanged


@pytest.mark.weight(2)
def test_worked_by_hand(submission):
    """The scores ln 1, ln 2 and ln 5 have the probabilities 1/8, 2/8 and 5/8, in each row of a batch."""
    logits = torch.tensor([[0.0, math.log(2), math.log(5)], [math.log(5), 0.0, math.log(2)]])
    assert_close(submission.softmax(logits), torch.tensor([[0.125, 0.25, 0.625], [0.625, 0.125, 0.25]]))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_any_axis(submission, rng):
    """The probabilities sum to 1 along the axis asked for, without a word along the last."""
    logits = rng.normal(2, 3, 4)
    for dim in (0, 1, 2, -2):
        assert_close(submission.softmax(logits, dim), torch.softmax(logits, dim))
    assert_close(submission.softmax(logits), torch.softmax(logits, -1))


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_large_scores(submission):
    """Scores around 1000 give what the same scores around 0 give."""
    logits = torch.tensor([[1000.0, 1001.0, 999.0], [1.0, 2.0, 0.0]])
    expected = torch.softmax(torch.tensor([1.0, 2.0, 0.0]), 0)
    assert_close(submission.softmax(logits), torch.stack([expected, expected]), atol=1e-4)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_each_row_for_itself(submission):
    """Rows around -1000 and around 1000 are right side by side, and so is a row that has both."""
    logits = torch.tensor([[-1000.0, -1001.0, -999.0], [1000.0, 1001.0, 999.0], [-1000.0, 1000.0, -1000.0]])
    assert_close(submission.softmax(logits), torch.softmax(logits, 1), atol=1e-4)


@pytest.mark.needs("worked_by_hand")
def test_impossible_classes(submission):
    """A score of -inf has the probability 0, exactly, and the others are as if it were not there."""
    low = -20_000.0
    logits = torch.tensor([[0.0, -torch.inf, 0.0], [-torch.inf, 3.0, -torch.inf], [low, -torch.inf, low]])
    found = submission.softmax(logits)
    assert_close(found, torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]))
    assert_equal(found == 0, logits == -torch.inf, what="which probabilities are exactly 0")


@pytest.mark.needs("worked_by_hand")
def test_dtype_is_kept(submission, rng):
    """Scores in float64, float16 and bfloat16 have probabilities of the same dtype."""
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        logits = rng.normal(2, 3).to(dtype)
        assert_close(submission.softmax(logits), torch.softmax(logits, -1), dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("worked_by_hand")
def test_gradient(submission, rng):
    """Gradients reach the scores, and are those of torch's softmax."""
    assert_gradients(submission, "softmax", (rng.normal(3, 4),), lambda logits: torch.softmax(logits, -1))


@pytest.mark.needs("worked_by_hand")
def test_scores_are_left_alone(submission, rng):
    """The scores are the same after the call."""
    assert_unchanged(submission, "softmax", rng.normal(3, 4))

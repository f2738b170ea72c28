"""Public checks of ch04/confusion_matrix."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_raises, assert_unchanged

SCORES = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [5.0, 4.0, 6.0], [1.0, 0.0, 0.5], [0.1, 0.7, 0.2]])
LABELS = torch.tensor([0, 2, 2, 1, 2])  # predicted are 0, 1, 2, 0, 1


@pytest.mark.weight(2)
def test_counts_by_hand(submission):
    """Five examples of three classes: rows are true classes, columns predicted ones, repeated pairs all count."""
    expected = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 2, 1]])
    assert_close(submission.confusion_matrix(SCORES, LABELS, 3), expected, dtype=True, what="counts")


@pytest.mark.weight(2)
@pytest.mark.needs("counts_by_hand")
def test_accuracy_by_hand(submission):
    """Two of the five are right: the accuracy is the Python float 0.4."""
    found = submission.accuracy(SCORES, LABELS)
    assert isinstance(found, float), f"the accuracy is a {type(found).__name__}, not a Python float"
    assert_close(found, 0.4, what="accuracy")


@pytest.mark.needs("counts_by_hand")
def test_classes_that_never_occur(submission):
    """Classes that are neither true nor predicted keep their row and their column."""
    scores = torch.tensor([[1.0, 2.0, 0.0, 0.0], [3.0, 2.0, 1.0, 0.0]])
    expected = torch.zeros(4, 4, dtype=torch.int64)
    expected[0, 1] = expected[1, 0] = 1
    assert_close(submission.confusion_matrix(scores, torch.tensor([0, 1]), 4), expected, what="counts")


@pytest.mark.needs("accuracy_by_hand")
def test_scores_that_are_close(submission):
    """Float64 scores that differ by a millionth of a millionth are told apart, by both functions."""
    scores = torch.tensor([[1.0, 1.0 + 1e-12], [1.0 + 1e-12, 1.0], [2.0, 2.0 + 1e-12]], dtype=torch.float64)
    y = torch.tensor([1, 0, 1])
    assert_close(submission.confusion_matrix(scores, y, 2), torch.tensor([[1, 0], [0, 2]]), what="counts")
    assert_close(submission.accuracy(scores, y), 1.0, what="accuracy")


@pytest.mark.weight(2)
def test_recall_by_hand(submission):
    """Of the classes' 4, 2 and 8 examples 3, 2 and 4 were found; recall is float32, and not rounded."""
    cm = torch.tensor([[3, 1, 0], [0, 2, 0], [0, 4, 4]])
    assert_close(submission.per_class_recall(cm), torch.tensor([0.75, 1.0, 0.5]), dtype=True, what="recall")
    assert_close(
        submission.per_class_recall(torch.tensor([[1, 2], [3, 4]])), torch.tensor([1 / 3, 4 / 7]), what="recall"
    )


@pytest.mark.needs("recall_by_hand")
def test_recall_of_an_absent_class(submission):
    """A class without examples has the recall nan, also if it was predicted."""
    cm = torch.tensor([[1, 1, 0], [0, 0, 0], [0, 0, 4]])
    assert_close(submission.per_class_recall(cm), torch.tensor([0.5, torch.nan, 1.0]), what="recall")


@pytest.mark.needs("accuracy_by_hand")
def test_refuses_no_examples(submission):
    """The accuracy on no examples is a ValueError."""
    assert_raises(ValueError, submission.accuracy, torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))


@pytest.mark.needs("recall_by_hand", "counts_by_hand")
def test_arguments_are_left_alone(submission):
    """The matrix is the same after per_class_recall, and scores and labels are after confusion_matrix."""
    assert_unchanged(submission, "per_class_recall", torch.tensor([[3, 1, 0], [0, 2, 0], [0, 4, 1]]))
    assert_unchanged(submission, "confusion_matrix", SCORES, LABELS, 3)

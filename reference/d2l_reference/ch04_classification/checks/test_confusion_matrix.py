"""Hidden checks of ch04/confusion_matrix."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal


def count(scores, y, num_classes):
    cm = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    for true, predicted in zip(y.tolist(), scores.argmax(1).tolist(), strict=True):
        cm[true, predicted] += 1
    return cm


@pytest.mark.weight(3)
@pytest.mark.needs("counts_by_hand")
def test_any_size(submission, rng):
    """Counts for two to ten classes, one example and many, negative scores, float64."""
    for n, classes in [(1, 3), (40, 2), (30, 3), (rng.integers(100, 200), 10)]:
        scores, y = rng.normal(n, classes, mean=-2.0, dtype=torch.float64), rng.integers(0, classes, n)
        expected = count(scores, y, classes)
        assert_close(submission.confusion_matrix(scores, y, classes), expected, dtype=True, what="counts")


@pytest.mark.weight(2)
@pytest.mark.needs("accuracy_by_hand")
def test_accuracy_of_any_size(submission, rng):
    """The accuracy of other numbers of examples and classes, a perfect one and one of 0 among them."""
    for n, classes in [(9, 2), (rng.integers(20, 60), 7), (200, 4)]:
        scores, y = rng.normal(n, classes), rng.integers(0, classes, n)
        y[0], y[1] = scores[0].argmax(), (scores[1].argmax() + 1) % classes
        assert_close(submission.accuracy(scores, y), (scores.argmax(1) == y).double().mean().item(), what="accuracy")
        assert_close(submission.accuracy(scores, scores.argmax(1)), 1.0, what="accuracy")
        assert_close(submission.accuracy(scores, scores.argmin(1)), 0.0, trivial=True, what="accuracy")


@pytest.mark.weight(2)
@pytest.mark.needs("recall_by_hand")
def test_recall_of_any_matrix(submission, rng):
    """Recall for other numbers of classes, one included; absent classes are nan, classes never found 0."""
    assert_close(submission.per_class_recall(torch.tensor([[7]])), torch.ones(1), what="recall")
    for classes in (2, rng.integers(4, 9)):
        cm = rng.integers(1, 50, classes, classes)
        cm[0, 0] = 0
        assert_close(submission.per_class_recall(cm), cm.diagonal() / cm.sum(1), what="recall")
        cm[1] = 0
        assert_close(submission.per_class_recall(cm), cm.diagonal() / cm.sum(1), trivial=True, what="recall")


@pytest.mark.needs("counts_by_hand")
def test_a_large_test_set(submission, rng):
    """100,000 examples are counted exactly."""
    predicted, y = rng.integers(0, 10, 100_000), rng.integers(0, 10, 100_000)
    predicted[:40_000] = y[:40_000] = 3
    scores = torch.nn.functional.one_hot(predicted, 10).float()
    expected = (y * 10 + predicted).bincount(minlength=100).reshape(10, 10)
    assert_equal(submission.confusion_matrix(scores, y, 10), expected, what="counts")

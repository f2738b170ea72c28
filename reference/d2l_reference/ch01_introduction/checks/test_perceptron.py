"""Hidden checks of ch01/perceptron."""

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_perceptron import learned
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def learned_and_arguments(module, X, y, max_epochs):
    w, b, updates = module.perceptron(X, y, max_epochs)
    return w, float(b), int(updates), X, y


def oracle(X, y, max_epochs):
    """Rosenblatt's rule on rows that carry a 1 for the bias."""
    rows = torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1) * y.to(X.dtype)[:, None]
    v, updates = torch.zeros(rows.shape[1], dtype=X.dtype), 0
    for _ in range(max_epochs):
        before = updates
        for row in rows:
            if row @ v <= 0:
                v, updates = v + row, updates + 1
        if updates == before:
            break
    return v[:-1], v[-1].item(), updates


def separable(rng, n, d):
    """Rows on two sides of a random hyperplane that does not go through 0, none closer to it than 0.3."""
    normal, offset = rng.normal(d, dtype=torch.float64), 0.7
    normal = normal / normal.norm()
    X = rng.normal(4 * n, d, dtype=torch.float64, std=1.5)
    distance = X @ normal + offset
    X, distance = X[distance.abs() > 0.3][:n], distance[distance.abs() > 0.3][:n]
    return X, distance.sign(), distance.abs().min().item() / (1 + offset**2) ** 0.5


@pytest.mark.weight(4)
@pytest.mark.needs("worked_example")
def test_every_update(submission, rng):
    """Weights, bias and number of updates, in any dimension, also when learning is cut short."""
    for n, d, epochs in [(20, 2, 500), (30, 5, 500), (25, 3, 1), (25, 4, 2), (9, 1, 500)]:
        X, y, _ = separable(rng, n, d)
        w, b, updates = oracle(X, y, epochs)
        found = submission.run(learned, X, y, epochs)
        assert_close(found[0], w, what="w")
        assert_close(found[1], b, what="b", trivial=True)
        assert_equal(found[2], updates, what="number of updates")


@pytest.mark.weight(2)
@pytest.mark.needs("worked_example")
def test_as_many_updates_as_theory_allows(submission, rng):
    """All rows end on their side, after no more updates than the square of size over margin (Novikoff, 1962)."""
    X, y, margin = separable(rng, 40, 3)
    w, b, updates = submission.run(learned, X, y, 600)
    wrong = int((y * (X @ w + b) <= 0).sum())
    assert wrong == 0, f"{wrong} of {len(X)} rows are on the wrong side"
    bound = ((X**2).sum(1).max().item() + 1) / margin**2
    assert 0 < updates <= bound, f"{updates} updates were counted; theory allows at most {bound:.0f}"


@pytest.mark.needs("every_update")
def test_keeps_the_dtype(submission, rng):
    """w has X's dtype, whatever the labels are."""
    for dtype in (torch.float32, torch.float64):
        X, y, _ = separable(rng, 15, 2)
        for labels in (y.long(), y.float(), y.double()):
            w, _, _ = oracle(X.to(dtype), labels, 3)
            assert_close(submission.run(learned, X.to(dtype), labels, 3)[0], w, what="w", dtype=True)


@pytest.mark.needs("every_update")
def test_no_epochs(submission, rng):
    """Without an epoch everything stays at 0; with one, something is learned."""
    X, y, _ = separable(rng, 12, 4)
    found = submission.run(learned, X, y, 0)
    assert_close(found, (torch.zeros(4, dtype=torch.float64), 0.0, 0), what="w, b, updates", trivial=True)
    assert_equal(submission.run(learned, X, y, 1)[2], oracle(X, y, 1)[2], what="number of updates in one epoch")


@pytest.mark.needs("every_update")
def test_arguments_are_left_alone(submission, rng):
    """Rows and labels are the same after the call."""
    X, y, _ = separable(rng, 12, 3)
    *_, updates, X_after, y_after = submission.run(learned_and_arguments, X, y, 4)
    assert_equal(updates, oracle(X, y, 4)[2], what="number of updates")
    assert torch.equal(X_after, X), "X was changed by the call"
    assert torch.equal(y_after, y), "y was changed by the call"


@pytest.mark.needs("worked_example")
def test_refuses_any_other_label(submission, rng):
    """A single label that is neither -1 nor +1 is refused, whatever it is and wherever it stands."""
    X = rng.normal(5, 2)
    for place, label in [
        (0, 3.0),
        (rng.integers(1, 5), -2.0),
        (rng.integers(0, 5), 1.25),
        (rng.integers(0, 5), 0.5),
        (rng.integers(0, 5), 0.0),
    ]:
        y = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0])
        y[place] = label
        assert_raises(ValueError, submission.perceptron, X, y, 3, mentions=(f"{label:g}",))

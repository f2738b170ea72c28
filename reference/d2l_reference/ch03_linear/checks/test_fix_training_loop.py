"""Hidden checks of ch03/fix_training_loop."""

import pytest
from d2l_course.ch03_linear.checks.test_fix_training_loop import by_hand, numbers, trained
from d2l_kit.checks import assert_close


@pytest.mark.weight(3)
@pytest.mark.needs("two_steps", "a_column_of_targets")
def test_twelve_steps(submission, rng):
    """Twelve steps, with one input and with several, give what the gradient on paper gives."""
    for n, d in [(40, 1), (100, 3), (1, 2)]:
        X, y = rng.normal(n, d), rng.uniform(n, low=1.0, high=3.0)
        for targets in (y, y[:, None]):
            found = submission.run(trained, X, targets, lr=0.02, epochs=12)
            assert_close(numbers(found), by_hand(X, y, 0.02, 12), what="result")


@pytest.mark.weight(2)
@pytest.mark.needs("two_steps")
def test_finds_the_line(submission, rng):
    """300 steps find the line behind the data; without options 50 steps of 0.1 are taken."""
    X, w, b = rng.normal(80, 3), rng.normal(3, 1, std=2.0), rng.normal(1, mean=2.0)
    y = X @ w + b
    found = submission.run(trained, X, y[:, 0], epochs=300)
    assert_close({"w": found["w"], "b": found["b"]}, {"w": w, "b": b}, rtol=0, atol=1e-3, what="trained parameters")
    assert_close(numbers(submission.run(trained, X, y)), by_hand(X, y, 0.1, 50), what="result without options")

"""Hidden checks of ch03/linreg_concise."""

import pytest
from d2l_course.ch03_linear.checks.test_linreg_concise import made, trained
from d2l_kit.checks import assert_close, assert_equal


@pytest.mark.weight(2)
@pytest.mark.needs("one_full_batch")
def test_finds_any_line(submission, rng):
    """Lines with one input and with five are found, too; batches of other sizes."""
    for d, batch_size in [(1, 24), (5, 30)]:
        X, w, b = rng.normal(1000, d), rng.normal(1, d, std=2.0), rng.normal(1, std=3.0)
        y = X @ w.T + b + rng.normal(1000, 1, std=0.01)
        options = {"lr": 0.04, "batch_size": batch_size, "epochs": 5, "seed": rng.integers(0, 99)}
        found = submission.run(trained, X, y, X[:5], **options)
        assert_close(found["w"], w, rtol=0, atol=0.01, what="trained weight")
        assert_close(found["b"], b, rtol=0, atol=0.02, what="trained bias")


@pytest.mark.weight(2)
@pytest.mark.needs("one_full_batch")
def test_the_last_batch_counts(submission, rng):
    """Rows that do not fill a batch are learnt from as well: with two rows at all, one batch of two."""
    X, y = rng.normal(2, 3), rng.normal(2, 1, mean=4.0)
    start = submission.run(made, 3, X, 7)
    step = 2 * (start["answers"] - y) / 2
    found = submission.run(trained, X, y, X, lr=0.1, batch_size=64, epochs=1, seed=7)
    assert_close(found["w"], start["w"] - 0.1 * step.T @ X, what="weight after one step")


@pytest.mark.needs("one_full_batch")
def test_seed_decides(submission, rng):
    """The same seed makes and trains the same model; another seed draws other weights and another order."""
    X, y, seed = rng.normal(24, 3), rng.normal(24, 1, mean=2.0), rng.integers(1, 1000)
    drawn = [submission.run(made, 3, X, s)["w"] for s in (seed, seed, seed + 1)]
    assert_close(drawn[1], drawn[0], what="first weight of the same seed")
    assert (drawn[2] - drawn[0]).abs().max() > 1e-6, "another seed draws the same first weight"
    first, same, other = (
        submission.run(trained, X, y, X, lr=0.1, batch_size=1, epochs=2, seed=s)["w"] for s in (seed, seed, seed + 1)
    )
    assert_close(same, first, what="trained weight of the same seed")
    assert (other - first).abs().max() > 1e-3, "another seed visits the rows in the same order"


@pytest.mark.needs("finds_the_line")
def test_defaults(submission, rng):
    """Without options three epochs of batches of 32 are taken, with a learning rate of 0.03, from seed 0."""
    X, y = rng.normal(90, 3), rng.normal(90, 1, mean=2.0)
    expected = submission.run(trained, X, y, X, lr=0.03, batch_size=32, epochs=3, seed=0)
    assert_close(submission.run(trained, X, y, X), expected, what="model trained without options")
    first = submission.run(made, 3, X, 0)
    assert_equal(submission.run(made, 3, X)["w"].tolist(), first["w"].tolist(), what="first weight without a seed")

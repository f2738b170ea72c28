"""Hidden checks of ch04/softmax_scratch."""

import pytest
import torch
from d2l_course.ch04_classification.checks.test_softmax_scratch import fit, outputs
from d2l_kit.checks import assert_close, assert_equal
from torch.nn import functional as F


@pytest.mark.weight(2)
@pytest.mark.needs("images", "loss", "predict")
def test_any_size(submission, rng):
    """One input, one class more, images that are not square, large and small numbers of rows."""
    for n, h, w, classes in [(1, 1, 1, 2), (rng.integers(20, 40), 3, 5, 4), (3, 4, 2, rng.integers(5, 12))]:
        W, b, X = rng.normal(h * w, classes), rng.normal(classes), rng.normal(n, 1, h, w)
        y, logits = rng.integers(0, classes, n), X.flatten(1) @ W + b
        found = submission.run(outputs, W, b, X, y)
        assert_close(found["forward"], logits.softmax(1), what="probabilities")
        assert_close(found["loss"], F.cross_entropy(logits, y), what="loss")
        assert_equal(found["predict"], logits.argmax(1), what="predictions")


@pytest.mark.weight(2)
@pytest.mark.needs("full_batches")
def test_small_batches(submission, rng):
    """Each batch takes a step of its own, the last and smaller one included; an epoch's loss is their mean."""
    # All rows are alike, so that their order does not matter: every batch has the same mean loss.
    row, label, size, options = rng.normal(1, 5), rng.integers(0, 3), 4, {"lr": 0.3, "sigma": 0.0}
    alone = submission.run(fit, row, torch.tensor([label]), 3, 1, 6, options)
    losses = alone["losses"]
    for n in (2 * size + 1, rng.integers(10, 13)):  # a single row is a batch, too
        found = submission.run(fit, row.repeat(n, 1), torch.full((n,), label), 3, size, 2, options)
        assert_close({k: found[k] for k in ("W", "b")}, {k: alone[k] for k in ("W", "b")}, what="trained parameters")
        assert_close(found["losses"], [sum(losses[:3]) / 3, sum(losses[3:]) / 3], what="losses")


@pytest.mark.needs("full_batches")
def test_seed_decides(submission, rng):
    """The same seed gives the same weights and the same order of rows, another seed others."""
    X, y, seed = rng.normal(20, 5), rng.integers(0, 3, 20), rng.integers(1, 1000)
    for batch_size, lr, sigma in [(20, 1e-4, 0.5), (1, 0.5, 0.0)]:
        first, same, other = (
            submission.run(fit, X, y, 3, batch_size, 1, {"lr": lr, "sigma": sigma, "seed": s})["W"]
            for s in (seed, seed, seed + 1)
        )
        assert_close(same, first, what="W of the same seed again")
        assert (other - first).abs().max() > 1e-5, "another seed gives the same weights, or the same order of rows"


@pytest.mark.needs("full_batches")
def test_defaults(submission, rng):
    """Without options the learning rate is 0.1, the first weights have deviation 0.01, and the seed is 0."""
    X, y = rng.normal(20, 5), rng.integers(0, 3, 20)
    expected = submission.run(fit, X, y, 3, 5, 2, {"lr": 0.1, "sigma": 0.01, "seed": 0})
    assert_close(submission.run(fit, X, y, 3, 5, 2, {}), expected, what="the model trained without options")

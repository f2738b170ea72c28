"""Hidden checks of ch03/linreg_scratch."""

import pytest
import torch
from d2l_course.ch03_linear.checks.test_linreg_scratch import fit, loss
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe


@probe
def fit_from(module, X, y, options):
    model = module.LinearRegressionScratch(X.shape[1], **options)
    losses = model.fit(X, y, 4, 2)
    return {"w": model.w.detach(), "b": model.b.detach(), "losses": losses}


@probe
def visited(module, X, y, batch_size, epochs):
    """The targets of every batch, as the loss is given them."""
    seen = []

    class Spy(module.LinearRegressionScratch):
        def loss(self, y_hat, y):
            seen.append(y.detach().flatten().tolist())
            return super().loss(y_hat, y)

    Spy(X.shape[1]).fit(X, y, batch_size, epochs)
    return seen


@pytest.mark.needs("loss_worked_by_hand")
def test_loss_refuses_a_single_target(submission, rng):
    """A single target, which would be stretched to all predictions, is a ValueError as well."""
    assert_raises(ValueError, submission.run, loss, rng.normal(8, 1), rng.normal(1, 1), mentions=("8", "1"))
    assert_raises(ValueError, submission.run, loss, rng.normal(8, 1), rng.normal(1), mentions=("8", "1"))


@pytest.mark.weight(3)
@pytest.mark.needs("finds_the_line")
def test_finds_any_line(submission, rng):
    """Lines with one and with four inputs are found, too; batches of other sizes, the last one smaller."""
    for d, batch_size in [(1, 8), (4, 11)]:
        X, w, b = rng.normal(600, d), rng.normal(d, 1, std=2.0), rng.normal(1, std=3.0)
        y = X @ w + b + rng.normal(600, 1, std=0.01)
        found = submission.run(fit, X, y, batch_size, 5, 0.04, 0.01, rng.integers(0, 99))
        assert_close({k: found[k] for k in ("w", "b")}, {"w": w, "b": b}, rtol=0, atol=0.01, what="trained parameters")
        assert found["losses"][-1] < 2e-4, "the loss should fall below 0.0002 in the last epoch"


@pytest.mark.needs("full_batches_by_hand")
def test_mean_of_the_batches_losses(submission, rng):
    """With a learning rate of 0 nothing changes, and every epoch's loss is that of all rows."""
    X, y = rng.normal(12, 2), rng.normal(12, 1, mean=2.0)
    found = submission.run(fit, X, y, 3, 2, 0.0, 0.0, 0)
    expected = (y**2).mean().item() / 2
    assert_close(found["losses"], [expected, expected], what="losses")


@pytest.mark.needs("full_batches_by_hand")
def test_seed_decides(submission, rng):
    """The same seed trains the same model; another seed visits the rows in another order."""
    X, y, seed = rng.normal(20, 3), rng.normal(20, 1, mean=2.0), rng.integers(1, 1000)
    first, same, other = (submission.run(fit, X, y, 1, 1, 0.1, 0.0, s) for s in (seed, seed, seed + 1))
    assert_close(same["w"], first["w"], what="w, trained from the same seed again")
    assert (other["w"] - first["w"]).abs().max() > 1e-6, "from w = 0, two seeds visit the rows in the same order"
    drawn = [submission.run(fit, X, y, 20, 1, 0.0, 0.5, s)["w"] for s in (seed, seed, seed + 1)]
    assert_close(drawn[1], drawn[0], what="first w of the same seed")
    assert (drawn[2] - drawn[0]).abs().max() > 1e-6, "another seed draws the same first weights"


@pytest.mark.observed
@pytest.mark.needs("finds_the_line")
def test_every_row_once_in_a_new_order(submission, rng):
    """Every epoch visits each row once, in batches of the size asked for, in an order of its own."""
    n, size = rng.integers(16, 20), 5  # the last batch is never full
    seen = submission.run(visited, rng.normal(n, 2), torch.arange(float(n))[:, None], size, 2)
    per_epoch = -(-n // size)
    sizes = [size] * (per_epoch - 1) + [n - size * (per_epoch - 1)]
    assert_equal([len(batch) for batch in seen], sizes * 2, what="sizes of the batches that the loss was given")
    first, second = ([y for batch in part for y in batch] for part in (seen[:per_epoch], seen[per_epoch:]))
    assert_equal(sorted(first), [float(i) for i in range(n)], what="targets of the rows that an epoch visited, sorted")
    assert first != sorted(first), "the rows are visited in the order they come in"
    assert first != second, "both epochs visit the rows in the same order"


@pytest.mark.needs("finds_the_line")
def test_defaults(submission, rng):
    """Without options the learning rate is 0.03, the first weights have deviation 0.01, and the seed is 0."""
    X, y = rng.normal(20, 30), rng.normal(20, 1, mean=2.0)
    expected = submission.run(fit_from, X, y, {"lr": 0.03, "sigma": 0.01, "seed": 0})
    assert_close(submission.run(fit_from, X, y, {}), expected, what="model trained without options")

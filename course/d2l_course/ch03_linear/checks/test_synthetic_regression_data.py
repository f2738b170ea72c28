"""Public checks of ch03/synthetic_regression_data."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe


@probe
def served(module, epochs, *args, **kwargs):
    """All data, and the batches of several epochs, each of the training part and then of the validation part."""
    data = module.SyntheticRegressionData(*args, **kwargs)
    batches = [[[(X, y) for X, y in data.get_dataloader(train)] for train in (True, False)] for _ in range(epochs)]
    return {"X": data.X, "y": data.y, "epochs": batches}


@probe
def sizes(module, batch_size):
    """How large the training batches of eight rows are."""
    data = module.SyntheticRegressionData(torch.ones(2), 0.5, num_train=8, num_val=4, batch_size=batch_size)
    return [len(y) for _, y in data.get_dataloader(True)]


def joined(batches):
    """The rows of all batches, each with its target behind its inputs."""
    return torch.cat([torch.cat([X, y], dim=1) for X, y in batches])


def together(batches):
    """Which rows share a batch, each row known by its first number; in no order."""
    return {tuple(sorted(X[:, 0].tolist())) for X, _ in batches}


def in_order(rows):
    """The rows sorted by their first number."""
    return rows[rows[:, 0].argsort()]


@pytest.mark.weight(2)
def test_without_noise_targets_lie_on_the_line(submission):
    """Without noise every batch holds inputs [m, d] and their targets X w + b, [m, 1]."""
    w, b = torch.tensor([2.0, -3.4]), 4.2
    found = submission.run(served, 1, w, b, noise=0.0, num_train=12, num_val=8, batch_size=4)
    for part, batches in zip(("training", "validation"), found["epochs"][0], strict=True):
        assert len(batches) > 0, f"the {part} loader yields nothing"
        for X, y in batches:
            assert_shape(X, (4, 2), what=f"inputs of a {part} batch of 4")
            assert X.std() > 0.05, f"the inputs of a {part} batch are all alike"
            assert_close(y, X @ w[:, None] + b, what=f"targets of a {part} batch")


@pytest.mark.weight(2)
@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_noise_is_a_standard_deviation(submission):
    """X is standard normal, and y differs from the line by noise of the deviation asked for."""
    w, b, noise = torch.tensor([1.0, -2.0, 0.5]), -1.0, 0.2
    found = submission.run(served, 1, w, b, noise=noise, num_train=1500, num_val=1500)
    X, y = found["X"], found["y"]
    assert_shape(X, (3000, 3), what="X")
    assert_shape(y, (3000, 1), what="y")
    assert_close(X.mean(dim=0), torch.zeros(3), atol=0.1, trivial=True, what="mean of the inputs")
    assert_close(X.std(dim=0), torch.ones(3), atol=0.1, what="deviation of the inputs")
    far = (X.abs() > 2).float().mean()
    assert_close(far, torch.tensor(0.0455), atol=0.02, what="share of normal inputs beyond two deviations")
    residuals = (y - X @ w[:, None] - b)[:, 0]
    assert_close(residuals.mean(), torch.tensor(0.0), atol=0.1 * noise, trivial=True, what="mean of the noise")
    assert_close(residuals.std(), torch.tensor(noise), rtol=0.1, what="deviation of the noise")
    far = (residuals.abs() > 2 * noise).float().mean()
    assert_close(far, torch.tensor(0.0455), atol=0.02, what="share of normal noise beyond two deviations")
    found = submission.run(served, 1, w, b)
    assert_shape(found["X"], (2000, 3), what="X without options")
    residuals = (found["y"] - found["X"] @ w[:, None] - b)[:, 0]
    assert_close(residuals.std(), torch.tensor(0.01), rtol=0.1, what="deviation of the noise without options")


@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_last_batch_may_be_smaller(submission):
    """70 rows in batches of 32 are 32, 32 and 6; 33 are 32 and 1; 5 in batches of 8 are one of 5; no rows are none."""
    found = submission.run(served, 1, torch.tensor([1.0]), 0.5, num_train=70, num_val=33)
    training, validation = found["epochs"][0]
    assert_equal([len(y) for _, y in training], [32, 32, 6], what="sizes of the training batches")
    assert_equal([len(y) for _, y in validation], [32, 1], what="sizes of the validation batches")
    found = submission.run(served, 1, torch.tensor([1.0]), 0.5, num_train=5, num_val=0, batch_size=8)
    training, validation = found["epochs"][0]
    assert_equal([len(y) for _, y in training], [5], what="sizes of the training batches of 5 rows")
    assert_equal([len(y) for _, y in validation], [], what="sizes of the validation batches without rows")


@pytest.mark.weight(2)
@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_an_epoch_is_every_training_row_once(submission):
    """The training loader yields each of the first rows once, in a new order at every call; the rest come in order."""
    found = submission.run(served, 2, torch.tensor([1.0, 2.0]), 0.5, num_train=24, num_val=16, batch_size=4)
    rows, rest = torch.cat([found["X"], found["y"]], dim=1).split([24, 16])
    first, second = (joined(training) for training, _ in found["epochs"])
    assert_shape(first, (24, 3), what="training rows, targets behind the inputs")
    assert_close(in_order(first), in_order(rows), what="training rows of an epoch, sorted")
    assert (first != rows).any(), "the training rows come in the order they have in X: shuffle them"
    assert (first != second).any(), "the training rows come in the same order in every epoch"
    first, second = (together(training) for training, _ in found["epochs"])
    assert first != second, "the same rows share a batch in every epoch: shuffle the rows, not the batches"
    assert_close(joined(found["epochs"][0][1]), rest, what="validation rows")


@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_refuses_a_batch_size_below_one(submission):
    """A batch size of 0 or below is a ValueError that names its value."""
    assert_raises(ValueError, submission.run, sizes, -4, mentions=("-4",))
    assert_raises(ValueError, submission.run, sizes, 0, mentions=("0",))

"""Hidden checks of ch03/synthetic_regression_data."""

import pytest
import torch
from d2l_course.ch03_linear.checks.test_synthetic_regression_data import in_order, joined, served
from d2l_kit.checks import assert_close, assert_equal, assert_shape, probe


@probe
def seeds(module, w, seeds, used_before):
    """Training rows for each seed, after some use of torch's global generator; and by what that was touched."""
    answers = []
    for seed, used in zip(seeds, used_before, strict=True):
        torch.rand(used)
        state = torch.get_rng_state()
        data = module.SyntheticRegressionData(w, 1.5, noise=0.3, num_train=30, num_val=10, batch_size=8, seed=seed)
        for _ in range(2):
            batches = [torch.cat([X, y], dim=1) for X, y in data.get_dataloader(True)]
        touched = [] if torch.equal(state, torch.get_rng_state()) else ["data or training batches"]
        state = torch.get_rng_state()
        list(data.get_dataloader(False))
        touched += [] if torch.equal(state, torch.get_rng_state()) else ["validation batches"]
        answers.append((torch.cat(batches), touched))
    return answers


@pytest.mark.weight(2)
@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_validation_is_the_rest_in_order(submission, rng):
    """The validation loader yields the rows behind the training rows, in order, at every call."""
    n, m, d = rng.integers(20, 50), rng.integers(20, 50), rng.integers(2, 6)
    found = submission.run(served, 2, rng.normal(d, mean=1.0), 0.5, num_train=n, num_val=m, batch_size=7)
    rows = torch.cat([found["X"], found["y"]], dim=1)[n:]
    assert_shape(rows, (m, d + 1), what="rows behind the training rows")
    for _, validation in found["epochs"]:
        assert_close(joined(validation), rows, what="validation rows of an epoch")


@pytest.mark.weight(2)
@pytest.mark.needs("an_epoch_is_every_training_row_once")
def test_any_sizes(submission, rng):
    """Other sizes: a single weight, batches of one row, batches larger than the data."""
    sizes = [(1, 9, 4, 1), (3, 11, 5, 100), (2, rng.integers(30, 60), 3, rng.integers(4, 10))]
    for d, n, m, batch_size in sizes:
        w, b = rng.normal(d), rng.normal().item()
        found = submission.run(served, 1, w, b, 0.0, n, m, batch_size, 5)
        assert_shape(found["X"], (n + m, d), what="X")
        assert_close(found["y"], found["X"] @ w[:, None] + b, what="y")
        training, _ = found["epochs"][0]
        full, rest = divmod(n, batch_size)
        expected = [batch_size] * full + [rest] * (rest > 0)
        assert_equal([len(y) for _, y in training], expected, what="sizes of the training batches")
        rows = torch.cat([found["X"], found["y"]], dim=1)
        assert_close(in_order(joined(training)), in_order(rows[:n]), what="training rows of an epoch, sorted")


@pytest.mark.needs("an_epoch_is_every_training_row_once")
def test_seed_decides(submission, rng):
    """The same seed gives the same data in the same order, another seed others; the global generator is left alone."""
    seed = rng.integers(1, 1000)
    answers = submission.run(seeds, rng.normal(2, mean=1.0), [seed, seed, seed + 1], [3, 5, 7])
    (first, touched), (same, _), (other, _) = answers
    assert_close(same, first, what="training rows of the same seed")
    assert (other != first).any(), "another seed gives the same training rows"
    assert_equal(touched, [], what="list of what touches torch's global generator")


@pytest.mark.needs("without_noise_targets_lie_on_the_line")
def test_no_validation_rows(submission):
    """With num_val = 0 the validation loader yields nothing at all, not even an empty batch."""
    found = submission.run(served, 1, torch.tensor([1.0, 2.0]), 0.5, num_train=10, num_val=0, batch_size=4)
    training, validation = found["epochs"][0]
    assert_equal([len(y) for _, y in training], [4, 4, 2], what="sizes of the training batches")
    assert_equal(len(validation), 0, what="number of validation batches")


@pytest.mark.needs("an_epoch_is_every_training_row_once")
def test_defaults(submission):
    """Without options there are 1000 + 1000 rows with noise 0.01 in batches of 32, from seed 0."""
    w = torch.tensor([1.0, 2.0])
    found = submission.run(served, 1, w, 0.5)
    expected = submission.run(served, 1, w, 0.5, noise=0.01, num_train=1000, num_val=1000, batch_size=32, seed=0)
    assert_close(found, expected, what="data and batches without options")

"""Hidden checks of ch01/learning_curve."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, assert_shape, probe


@probe
def curves_and_state(module, X, y, X_test, y_test, sizes, repeats, seed, own_seed):
    """The curve twice, with draws from torch's own generator before and after, and what was to be drawn."""
    torch.manual_seed(own_seed)
    wanted = torch.rand(4)
    torch.manual_seed(own_seed)
    before = torch.rand(2)
    first = module.learning_curve(X, y, X_test, y_test, sizes, repeats, seed)
    after = torch.rand(2)
    second = module.learning_curve(X, y, X_test, y_test, sizes, repeats, seed)
    return torch.cat([before, after]), wanted, first, second


@probe
def prediction_and_arguments(module, X, y, X_test, num_classes):
    return module.nearest_mean_predict(X, y, X_test, num_classes), X, y, X_test


@probe
def curve_of_identities(module, n, size, repeats, seed):
    """Row i is the only one of class i, and every test row is one of them: the share of rows in a subset."""
    X, y = torch.eye(n), torch.arange(n)
    return module.learning_curve(X, y, X, y, [size], repeats, seed)


def nearest_mean(X, y, X_test):
    classes = y.unique()
    means = torch.stack([X[y == c].mean(0) for c in classes])
    return classes[((X_test[:, None] - means) ** 2).sum(2).argmin(1)]


def blobs(rng, n, k, d):
    """n rows around k middles, and 30 more; every class occurs."""
    middles = rng.normal(k, d, std=2.0)
    y, y_test = torch.arange(n) % k, torch.arange(30) % k
    return middles[y] + rng.normal(n, d), y, middles[y_test] + rng.normal(30, d), y_test


@pytest.mark.weight(3)
@pytest.mark.needs("nearest_mean")
def test_any_classes(submission, rng):
    """Any number of classes and columns, any of the classes missing."""
    for n, k, d in [(20, 3, 2), (31, 6, 5), (8, 2, 1), (40, rng.integers(4, 9), 3)]:
        X, y, X_test, _ = blobs(rng, n, k, d)
        missing = rng.integers(0, k)
        for kept in (y >= 0, y != missing, y == missing):
            found = submission.nearest_mean_predict(X[kept], y[kept], X_test, k)
            assert_equal(found, nearest_mean(X[kept], y[kept], X_test), what="classes")


@pytest.mark.needs("any_classes")
def test_arguments_are_left_alone(submission, rng):
    """Rows and classes are the same after the call."""
    X, y, X_test, _ = blobs(rng, 20, 4, 3)
    found, *after = submission.run(prediction_and_arguments, X, y, X_test, 4)
    assert_equal(found, nearest_mean(X, y, X_test), what="classes")
    for name, was, now in zip(("X_train", "y_train", "X_test"), (X, y, X_test), after, strict=True):
        assert torch.equal(now, was), f"{name} was changed by the call"


@pytest.mark.weight(3)
@pytest.mark.needs("more_rows_better_reading")
def test_curve_of_other_digits(submission, rng, data):
    """The curve for other digits, sorted by class, in any order of sizes."""
    digits = data.digits()
    X, y = torch.cat([digits.train_images, digits.test_images]), torch.cat([digits.train_labels, digits.test_labels])
    train, test = rng.permutation(len(X))[:1500].split([1100, 400])
    train = train[y[train].argsort()]
    bounds = {100: (0.8, 0.95), 5: (0.18, 0.5), 20: (0.5, 0.8)}
    curve = submission.learning_curve(X[train], y[train], X[test], y[test], list(bounds), 20, rng.integers(0, 1000))
    assert_shape(curve, (3,), what="curve")
    for value, (low, high) in zip(curve.tolist(), bounds.values(), strict=True):
        assert low <= value <= high, f"the curve is {[round(v, 3) for v in curve.tolist()]}"


@pytest.mark.weight(2)
def test_subsets_are_random_and_without_repetition(submission, rng):
    """A subset of s rows holds s different rows, and other ones each time."""
    seed = rng.integers(0, 1000)
    # A test row is read right if it is in the subset itself: else its class is not known.
    for size in (9, 14):
        curve = submission.run(curve_of_identities, 20, size, 3, seed)
        assert_close(curve, torch.tensor([size / 20]), what="share of rows that are in the subset")


@pytest.mark.weight(2)
@pytest.mark.needs("all_rows")
def test_mean_over_the_repeats(submission, rng):
    """Many small subsets give the mean accuracy that theory says, neither that of a single one nor the best."""
    few = submission.learning_curve(*blobs(rng, 60, 6, 2), [3, 4, 5, 4, 3], 5, rng.integers(0, 1000))
    assert_shape(few, (5,), what="curve")
    assert (few > 0.03).all() and (few < 0.9).all(), (
        f"a few rows of six classes cannot give accuracies of {few.tolist()}"
    )
    # Three rows of class 0 and one of class 1: a single row is right about 3 or about 1 of 4 test rows.
    X, y = torch.tensor([[0.0], [0.0], [0.0], [5.0]]), torch.tensor([0, 0, 0, 1])
    curve = submission.learning_curve(X, y, X, y, [1, 4, 1], 200, rng.integers(0, 1000))
    assert_close(curve[1], torch.tensor(1.0), what="accuracy with all rows")
    # Three times out of four 3/4, else 1/4: 0.625, and 200 draws are off by 0.015 as a rule, these are five of them.
    for value in (curve[0].item(), curve[2].item()):
        assert 0.55 < value < 0.70, f"the mean accuracy with one row should be about 0.625: it is {value:.3f}"


@pytest.mark.needs("seed_decides")
def test_generator_of_torch_is_left_alone(submission, rng):
    """torch's own generator stands where it stood, and what is drawn from it changes nothing."""
    X, y, X_test, y_test = blobs(rng, 40, 4, 2)
    arguments = X, y, X_test, y_test, [2, 5], 4, rng.integers(0, 1000), rng.integers(0, 1000)
    drawn, wanted, first, second = submission.run(curves_and_state, *arguments)
    assert_close(second, first, what="second curve with the same seed", trivial=True)
    assert torch.equal(drawn, wanted), "after the curve, torch's own generator gives other numbers than it would have"


@pytest.mark.needs("all_rows")
def test_refuses_sizes_just_out_of_range(submission, rng):
    """One row more than there are, and a negative size, are refused as well, wherever they stand."""
    X, y, X_test, y_test = blobs(rng, 25, 3, 2)
    for sizes, wrong in [([3, 26], 26), ([26, 3], 26), ([3, -2, 5], -2)]:
        assert_raises(ValueError, submission.learning_curve, X, y, X_test, y_test, sizes, 2, 0, mentions=(str(wrong),))

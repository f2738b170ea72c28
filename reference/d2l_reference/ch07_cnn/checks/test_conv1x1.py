"""Hidden checks of ch07/conv1x1."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, assert_unchanged, probe


def conv2d(X, W, b=None):
    return F.conv2d(X, W[:, :, None, None], b)


@probe
def transposed(module, X, W, b):
    """The images as a view with height and width exchanged."""
    return module.conv1x1(X.transpose(2, 3), W, b)


@probe
def count_calls(module, X, W, b):
    """The result, and how many calls into torch it took."""
    from torch.overrides import TorchFunctionMode

    class Counter(TorchFunctionMode):
        calls = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            self.calls += 1
            return function(*args, **(kwargs or {}))

    with Counter() as counter:
        result = module.conv1x1(X, W, b)
    return result, counter.calls


@pytest.mark.weight(3)
@pytest.mark.needs("matches_conv2d")
def test_random_sizes_in_float64(submission, rng):
    """Any sizes, axes of size 1 among them, give conv2d's result in the dtype of X."""
    images, low, wide = rng.integers(2, 5), rng.integers(2, 7), rng.integers(7, 10)
    few, many = rng.integers(2, 6), rng.integers(6, 9)
    sizes = [
        (images, few, many, low, wide),
        (1, many, many, low, wide),
        (images, 1, many, low, 1),
        (images, few, 1, 1, wide),
    ]
    for n, ci, co, h, w in sizes:
        X = rng.normal(n, ci, h, w, dtype=torch.float64, std=100.0)
        W, b = rng.normal(co, ci, dtype=torch.float64), rng.normal(co, dtype=torch.float64, std=100.0)
        assert_close(submission.conv1x1(X, W, b), conv2d(X, W, b), dtype=True)


@pytest.mark.needs("bias_per_channel")
def test_transposed_images(submission, rng):
    """Images that are a transposed view are mapped like any others."""
    X, W, b = rng.normal(2, 3, 4, 6), rng.normal(5, 3), rng.normal(5)
    assert_close(submission.run(transposed, X, W, b), conv2d(X.transpose(2, 3), W, b))


@pytest.mark.weight(2)
@pytest.mark.needs("bias_per_channel")
def test_gradients(submission, rng):
    """The gradients of the images, the weights and the bias are those of conv2d."""
    X, W, b = (rng.normal(*shape, dtype=torch.float64) for shape in [(2, 3, 4, 5), (6, 3), (6,)])
    assert_gradients(submission, "conv1x1", (X, W, b), conv2d, wrt=(0, 1, 2))


@pytest.mark.needs("bias_per_channel")
def test_arguments_are_unchanged(submission, rng):
    """Images, weights and bias stay as they are, and the result is a tensor of its own."""
    assert_unchanged(submission, "conv1x1", rng.normal(2, 3, 4, 5), rng.normal(3, 3), rng.normal(3))


@pytest.mark.observed
@pytest.mark.needs("bias_per_channel")
def test_no_loops(submission, rng):
    """Larger images, more of them and more channels take no more calls into torch: nothing is looped over."""
    counts = []
    for size in (2, 8):
        X, W, b = rng.normal(size, size, size, size), rng.normal(size, size), rng.normal(size)
        result, calls = submission.run(count_calls, X, W, b)
        assert_close(result, conv2d(X, W, b))
        counts.append(calls)
    small, large = counts
    assert large <= 2 * small, f"axes of size 2 took {small} calls into torch, axes of size 8 took {large}"


@pytest.mark.needs("wrong_channels_are_refused")
def test_one_channel_is_not_broadcast(submission, rng):
    """A single channel where W expects several, or the other way round, raises ValueError."""
    many = rng.integers(2, 9)
    one, several = torch.ones(2, 1, 3, 3), torch.ones(2, many, 3, 3)
    assert_raises(ValueError, submission.conv1x1, one, torch.ones(4, many), mentions=("1", str(many)))
    assert_raises(ValueError, submission.conv1x1, several, torch.ones(4, 1), mentions=("1", str(many)))

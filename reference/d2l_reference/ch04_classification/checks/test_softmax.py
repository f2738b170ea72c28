"""Hidden checks of ch04/softmax."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, probe


@probe
def of_transposed(module, logits):
    return module.softmax(logits.t()), module.softmax(logits.t(), 0)


@pytest.mark.weight(3)
@pytest.mark.needs("any_axis")
def test_any_shape(submission, rng):
    """Vectors, matrices and stacks of matrices, along each of their axes; float64 stays float64."""
    for shape in [(5,), (1, 6), (6, 1), (2, 3, 4), (3, 1, 2, 5)]:
        for dtype in (torch.float32, torch.float64):
            logits = rng.normal(*shape, dtype=dtype, std=3.0)
            assert_close(submission.softmax(logits), torch.softmax(logits, -1), dtype=True)
            for dim in range(-len(shape), len(shape)):
                assert_close(submission.softmax(logits, dim), torch.softmax(logits, dim), dtype=True)


@pytest.mark.weight(2)
@pytest.mark.needs("large_scores", "each_row_for_itself")
def test_scores_of_any_size(submission, rng):
    """Scores of very different size side by side, in rows and along other axes, and shifts that change nothing."""
    logits = rng.normal(4, 3, 5) + torch.tensor([-1000.0, 1000.0, 0.0, 60.0])[:, None, None]
    for dim in (1, 2):
        assert_close(submission.softmax(logits, dim), torch.softmax(logits, dim), atol=1e-4)
    logits = torch.tensor([[0.0, 100.0, 101.0], [-100.0, 1000.0, -1000.0], [-300.0, -301.0, -500.0]])
    assert_close(submission.softmax(logits), torch.softmax(logits, 1), atol=1e-4)
    logits = rng.normal(3, 4)
    logits[0, 1] = logits[2, 0] = logits[2, 3] = -torch.inf
    assert_close(submission.softmax(logits), torch.softmax(logits, 1))
    logits = rng.normal(3, 4, dtype=torch.float64)
    expected = torch.softmax(logits, 1)
    for shift in (800.0, -800.0):
        assert_close(submission.softmax(logits + shift), expected, what="result for shifted scores")


@pytest.mark.needs("gradient")
def test_gradient_along_any_axis(submission, rng):
    """The gradient is right along other axes, with large scores and in float64."""
    logits = rng.normal(2, 3, 4, dtype=torch.float64) + torch.tensor([500.0, -500.0])[:, None, None]
    for dim in (1, 2):
        assert_gradients(submission, "softmax", (logits, dim), torch.softmax)


@pytest.mark.needs("any_axis")
def test_transposed_scores(submission, rng):
    """Scores that do not lie row by row in memory, such as a transpose, are understood."""
    logits = rng.normal(3, 5)
    assert_close(submission.run(of_transposed, logits), (torch.softmax(logits.t(), 1), torch.softmax(logits.t(), 0)))

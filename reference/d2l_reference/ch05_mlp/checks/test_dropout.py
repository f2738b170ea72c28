"""Hidden checks of ch05/dropout."""

import pytest
import torch
from d2l_course.ch05_mlp.checks.test_dropout import dropped
from d2l_kit.checks import assert_close, probe


@probe
def evaluated(module, p, X):
    return module.Dropout(p).eval()(X).detach()


@probe
def numbers_of_zeros(module, p, X, calls):
    layer = module.Dropout(p)
    return [int((layer(X) == 0).sum()) for _ in range(calls)]


@pytest.mark.weight(4)
def test_any_probability_for_each_element_alone(submission, rng):
    """For small and large p the share of zeros is right, over all and in every row and column."""
    for p in (0.1, 0.5, 0.8):
        X = rng.uniform(200, 300, low=1.0, high=3.0)
        out = submission.run(dropped, p, X)
        zeros = (out == 0).double()
        assert_close(out, torch.where(out == 0, 0 * X, X / (1 - p)), what="result")
        # Five and a half deviations of a share of 200: dropping whole rows or columns is far beyond.
        room = 5.5 * (p * (1 - p) / 200) ** 0.5
        for axis in (0, 1):
            worst = (zeros.mean(axis) - p).abs().max()
            assert worst < room, "a row or column has far too many or too few zeros"
        assert_close(zeros.mean(), p, rtol=0, atol=0.0115, what="share of zeros")
        assert_close(out.mean(), X.mean(), rtol=0.06, what="mean")


@pytest.mark.weight(2)
@pytest.mark.needs("what_is_left_is_scaled_up")
def test_any_shape_and_dtype(submission, rng):
    """Four axes, one axis, negative numbers; float64 stays float64, and float16 float16."""
    for shape in ((40, 3, 5, 4), (2000,)):
        X = rng.normal(*shape, dtype=torch.float64)
        out = submission.run(dropped, 0.6, X)
        assert_close(out, torch.where(out == 0, 0 * X, X / 0.4), dtype=True, what="result")
        assert_close((out == 0).double().mean(), 0.6, rtol=0, atol=0.08, what="share of zeros")
    X = rng.uniform(30, 20, low=1.0, high=3.0).half()
    out = submission.run(dropped, 0.5, X)
    assert_close(out, torch.where(out == 0, 0 * X, 2 * X), dtype=True, what="result")


@pytest.mark.needs("what_is_left_is_scaled_up")
def test_number_of_zeros_varies(submission, rng):
    """Elements are dropped independently: how many are dropped differs from call to call."""
    counts = submission.run(numbers_of_zeros, 0.5, rng.uniform(20, 30, low=1.0, high=3.0), 12)
    assert len(set(counts)) > 1, f"twelve calls have dropped {counts[0]} of 600 elements each, never more or fewer"


@pytest.mark.weight(2)
@pytest.mark.needs("what_is_left_is_scaled_up")
def test_evaluation_of_any_input(submission, rng):
    """In evaluation mode every number comes back exactly as it was, for any p."""
    for p in (0.0, 0.7, 1.0):
        X = rng.normal(7, 2, 5, dtype=torch.float64, std=100.0)
        assert_close(submission.run(evaluated, p, X), X, rtol=0, atol=0, dtype=True, what="result in evaluation mode")

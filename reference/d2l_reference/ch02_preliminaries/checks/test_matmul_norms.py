"""Hidden checks of ch02/matmul_norms."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_gradients, assert_raises, probe

EXTREMES = [(1e30, torch.float32), (1e-30, torch.float32), (1e200, torch.float64), (1e-200, torch.float64)]


@probe
def of_transposed(module, A, B):
    """Product, Frobenius norm and normalised rows of tensors that do not lie row by row in memory."""
    return module.matmul(A.t(), B.t()), module.frobenius_norm(A.t()), module.normalize_rows(A.t().abs())


@pytest.mark.weight(3)
@pytest.mark.needs("matmul_matches_torch")
def test_matmul_any_shape(submission, rng):
    """Square matrices, single rows and columns, inner size 1: float64 in, float64 out."""
    n, drawn = rng.integers(2, 5), [rng.integers(1, 7) for _ in range(3)]
    for rows, inner, columns in [(n, n, n), (1, 4, 1), (3, 1, 3), (1, 3, 5), drawn]:
        A = rng.normal(rows, inner, dtype=torch.float64, mean=-2.0, std=9.0)
        B = rng.normal(inner, columns, dtype=torch.float64)
        assert_close(submission.matmul(A, B), A @ B, rtol=1e-10, atol=1e-10, dtype=True, what="product")


@pytest.mark.weight(2)
@pytest.mark.needs("matmul_matches_torch")
def test_matmul_gradients(submission, rng):
    """Gradients flow back to both matrices."""
    assert_gradients(submission, "matmul", (rng.normal(3, 4), rng.normal(4, 2)), torch.matmul, wrt=(0, 1))


@pytest.mark.weight(2)
@pytest.mark.needs("norms_worked_example")
def test_norms_match_torch(submission, rng):
    """Any vector and any p, in single and in double precision, also of negative numbers alone."""
    n = rng.integers(2, 30)
    x64 = rng.normal(n, dtype=torch.float64, std=5.0)
    for x, rtol in [(x64.float(), 1e-4), (x64, 1e-10), (-x64.abs(), 1e-10), (-x64.abs().float(), 1e-4)]:
        for p in (1, 1.5, 2.0, rng.uniform(low=2.5, high=6.0).item(), math.inf):
            expected = torch.linalg.vector_norm(x, ord=p)
            assert_close(submission.vector_norm(x, p), expected, rtol=rtol, dtype=True, what=f"{p:.3g}-norm")


@pytest.mark.weight(2)
@pytest.mark.needs("norm_of_large_numbers")
def test_norms_of_extreme_numbers(submission, rng):
    """Numbers whose powers are too large or too small for the dtype."""
    x = rng.normal(6, dtype=torch.float64)
    for scale, dtype in EXTREMES:
        scaled = (x * scale).to(dtype)
        for p in (2.0, 3.0, 12.0):
            expected = torch.linalg.vector_norm(scaled.double() / scale, ord=p) * scale
            assert_close(submission.vector_norm(scaled, p), expected.to(dtype), atol=0.0, what=f"{p:g}-norm")


@pytest.mark.needs("norms_match_torch")
def test_norm_of_zeros(submission, rng):
    """A vector of zeros has the norm 0, for every p."""
    x = torch.zeros(rng.integers(1, 6))
    for p in (1.0, 2.0, math.inf):
        assert_close(submission.vector_norm(x, p), torch.tensor(0.0), trivial=True, what=f"{p:g}-norm")
    assert_close(submission.frobenius_norm(torch.zeros(2, 3)), torch.tensor(0.0), trivial=True, what="Frobenius norm")


@pytest.mark.needs("frobenius_norm")
def test_frobenius_norm_of_large_numbers(submission, rng):
    """The Frobenius norm holds for matrices of any shape, and where squares are too large or too small."""
    A = rng.normal(rng.integers(2, 5), rng.integers(5, 9), dtype=torch.float64)
    norm = torch.linalg.matrix_norm(A)
    assert_close(submission.frobenius_norm(A), norm, rtol=1e-10, dtype=True, what="Frobenius norm")
    for scale, dtype in EXTREMES:
        found = submission.frobenius_norm((A * scale).to(dtype))
        assert_close(found, (norm * scale).to(dtype), atol=0.0, what="Frobenius norm")


@pytest.mark.needs("matmul_matches_torch", "frobenius_norm", "rows_add_up_to_one")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood."""
    A, B = rng.normal(4, 3), rng.normal(2, 4)
    product, norm, rows = submission.run(of_transposed, A, B)
    assert_close(product, A.t() @ B.t(), what="product")
    assert_close(norm, torch.linalg.matrix_norm(A), what="Frobenius norm")
    assert_close(rows, A.t().abs() / A.t().abs().sum(1, keepdim=True), what="rows")


@pytest.mark.needs("matmul_refuses_shapes_that_do_not_match")
def test_matmul_does_not_spread_a_single_row(submission, rng):
    """One column and three rows do not match, nor do three columns and one row."""
    assert_raises(ValueError, submission.matmul, rng.normal(2, 1), rng.normal(3, 4))
    assert_raises(ValueError, submission.matmul, rng.normal(2, 3), rng.normal(1, 4))
    assert_raises(ValueError, submission.matmul, rng.normal(4, 3), rng.normal(4, 3))


@pytest.mark.needs("norms_worked_example")
def test_norm_refuses_any_small_p(submission, rng):
    """0, negative numbers and what is just below 1 are no p."""
    for p in (0, -2, -math.inf, 0.99):
        assert_raises(ValueError, submission.vector_norm, rng.normal(4), p)

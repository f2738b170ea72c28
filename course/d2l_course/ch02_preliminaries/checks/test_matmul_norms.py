"""Public checks of ch02/matmul_norms."""

import math

import pytest
import torch
from d2l_kit.checks import assert_close, assert_raises, assert_unchanged


def test_matmul_worked_example(submission):
    """Two 2 x 2 matrices, multiplied by hand."""
    A, B = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.tensor([[4.0, 1.0], [2.0, -1.0]])
    assert_close(submission.matmul(A, B), torch.tensor([[8.0, -1.0], [12.0, 3.0]]), what="product")


@pytest.mark.weight(3)
@pytest.mark.needs("matmul_worked_example")
def test_matmul_matches_torch(submission, rng):
    """Matrices that are not square give what @ gives."""
    for n, k, m in [(3, 4, 2), (2, 3, 5)]:
        A, B = rng.normal(n, k), rng.normal(k, m)
        assert_close(submission.matmul(A, B), A @ B, what="product")


@pytest.mark.weight(2)
def test_norms_worked_example(submission):
    """The 1-, 2-, 3- and infinity-norm of (3, -4, 0), worked out by hand."""
    x = torch.tensor([3.0, -4.0, 0.0])
    assert_close(submission.vector_norm(x), 5.0, what="2-norm")
    assert_close(submission.vector_norm(x, 1), 7.0, what="1-norm")
    assert_close(submission.vector_norm(x, 3), 91 ** (1 / 3), what="3-norm")
    assert_close(submission.vector_norm(x, math.inf), 4.0, what="infinity-norm")


@pytest.mark.needs("norms_worked_example")
def test_norm_of_large_numbers(submission):
    """The norm of (3e25, -4e25) is 5e25, although the squares do not fit into float32."""
    assert_close(submission.vector_norm(torch.tensor([3e25, -4e25])), torch.tensor(5e25), what="2-norm")


@pytest.mark.needs("matmul_matches_torch", "norms_worked_example")
def test_single_row_in_double_precision(submission, rng):
    """A single row times a matrix is a single row; product and norm of float64 are float64."""
    A, B = rng.normal(1, 4, dtype=torch.float64), rng.normal(4, 3, dtype=torch.float64)
    assert_close(submission.matmul(A, B), A @ B, dtype=True, what="product")
    assert_close(submission.vector_norm(A[0]), A[0].square().sum().sqrt(), dtype=True, what="2-norm")


def test_frobenius_norm(submission, rng):
    """All numbers of a matrix count, the negative ones too."""
    A = rng.normal(3, 5)
    assert_close(submission.frobenius_norm(A), A.square().sum().sqrt(), what="Frobenius norm")


@pytest.mark.needs("norm_of_large_numbers", "frobenius_norm")
def test_norms_at_the_edges(submission):
    """Tiny numbers, a high p, a matrix of large numbers, and a vector of zeros."""
    tiny, large, zeros = torch.tensor([3e-25, -4e-25]), torch.tensor([1e30, -1e30]), torch.zeros(3)
    assert_close(submission.vector_norm(tiny), torch.tensor(5e-25), atol=0.0, what="2-norm of tiny numbers")
    # Not even float64 holds the twelfth power of 1e30.
    assert_close(submission.vector_norm(large, 12), torch.tensor(1e30 * 2 ** (1 / 12)), what="12-norm")
    matrix = torch.tensor([[3e25, 0.0], [0.0, -4e25]])
    assert_close(submission.frobenius_norm(matrix), torch.tensor(5e25), what="Frobenius norm")
    assert_close(submission.vector_norm(zeros), torch.tensor(0.0), trivial=True, what="2-norm of zeros")


def test_rows_add_up_to_one(submission):
    """Each row is divided by its own sum."""
    A = torch.tensor([[1.0, 3.0], [2.0, 8.0], [5.0, 0.0]])
    expected = torch.tensor([[0.25, 0.75], [0.2, 0.8], [1.0, 0.0]])
    assert_close(submission.normalize_rows(A), expected, what="rows")


@pytest.mark.needs("matmul_worked_example")
def test_matmul_refuses_shapes_that_do_not_match(submission, rng):
    """4 columns and 7 rows do not match: a ValueError that names both."""
    assert_raises(ValueError, submission.matmul, rng.normal(2, 4), rng.normal(7, 3), mentions=("4", "7"))


@pytest.mark.needs("matmul_refuses_shapes_that_do_not_match", "norms_worked_example")
def test_refuses_what_would_give_a_number(submission, rng):
    """One column and three rows, which would broadcast, p = -2 and p = 0.9: a ValueError each time."""
    assert_raises(ValueError, submission.matmul, rng.normal(2, 1), rng.normal(3, 4), mentions=("1", "3"))
    for p in (-2, 0.9):
        assert_raises(ValueError, submission.vector_norm, rng.normal(4), p, mentions=(str(p),))


@pytest.mark.needs("norms_worked_example")
def test_norm_refuses_small_p(submission, rng):
    """p = 0.5 gives no norm: a ValueError that names it."""
    assert_raises(ValueError, submission.vector_norm, rng.normal(4), 0.5, mentions=("0.5",))


@pytest.mark.needs("rows_add_up_to_one")
def test_normalize_any_rows(submission, rng):
    """Square matrices, a single row, negative or tiny numbers: every row is divided by its sum."""
    n = rng.integers(3, 6)
    for shape in [(n, n), (1, 5), (6, 1), (2, 7)]:
        signs = rng.integers(0, 2, shape[0], 1) * 2 - 1
        signs[0] = -1
        A = rng.normal(*shape, dtype=torch.float64) + 3 * signs
        expected = torch.stack([row / row.sum() for row in A])
        assert_close(submission.normalize_rows(A), expected, rtol=1e-10, atol=1e-12, dtype=True, what="rows")
    tiny = rng.uniform(3, 4, low=0.5, high=2.0)
    expected = torch.stack([row / row.sum() for row in tiny])
    assert_close(submission.normalize_rows(tiny * 1e-20), expected, what="rows of tiny numbers")


@pytest.mark.needs("matmul_matches_torch", "norms_worked_example", "rows_add_up_to_one")
def test_arguments_are_left_alone(submission, rng):
    """No function changes its arguments or hands one back."""
    assert_unchanged(submission, "matmul", rng.normal(3, 4), rng.normal(4, 2))
    assert_unchanged(submission, "vector_norm", -rng.uniform(5, low=0.5, high=2.0), 2.0)
    assert_unchanged(submission, "frobenius_norm", -rng.uniform(3, 4, low=0.5, high=2.0))
    assert_unchanged(submission, "normalize_rows", rng.uniform(3, 4, low=1.0, high=2.0))

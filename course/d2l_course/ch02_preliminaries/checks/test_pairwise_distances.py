"""Public checks of ch02/pairwise_distances."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_faster, assert_raises, assert_unchanged, probe


def by_loops(A, B):
    """The definition, one pair after the other."""
    return torch.stack([torch.stack([((a - b) ** 2).sum() for b in B]) for a in A])


@probe
def each_pair_of_sets(module, sets_a, sets_b):
    return [module.pairwise_sq_dists(A, B) for A, B in zip(sets_a, sets_b, strict=True)]


@probe
def each_pair_of_sets_in_two_loops(_module, sets_a, sets_b):
    """The yardstick: one pair of rows at a time."""
    answers = []
    for A, B in zip(sets_a, sets_b, strict=True):
        D = torch.zeros(len(A), len(B))
        for i in range(len(A)):
            for j in range(len(B)):
                D[i, j] = ((A[i] - B[j]) ** 2).sum()
        answers.append(D)
    return answers


def test_worked_example(submission):
    """Two points against two: the four distances worked out by hand."""
    A = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    B = torch.tensor([[3.0, 4.0], [1.0, 1.0]])
    # From (1, 2) to (3, 4): 2^2 + 2^2 = 8; to (1, 1): 0^2 + 1^2 = 1.
    assert_close(submission.pairwise_sq_dists(A, B), torch.tensor([[25.0, 2.0], [8.0, 1.0]]))


@pytest.mark.weight(3)
@pytest.mark.needs("worked_example")
def test_matches_loops(submission, rng):
    """More points, more features: the numbers are those of two nested loops."""
    for n, m, d in [(5, 3, 4), (2, 6, 3)]:
        A, B = rng.normal(n, d), rng.normal(m, d)
        assert_close(submission.pairwise_sq_dists(A, B), by_loops(A, B), atol=1e-4)


@pytest.mark.needs("matches_loops")
def test_one_point_in_double_precision(submission, rng):
    """One point against four is a table of one row, and float64 stays float64."""
    A, B = rng.normal(1, 3, dtype=torch.float64), rng.normal(4, 3, dtype=torch.float64)
    assert_close(submission.pairwise_sq_dists(A, B), by_loops(A, B), dtype=True)


@pytest.mark.needs("matches_loops")
def test_never_below_zero(submission, rng):
    """Points against themselves, and against others a thousandth away from them: no number is negative."""
    A = rng.normal(40, 8, mean=10.0)
    for B in (A + 1e-3 * rng.normal(40, 8), A):
        D = submission.pairwise_sq_dists(A, B)
        assert_close(D, (A[:, None].double() - B[None].double()).square().sum(2).float(), rtol=1e-3, atol=2e-3)
        assert D.min() >= 0, f"the smallest squared distance is {D.min():.1e}"


@pytest.mark.weight(2)
@pytest.mark.needs("matches_loops")
def test_fifty_times_faster_than_loops(submission, rng):
    """For 60 points against 60 it is at least 50 times faster than two nested loops."""
    rounds = assert_faster(
        submission,
        each_pair_of_sets,
        each_pair_of_sets_in_two_loops,
        fast_args=lambda: (rng.normal(8, 60, 8), rng.normal(8, 60, 8)),
        slow_args=(rng.normal(1, 60, 8), rng.normal(1, 60, 8)),
        work=(8, 1),
        ratio=50,
    )
    for (sets_a, sets_b), answers in rounds:
        expected = [torch.cdist(A, B).square() for A, B in zip(sets_a, sets_b, strict=True)]
        assert_close(answers, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.needs("worked_example")
def test_refuses_rows_of_other_lengths(submission, rng):
    """Rows of 3 and of 7 numbers have no distance: a ValueError that names both lengths."""
    arguments = rng.normal(4, 3), rng.normal(5, 7)
    assert_raises(ValueError, submission.pairwise_sq_dists, *arguments, mentions=("3", "7"))


@pytest.mark.needs("refuses_rows_of_other_lengths")
def test_refuses_rows_of_one_number(submission, rng):
    """Rows of 1 number have no distance to rows of 6, though they would broadcast: a ValueError, too."""
    arguments = rng.normal(3, 1), rng.normal(5, 6)
    assert_raises(ValueError, submission.pairwise_sq_dists, *arguments, mentions=("1", "6"))


@pytest.mark.needs("matches_loops")
def test_arguments_are_left_alone(submission, rng):
    """Both sets of points are the same after the call, their shape included."""
    for n, m in [(4, 5), (1, 5), (4, 1), (1, 1)]:
        assert_unchanged(submission, "pairwise_sq_dists", rng.normal(n, 3), rng.normal(m, 3))

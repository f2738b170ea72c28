"""Hidden checks of ch01/kmeans."""

import pytest
import torch
from d2l_course.ch01_introduction.checks.test_kmeans import grouped
from d2l_kit.checks import assert_close, assert_equal, assert_unchanged, probe


@probe
def grouped_of_transposed(module, X, init, steps):
    centers, assignment, _ = module.kmeans(X.t(), init.t(), steps)
    return centers, assignment


def squared_distances(X, centers):
    return ((X[:, None] - centers[None]) ** 2).sum(2)


def oracle(X, centers, steps):
    """Lloyd's algorithm, means by matrix products; numbers of empty groups are told as well."""
    centers, inertia, empty = centers.clone(), [], 0
    for _ in range(steps):
        member = torch.nn.functional.one_hot(squared_distances(X, centers).argmin(1), len(centers)).to(X.dtype)
        counts = member.sum(0)[:, None]
        empty += int((counts == 0).sum())
        centers = torch.where(counts > 0, member.T @ X / counts.clamp(min=1), centers)
        inertia.append(squared_distances(X, centers).amin(1).sum().item())
    return centers, squared_distances(X, centers).argmin(1), torch.tensor(inertia, dtype=torch.float64), empty


def blobs(rng, n, d, k):
    """n rows around k middles, the middles themselves, and k of the rows to start from."""
    middles = rng.normal(k, d, dtype=torch.float64, std=4.0)
    X = middles[rng.integers(0, k, n)] + rng.normal(n, d, dtype=torch.float64, std=1.5)
    return X, X[rng.permutation(n)[:k]] + rng.normal(k, d, dtype=torch.float64)


@pytest.mark.weight(4)
@pytest.mark.needs("two_steps_by_hand")
def test_any_rows_any_centres(submission, rng):
    """Centres, groups and inertia of rows in one, two and three dimensions, after one step or many."""
    for d, k, steps in [(1, 2, 1), (2, 4, 3), (3, 3, 10), (2, 3, rng.integers(4, 9))]:
        X, init = blobs(rng, rng.integers(25, 50), d, k)
        centers, assignment, inertia, _ = oracle(X, init, steps)
        found = submission.run(grouped, X, init, steps)
        assert_close(found[0], centers, what="centres", rtol=1e-8)
        assert_equal(found[1], assignment, what="assignment")
        assert_close(found[2], inertia, what="inertia", rtol=1e-5)


@pytest.mark.weight(2)
@pytest.mark.needs("two_steps_by_hand")
def test_assignment_and_inertia_belong_to_the_centres(submission, rng):
    """The assignment names the nearest of the centres returned, the last inertia is theirs, and it never rises."""
    X, init = blobs(rng, 60, 2, 4)
    centers, assignment, inertia = submission.run(grouped, X, init, 3)
    start = squared_distances(X, init).amin(1).sum()
    assert_close(centers, oracle(X, init, 3)[0], what="centres")
    assert_equal(assignment, squared_distances(X, centers).argmin(1), what="assignment")
    assert_close(inertia[-1], squared_distances(X, centers).amin(1).sum(), what="last inertia", rtol=1e-5)
    assert (inertia.diff(prepend=start[None]) <= 1e-9 * start).all(), "the inertia rose from one step to the next"


@pytest.mark.weight(2)
@pytest.mark.needs("a_centre_without_rows_stays")
def test_centres_that_lose_their_rows(submission, rng):
    """Centres far from all rows stay where they are, and all numbers stay finite."""
    X, init = blobs(rng, 30, 2, 4)
    init[rng.integers(1, 3)] = 90.0 + rng.normal(2, dtype=torch.float64)
    centers, assignment, inertia, empty = oracle(X, init, 4)
    assert empty >= 4
    found = submission.run(grouped, X, init, 4)
    assert_close(found[0], centers, what="centres")
    assert_equal(found[1], assignment, what="assignment")
    assert_close(found[2], inertia, what="inertia", rtol=1e-5)


@pytest.mark.needs("two_steps_by_hand")
def test_no_steps(submission, rng):
    """Without a step the first centres come back, with their groups and no inertia."""
    X, init = rng.normal(12, 3), rng.normal(4, 3)
    found = submission.run(grouped, X, init, 0)
    assert_close(found[0], init, what="centres")
    assert_equal(found[1], squared_distances(X, init).argmin(1), what="assignment")
    assert_equal(tuple(found[2].shape), (0,), what="number of inertias")
    assert_unchanged(submission, "kmeans", X, init, 0)


@pytest.mark.needs("any_rows_any_centres")
def test_transposed_arguments(submission, rng):
    """Tensors that do not lie row by row in memory, such as a transpose, are understood; the dtype is kept."""
    X, init = (tensor.t().contiguous() for tensor in blobs(rng, 30, 3, 3))
    centers, assignment, _, _ = oracle(X.t(), init.t(), 3)
    found = submission.run(grouped_of_transposed, X, init, 3)
    assert_close(found[0], centers, what="centres", dtype=True)
    assert_equal(found[1], assignment, what="assignment")

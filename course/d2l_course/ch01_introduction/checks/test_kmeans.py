"""Public checks of ch01/kmeans."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_dtype, assert_equal, assert_unchanged, probe


@probe
def grouped(module, X, init, steps):
    """Centres, assignment, and the inertia as a tensor."""
    centers, assignment, inertia = module.kmeans(X, init, steps)
    return centers, assignment, torch.tensor([float(value) for value in inertia], dtype=torch.float64)


@probe
def kinds(module, X, init, steps):
    """The assignment, and of each inertia: its kind, or "float" for a float of any kind."""
    _, assignment, inertia = module.kmeans(X, init, steps)
    names = ["float" if isinstance(value, (float, int)) else type(value).__name__ for value in inertia]
    return assignment, isinstance(inertia, list), names


def assert_grouped(found, centers, assignment, inertia):
    """All three parts of the answer."""
    assert_close(found[0], centers, what="centres", rtol=1e-4)
    assert_equal(found[1], assignment, what="assignment")
    assert_close(found[2], inertia, what="inertia", rtol=1e-4, trivial=inertia.numel() == 0)


@pytest.mark.weight(3)
def test_two_steps_by_hand(submission):
    """Two steps on five numbers give the centres, the groups and the inertia worked out by hand."""
    X = torch.tensor([[1.0], [2.0], [4.0], [9.0], [10.0]])
    # Step 1: {1} and {2, 4, 9, 10}; the centres move to 1 and 6.25, where 2 is nearer to 1.
    # Step 2: {1, 2} and {4, 9, 10}; the centres move to 1.5 and 23/3, where 4 is nearer to 1.5.
    found = submission.run(grouped, X, torch.tensor([[0.0], [3.0]]), 2)
    inertia = torch.tensor([0 + 1 + 5.0625 + 7.5625 + 14.0625, 0.25 + 0.25 + 6.25 + 16 / 9 + 49 / 9]).double()
    assert_grouped(found, torch.tensor([[1.5], [23 / 3]]), torch.tensor([0, 0, 0, 1, 1]), inertia)


@pytest.mark.weight(2)
def test_finds_groups_in_the_plane(submission, rng):
    """Three clouds of points are told apart, and the centres come to lie in their middles."""
    clouds = [torch.tensor(middle) + rng.normal(15, 2, std=0.5) for middle in ([0.0, 9.0], [8.0, -1.0], [-7.0, -4.0])]
    # From these, no cloud is split between two centres, whether a row goes to the nearest or to the farthest.
    init = torch.tensor([[1.0, 4.0], [9.0, -5.0], [-7.0, 0.0]])
    found = submission.run(grouped, torch.cat(clouds), init, 4)
    centers = torch.stack([cloud.mean(dim=0) for cloud in clouds])
    assert_close(found[0], centers, what="centres")
    assert_equal(found[1], torch.arange(3).repeat_interleave(15), what="assignment")
    assert_equal(tuple(found[2].shape), (4,), what="number of inertias")
    within = sum(((cloud - center) ** 2).sum() for cloud, center in zip(clouds, centers, strict=True))
    assert_close(found[2][-1], within, what="last inertia")


@pytest.mark.needs("two_steps_by_hand")
def test_nearest_is_euclidean(submission):
    """The nearest centre is the one at the smallest Euclidean distance, not at the smallest sum of differences."""
    X, init = torch.tensor([[0.0, 0.0], [4.0, 4.0], [6.0, 0.0]]), torch.tensor([[3.0, 3.0], [5.0, 0.0]])
    # (0, 0) is 4.24 from (3, 3) and 5 from (5, 0), though the differences add up to 6 and to 5.
    centers, inertia = torch.tensor([[2.0, 2.0], [6.0, 0.0]]), torch.tensor([16.0], dtype=torch.float64)
    assert_grouped(submission.run(grouped, X, init, 1), centers, torch.tensor([0, 0, 1]), inertia)


@pytest.mark.needs("two_steps_by_hand")
def test_equally_far_goes_to_the_first(submission):
    """A row between two centres goes to the one with the smaller number."""
    X, inertia = torch.tensor([[0.0], [2.0], [-2.0]]), torch.tensor([2.0], dtype=torch.float64)
    for side in (1.0, -1.0):
        # 0 and the row beside centre 0 form a group, whose middle stays where it was.
        centers, assignment = torch.tensor([[side], [-2 * side]]), torch.tensor([0, int(side < 0), int(side > 0)])
        assert_grouped(submission.run(grouped, X, torch.tensor([[side], [-side]]), 1), centers, assignment, inertia)


@pytest.mark.needs("two_steps_by_hand")
def test_a_centre_without_rows_stays(submission):
    """A centre that no row is nearest to stays where it is."""
    X, init = torch.tensor([[1.0, 0.0], [3.0, 0.0], [2.0, 4.0]]), torch.tensor([[2.0, 0.0], [50.0, 60.0], [2.0, 5.0]])
    inertia = torch.tensor([2.0, 2.0], dtype=torch.float64)
    centers = torch.tensor([[2.0, 0.0], [50.0, 60.0], [2.0, 4.0]])
    assert_grouped(submission.run(grouped, X, init, 2), centers, torch.tensor([0, 0, 2]), inertia)


@pytest.mark.needs("two_steps_by_hand")
def test_kinds_of_numbers(submission, rng):
    """The assignment is int64, inertia a list of Python floats."""
    assignment, is_list, names = submission.run(kinds, rng.normal(20, 2), rng.normal(3, 2), 2)
    assert_dtype(assignment, torch.int64, what="assignment")
    assert is_list, "inertia is not a list"
    assert_equal(names, ["float", "float"], what="kinds of numbers in inertia")


@pytest.mark.needs("finds_groups_in_the_plane")
def test_arguments_are_left_alone(submission, rng):
    """Rows and first centres are the same after the call, and the centres returned are a tensor of their own."""
    assert_unchanged(submission, "kmeans", rng.normal(20, 2), rng.normal(3, 2), 2)

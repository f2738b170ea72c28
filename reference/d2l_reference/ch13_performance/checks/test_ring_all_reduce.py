"""Hidden checks of ch13/ring_all_reduce."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_operations, on_ranks, probe


@probe
def all_reduced(module, here, tensors, *ops):
    return [[module.ring_all_reduce(x, op) for x in tensors] for op in ops]


@probe
def from_every_view(module, here, x):
    return [module.ring_all_reduce(view) for view in (x, x.t(), x[:, ::2], x[1])]


@probe
def with_argument(module, here, tensors):
    kept = []
    for x in tensors:
        for op in ("sum", "mean"):
            before = x.clone()
            result = module.ring_all_reduce(x, op)
            kept.append(torch.equal(x, before))
            result.fill_(7.0)
            kept.append(torch.equal(x, before))
    return kept


@probe
def with_late_ranks(module, here, tensors):
    results = []
    for late, x in enumerate(tensors):
        if here.rank == late:
            here.hold_back()
        results.append(module.ring_all_reduce(x))
    return results


@probe
def sampled(module, here, size):
    return module.ring_all_reduce(torch.arange(size, dtype=torch.float64) + here.rank)[:: size // 50]


@pytest.mark.weight(2)
@pytest.mark.needs("sum_of_two_ranks")
def test_any_size_on_four_ranks(submission, rng):
    """Sizes around the number of ranks, none at all, and many."""
    tensors = [[rng.normal(size) for size in (1000, 5, 4, 3, 1, 0)] for _ in range(4)]
    columns = [torch.stack(column) for column in zip(*tensors, strict=True)]
    expected = {"sum": [column.sum(0) for column in columns], "max": [column.amax(0) for column in columns]}
    values = on_ranks(submission, 4, all_reduced, *expected, each=[(own,) for own in tensors]).values
    for rank, value in enumerate(values):
        for found, (op, wanted) in zip(value, expected.items(), strict=True):
            assert_equal([tuple(x.shape) for x in found], [tuple(x.shape) for x in wanted], what="shapes")
            assert_close(found[:-1], wanted[:-1], what=f"{op} on rank {rank}")


@pytest.mark.needs("sum_of_two_ranks")
def test_one_rank_alone(submission, rng):
    """With one rank every operation gives back the same numbers, and nothing is sent."""
    x, ops = rng.normal(5), ("sum", "mean", "max")
    (value,) = on_ranks(submission, 1, all_reduced, *ops, each=[([x],)]).values
    for op, found in zip(ops, value, strict=True):
        assert_close(found, [x], what=op)


@pytest.mark.needs("sum_of_two_ranks")
def test_dtypes_are_kept(submission, rng):
    """Double precision and integers stay what they are."""
    exact = [rng.integers(-(2**40), 2**40, 5) * 2 + 1 for _ in range(3)]
    fine = [rng.normal(5, dtype=torch.float64) for _ in range(3)]
    expected = [sum(exact), sum(fine)]
    own = [(list(pair),) for pair in zip(exact, fine, strict=True)]
    for (value,) in on_ranks(submission, 3, all_reduced, "sum", each=own).values:
        assert_equal(value[0], expected[0], what="sum of integers")
        assert_close(value[1], expected[1], dtype=True, what="sum in double precision")


@pytest.mark.needs("sum_of_two_ranks")
def test_matrices_and_views(submission, rng):
    """A matrix, its transpose, every second column and a row: shapes are kept."""
    matrices = [rng.normal(3, 5) for _ in range(2)]
    total = sum(matrices)
    for value in on_ranks(submission, 2, from_every_view, each=[(x,) for x in matrices]).values:
        assert_close(value, [total, total.t(), total[:, ::2], total[1]])


@pytest.mark.needs("sum_of_two_ranks")
def test_the_argument_is_left_alone(submission, rng):
    """The tensor handed in keeps its numbers, also when the result is written to."""
    own = [([rng.normal(6), rng.normal(7)],) for _ in range(2)]
    for kept in on_ranks(submission, 2, with_argument, each=own).values:
        assert_equal(kept, [True] * 8, what="whether the argument still held its numbers")


@pytest.mark.needs("sum_of_two_ranks")
def test_any_rank_may_be_late(submission, rng):
    """Each of three ranks comes once when the others wait already."""
    tensors = [[rng.normal(8) for _ in range(3)] for _ in range(3)]
    expected = [sum(column) for column in zip(*tensors, strict=True)]
    for value in on_ranks(submission, 3, with_late_ranks, each=[(own,) for own in tensors]).values:
        assert_close(value, expected)


@pytest.mark.needs("sum_of_two_ranks")
def test_a_million_numbers(submission):
    """Messages far larger than any buffer of the network do not block the ring."""
    size = 1_000_000
    expected = 4 * torch.arange(size, dtype=torch.float64)[:: size // 50] + 6
    for value in on_ranks(submission, 4, sampled, size).values:
        assert_close(value, expected)


@pytest.mark.observed
@pytest.mark.needs("sum_of_two_ranks")
def test_traffic_on_four_ranks(submission, rng):
    """On four ranks each sends six messages, no more numbers than it must, to one neighbour."""
    size = rng.integers(20, 60)
    answers = on_ranks(submission, 4, all_reduced, "sum", each=[([rng.normal(size)],) for _ in range(4)])
    assert_operations(answers, {"send", "recv"})
    for rank in range(4):
        assert_equal(len(answers.sends(rank)), 6, what=f"number of rank {rank}'s messages")
        assert_equal(len(answers.peers(rank)), 1, what=f"number of ranks that rank {rank} sends to")
        assert_equal(answers.sent_elements(rank) <= 6 * -(-size // 4), True, what="bound on the numbers sent")

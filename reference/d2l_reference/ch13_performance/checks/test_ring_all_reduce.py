"""Hidden checks of ch13/ring_all_reduce."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_operations, on_ranks, probe


@probe
def all_reduced(module, here, tensors, op):
    return [module.ring_all_reduce(x, op) for x in tensors]


@probe
def from_every_view(module, here, x):
    return [module.ring_all_reduce(view) for view in (x, x.t(), x[:, ::2], x[1])]


@probe
def with_argument(module, here, x, op):
    before = x.clone()
    result = module.ring_all_reduce(x, op)
    untouched = torch.equal(x, before)
    result.fill_(7.0)
    return untouched, torch.equal(x, before)


@probe
def with_a_late_rank(module, here, x, late):
    if here.rank == late:
        here.hold_back()
    return module.ring_all_reduce(x)


@probe
def sampled(module, here, size):
    return module.ring_all_reduce(torch.arange(size, dtype=torch.float64) + here.rank)[:: size // 50]


@pytest.mark.weight(2)
@pytest.mark.needs("sum_of_two_ranks")
def test_any_size_on_four_ranks(submission, rng):
    """Sizes around the number of ranks, none at all, and many."""
    tensors = [[rng.normal(size) for size in (1000, 5, 4, 3, 1, 0)] for _ in range(4)]
    for op, combine in (("sum", sum), ("max", lambda column: torch.stack(column).amax(0))):
        expected = [combine(list(column)) for column in zip(*tensors, strict=True)]
        values = on_ranks(submission, 4, all_reduced, op, each=[(own,) for own in tensors]).values
        for rank, value in enumerate(values):
            assert_equal([tuple(x.shape) for x in value], [tuple(x.shape) for x in expected], what="shapes")
            assert_close(value[:-1], expected[:-1], what=f"{op} on rank {rank}")


@pytest.mark.needs("sum_of_two_ranks")
def test_one_rank_alone(submission, rng):
    """With one rank every operation gives back the same numbers, and nothing is sent."""
    x = rng.normal(5)
    for op in ("sum", "mean", "max"):
        assert_close(on_ranks(submission, 1, all_reduced, op, each=[([x],)]).values[0], [x], what=op)


@pytest.mark.needs("sum_of_two_ranks")
def test_dtypes_are_kept(submission, rng):
    """Double precision and integers stay what they are."""
    exact = [rng.integers(-(2**40), 2**40, 5) * 2 + 1 for _ in range(3)]
    fine = [rng.normal(5, dtype=torch.float64) for _ in range(3)]
    expected = [sum(exact), sum(fine)]
    own = [(list(pair),) for pair in zip(exact, fine, strict=True)]
    for value in on_ranks(submission, 3, all_reduced, "sum", each=own).values:
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
    for size in (6, 7):
        for op in ("sum", "mean"):
            own = [(rng.normal(size),) for _ in range(2)]
            assert_equal(on_ranks(submission, 2, with_argument, op, each=own).values, ((True, True),) * 2)


@pytest.mark.needs("sum_of_two_ranks")
def test_any_rank_may_be_late(submission, rng):
    """One of three ranks comes when the others wait already."""
    for late in range(3):
        tensors = [rng.normal(8) for _ in range(3)]
        for value in on_ranks(submission, 3, with_a_late_rank, late, each=[(x,) for x in tensors]).values:
            assert_close(value, sum(tensors))


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

"""Public checks of ch13/ring_all_reduce."""

import pytest
import torch
from d2l_kit.checks import (
    CheckFailed,
    assert_alike,
    assert_close,
    assert_equal,
    assert_every_rank_raises,
    assert_operations,
    on_ranks,
    probe,
)

POINT_TO_POINT = {"send", "recv"}


@probe
def reduced(module, here, x, op):
    return module.ring_all_reduce(x, op)


@probe
def all_reduced(module, here, tensors, op):
    return [module.ring_all_reduce(x, op) for x in tensors]


def test_sum_of_two_ranks(submission):
    """Two ranks add [1, 2, 3, 4] and [10, 20, 30, 40]; both get the sum."""
    own = [(torch.tensor([1.0, 2.0, 3.0, 4.0]),), (torch.tensor([10.0, 20.0, 30.0, 40.0]),)]
    for rank, value in enumerate(on_ranks(submission, 2, reduced, "sum", each=own).values):
        assert_close(value, torch.tensor([11.0, 22.0, 33.0, 44.0]), what=f"result on rank {rank}")


@pytest.mark.weight(2)
def test_sum_of_three_ranks(submission, rng):
    """Twelve numbers on each of three ranks: the chunks go round the whole ring."""
    tensors = [rng.normal(12) for _ in range(3)]
    for rank, value in enumerate(on_ranks(submission, 3, reduced, "sum", each=[(x,) for x in tensors]).values):
        assert_close(value, sum(tensors), what=f"result on rank {rank}")


@pytest.mark.needs("sum_of_three_ranks")
def test_sizes_that_do_not_divide(submission, rng):
    """Tensors of 1, 2, 4, 5 and 7 numbers on three ranks."""
    tensors = [[rng.normal(size) for size in (1, 2, 4, 5, 7)] for _ in range(3)]
    expected = [sum(column) for column in zip(*tensors, strict=True)]
    values = on_ranks(submission, 3, all_reduced, "sum", each=[(own,) for own in tensors]).values
    for rank, value in enumerate(values):
        assert_close(value, expected, what=f"result on rank {rank}")


@pytest.mark.needs("sum_of_three_ranks")
def test_mean(submission, rng):
    """The mean over three ranks."""
    tensors = [rng.normal(6) for _ in range(3)]
    for rank, value in enumerate(on_ranks(submission, 3, reduced, "mean", each=[(x,) for x in tensors]).values):
        assert_close(value, sum(tensors) / 3, what=f"mean on rank {rank}")


@pytest.mark.needs("sum_of_three_ranks")
def test_maximum(submission, rng):
    """The largest of three ranks' numbers, where all are negative."""
    tensors = [rng.uniform(7, low=-2.0, high=-1.0) for _ in range(3)]
    for rank, value in enumerate(on_ranks(submission, 3, reduced, "max", each=[(x,) for x in tensors]).values):
        assert_close(value, torch.stack(tensors).amax(0), what=f"maximum on rank {rank}")


@pytest.mark.needs("sum_of_three_ranks")
def test_the_same_bits_on_every_rank(submission, rng):
    """Large and small numbers: all ranks get the same result, to the last bit."""
    tensors = [rng.normal(60) * 10.0 ** rng.integers(-3, 4, 60) for _ in range(3)]
    values = on_ranks(submission, 3, reduced, "sum", each=[(x,) for x in tensors]).values
    assert_close(values[0], sum(x.double() for x in tensors).float(), rtol=1e-3, atol=1e-3)
    assert_alike(values)


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("sum_of_three_ranks")
def test_every_rank_sends_a_third_at_a_time_to_one_neighbour(submission, rng):
    """On three ranks each sends 4 messages of 4 of its 12 numbers, all to the same neighbour."""
    answers = on_ranks(submission, 3, reduced, "sum", each=[(rng.normal(12),) for _ in range(3)])
    assert_operations(answers, POINT_TO_POINT)
    for rank in range(3):
        assert_equal([m.elements for m in answers.sends(rank)], [4, 4, 4, 4], what=f"sizes of rank {rank}'s messages")
        if len(answers.peers(rank)) != 1:
            raise CheckFailed(
                "A rank should send to one neighbour only.", f"Rank {rank} sends to {sorted(answers.peers(rank))}."
            )


@pytest.mark.needs("sum_of_two_ranks")
def test_refuses_an_unknown_operation(submission):
    """Every rank raises a ValueError that names the operation."""
    own = [(torch.ones(4),), (torch.ones(4),)]
    assert_every_rank_raises(ValueError, submission, 2, reduced, "median", each=own, mentions=("median",))


@pytest.mark.needs("sum_of_two_ranks")
def test_refuses_truth_values(submission):
    """Every rank raises a ValueError for a bool tensor."""
    own = [(torch.tensor([True, False]),)] * 2
    assert_every_rank_raises(ValueError, submission, 2, reduced, "max", each=own)


@pytest.mark.needs("sum_of_two_ranks")
def test_refuses_the_mean_of_integers(submission):
    """Every rank raises a ValueError for the mean of an integer tensor."""
    own = [(torch.tensor([1, 2, 3]),)] * 2
    assert_every_rank_raises(ValueError, submission, 2, reduced, "mean", each=own)

"""Hidden checks of ch13/ddp_concise."""

import pytest
from d2l_course.ch13_performance.checks.test_ddp_concise import (
    SHAPES,
    assert_dealt_out,
    assert_tested,
    assert_trained,
    draw,
    epochs_of,
    logits,
    trained,
)
from d2l_kit.checks import assert_alike, assert_close, on_ranks


def check(submission, rng, ranks, size, tests, epochs, batch_size):
    """Everything that must hold of a run."""
    starts, data = draw(rng, ranks, size, tests)
    answers = on_ranks(submission, ranks, trained, *data, epochs, batch_size, 0.3, [rng.integers(0, 100)], each=starts)
    order = epochs_of(answers, 0, epochs, size, batch_size)
    assert_dealt_out(order, size)
    params = assert_trained(answers, 0, starts[0][0], *data[:2], order, 0.3)
    found = (logits(params, data[2]).argmax(1) == data[3]).double().mean().item()
    for rank, (((state, _, accuracy), _),) in enumerate(answers.values):
        assert_close(accuracy, found, rtol=1e-5, what=f"accuracy on rank {rank}", trivial=True)
        assert_close([state[name] for name in SHAPES], params, what=f"list of rank {rank}'s parameters")
    assert_tested(answers, tests)
    assert_alike([values[0][0] for values in answers.values], what="state, losses and accuracy")


@pytest.mark.weight(2)
@pytest.mark.needs("sizes_that_do_not_divide", "accuracy_over_all_ranks")
def test_one_rank_and_three(submission, rng):
    """One rank alone; and three, for whom neither examples nor tests divide, so that one has nothing to test."""
    check(submission, rng, 1, 7, 5, 2, 3)
    check(submission, rng, 3, rng.choice([13, 16]), 2, 2, 2)

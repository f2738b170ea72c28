"""Hidden checks of ch13/data_parallel_scratch."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_data_parallel_scratch import (
    draw_batch,
    draw_params,
    reduce_all,
    single_device,
    train,
)
from d2l_kit.checks import assert_close, assert_equal, probe


@probe
def afterwards(module, X, y, params):
    """A batch and the replicas' own tensors after a step."""
    devices = ["cpu", "cpu"]
    replicas = [[p.clone().requires_grad_() for p in params] for _ in devices]
    same = [p for replica in replicas for p in replica]
    module.train_batch(X, y, replicas, devices, 0.5)
    now = [p for replica in replicas for p in replica]
    return (
        X,
        y,
        [a is b for a, b in zip(same, now, strict=True)],
        [p.requires_grad and p.is_leaf for p in now],
        now[0].detach(),
    )


@probe
def places(module, X, y, params):
    """Devices of replicas and shares, where one device is torch's own stand-in without memory."""
    devices = ["cpu", "meta"]
    replicas = module.get_params(params, devices)
    shares = module.split_batch(X, y, devices)
    return [[str(p.device) for p in replica] for replica in replicas], [
        [str(s.device) for s in part] for part in shares
    ]


@pytest.mark.weight(2)
@pytest.mark.needs("uneven_shares", "a_second_step")
def test_twenty_steps_on_any_number_of_devices(submission, rng):
    """Twenty steps with batches of any size: as on one device, and replicas bitwise equal."""
    for count, dtype in [(1, torch.float64), (4, torch.float64), (3, torch.float32)]:
        params = draw_params(rng, dtype=dtype)
        batches = [draw_batch(rng, rng.integers(count, 12), dtype=dtype) for _ in range(20)]
        losses, expected = single_device(batches, params, 0.1)
        found, replicas = submission.run(train, batches, params, count, 0.1)
        tolerance = {"rtol": 1e-3, "atol": 1e-4} if dtype == torch.float32 else {}
        assert_close(replicas[0], expected, what="first replica", dtype=True, **tolerance)
        assert_close(found, losses, what="list of losses", rtol=1e-3)
        for other in replicas[1:]:
            equal = [torch.equal(mine, theirs) for mine, theirs in zip(replicas[0], other, strict=True)]
            assert_equal(equal, [True] * 4, what="list of whether parameters of two replicas are bitwise equal")


@pytest.mark.needs("all_become_the_sum")
def test_the_sum_of_one_to_four(submission, rng):
    """Lists of one to four tensors of any shape."""
    for count in (1, 2, 3, 4):
        data = [rng.normal(2, count, 3, dtype=torch.float64) for _ in range(count)]
        sums, others = submission.run(reduce_all, data)
        assert_close(sums, [sum(data)] * count, what="list of tensors")
        assert_close(others, [sum(data)] * (count - 1), what="list of the others after writing into the first")


@pytest.mark.needs("shares_of_a_batch")
def test_shares_of_any_batch(submission, rng):
    """Batches of any size and shape: shares differ by at most one, larger ones first."""
    for size, count in [(4, 4), (5, 4), (9, 2), (10, 4), (7, 1)]:
        X, y = rng.normal(size, 1, 2, 2), rng.integers(1, 9, size)
        Xs, ys = submission.split_batch(X, y, ["cpu"] * count)
        sizes = [size // count + (i < size % count) for i in range(count)]
        assert_close(list(Xs), list(X.split(sizes)), what="list of shares of X")
        assert_close(list(ys), list(y.split(sizes)), what="list of shares of y")


@pytest.mark.needs("a_step_like_that_of_one_device")
def test_a_step_changes_parameters_only(submission, rng):
    """Batch and labels are left alone; parameters are changed in place and still require gradients."""
    params, (X, y) = draw_params(rng), draw_batch(rng, 5)
    X_after, y_after, same, leaves, first = submission.run(afterwards, X, y, params)
    assert_close(first, single_device([(X, y)], params, 0.5)[1][0], what="first parameter")
    assert_close(X_after, X, what="examples after the step")
    assert_equal(y_after, y, what="labels after the step")
    assert_equal(same, [True] * 8, what="list of whether each parameter is the tensor it was")
    assert_equal(leaves, [True] * 8, what="list of whether each is a leaf that requires gradients")


@pytest.mark.needs("replicas_are_independent", "shares_of_a_batch")
def test_each_device_gets_its_own(submission, rng):
    """Replicas and shares are on the devices they are meant for."""
    replicas, shares = submission.run(places, *draw_batch(rng, 4), draw_params(rng))
    assert_equal(replicas, [["cpu"] * 4, ["meta"] * 4], what="list of the devices of each replica")
    assert_equal(shares, [["cpu", "meta"]] * 2, what="list of the devices of the shares of X and of y")

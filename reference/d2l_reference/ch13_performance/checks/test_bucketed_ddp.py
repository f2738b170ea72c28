"""Hidden checks of ch13/bucketed_ddp."""

import pytest
from d2l_kit.checks import assert_equal, on_ranks, probe
from torch import nn


@probe
def after_no_sync(module, here, x):
    net = nn.Linear(4, 2)
    ddp = module.BucketedDDP(net, 1000)
    with ddp.no_sync():
        ddp(x).square().mean().backward()
    ddp(x).square().mean().backward()
    here.mark("backward has ended")
    ddp.finish_gradient_sync()
    return net.weight.grad


@probe
def mixed(module, here, x):
    net = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 2).double(), nn.Linear(2, 2).double()])
    ddp = module.BucketedDDP(net, 1000)
    return ddp.bucket_sizes


@pytest.mark.needs("buckets_from_the_last_parameter")
def test_a_bucket_for_each_dtype(submission, rng):
    """Double and single precision never share a bucket."""
    for sizes in on_ranks(submission, 2, mixed, rng.normal(2)).values:
        assert_equal(sizes, (4, 2), what="sizes of the buckets")


@pytest.mark.observed
@pytest.mark.needs("buckets_travel_during_backward")
def test_buckets_travel_after_no_sync(submission, rng):
    """The first backward after no_sync starts its bucket before it ends."""
    answers = on_ranks(submission, 2, after_no_sync, each=[(rng.normal(3, 4),) for _ in range(2)])
    for rank in range(2):
        started = [call.issued < answers.marked(rank, "backward has ended")[0] for call in answers.calls[rank][2:]]
        assert_equal(started, [True], what="start of the bucket during backward")

"""Public checks of ch13/bucketed_ddp."""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_alike, assert_close, assert_equal, on_ranks, probe
from torch import nn

SHAPES = [(5, 4), (5,), (3, 5), (3,), (2, 3), (2,)]


@probe
def gradients(module, here, start, x, cap):
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 2))
    for p, value in zip(net.parameters(), start, strict=True):
        p.data.copy_(value)
    ddp = module.BucketedDDP(net, cap)
    (ddp(x) - 1).square().mean().backward()
    here.mark("backward has ended")
    ddp.finish_gradient_sync()
    return [p.grad for p in net.parameters()], ddp.bucket_sizes


@probe
def in_the_middle(module, here, x):
    class Marked(torch.autograd.Function):
        @staticmethod
        def forward(context, value):
            return value.clone()

        @staticmethod
        def backward(context, gradient):
            here.mark("the first layer is still to come")
            return gradient.clone()

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 2)

        def forward(self, x):
            return self.second(Marked.apply(self.first(x)))

    net = Net()
    ddp = module.BucketedDDP(net, 1)
    ddp(x).square().mean().backward()
    ddp.finish_gradient_sync()
    return net.first.weight.grad


@probe
def set_equal(module, here):
    torch.manual_seed(here.rank)
    net = nn.BatchNorm1d(3)
    nn.init.normal_(net.weight)
    net.running_mean.normal_()
    ddp = module.BucketedDDP(net, 100)
    return [t.detach().clone() for t in (*net.parameters(), net.running_mean)], ddp(torch.ones(2, 3) * here.rank).shape


@probe
def with_an_unused_layer(module, here, x, own):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.common = nn.Linear(4, 4, bias=False)
            self.seldom = nn.Linear(4, 4, bias=False)
            self.last = nn.Linear(4, 2, bias=False)

        def forward(self, x):
            x = self.common(x)
            return self.last(self.seldom(x) if here.rank == 0 else x)

    net = Net()
    for p, value in zip(net.parameters(), own, strict=True):
        p.data.copy_(value)
    ddp = module.BucketedDDP(net, 1)
    ddp(x).square().mean().backward()
    ddp.finish_gradient_sync()
    return [p.grad for p in net.parameters()]


@probe
def many_steps(module, here, batches, start, quiet):
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    for p, value in zip(net.parameters(), start, strict=True):
        p.data.copy_(value)
    net[0].bias.requires_grad_(False)
    ddp = module.BucketedDDP(net, 30)
    grads = []
    for _ in range(2):
        for p in net.parameters():
            p.grad = None
        with ddp.no_sync():
            for x in batches[:quiet]:
                ddp(x).square().mean().backward()
        ddp(batches[quiet]).square().mean().backward()
        ddp.finish_gradient_sync()
        grads.append([p.grad.clone() for p in net.parameters() if p.requires_grad])
        with torch.no_grad():
            for p in net.parameters():
                p.mul_(0.5)
    return grads, ddp.bucket_sizes, net[0].bias.grad is None


def full_batch(start, batches):
    """Gradients of one process on all ranks' examples."""
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 2))
    for p, value in zip(net.parameters(), start, strict=True):
        p.data.copy_(value)
    (net(torch.cat(batches)) - 1).square().mean().backward()
    return [p.grad for p in net.parameters()]


def stepwise(start, per_rank, quiet):
    """Gradients of one process in two steps, for those of the parameters that need one."""
    params = [value.clone().requires_grad_() for value in start]
    found = []
    for _ in range(2):
        w1, b1, w2, b2 = params
        loss = sum(
            (torch.tanh(x @ w1.T + b1) @ w2.T + b2).square().mean() for own in per_rank for x in own[: quiet + 1]
        )
        grads = torch.autograd.grad(loss / len(per_rank), [w1, w2, b2])
        found.append(list(grads))
        params = [(p.detach() * 0.5).requires_grad_() for p in params]
    return found


def drawn(rng, ranks):
    """Parameters and a batch for each rank."""
    return [([rng.normal(*shape) for shape in SHAPES], rng.normal(6, 4)) for _ in range(ranks)]


@pytest.mark.weight(3)
def test_mean_gradients(submission, rng):
    """Two ranks that start differently get the gradients of rank 0's parameters on both batches together."""
    own = drawn(rng, 2)
    expected = full_batch(own[0][0], [x for _, x in own])
    for rank, (grads, _) in enumerate(on_ranks(submission, 2, gradients, 80, each=own).values):
        assert_close(grads, expected, what=f"gradients on rank {rank}")


@pytest.mark.needs("mean_gradients")
def test_buckets_from_the_last_parameter(submission, rng):
    """With a cap of 80 bytes the parameters of 2, 6, 3, 15, 5 and 20 numbers make buckets of 3, 2 and 1."""
    for _, sizes in on_ranks(submission, 2, gradients, 80, each=drawn(rng, 2)).values:
        assert_equal(sizes, [3, 2, 1], what="sizes of the buckets")


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("mean_gradients")
def test_one_asynchronous_all_reduce_for_each_bucket(submission, rng):
    """Three all-reduces of 11, 20 and 20 numbers, none of which is waited for at once."""
    answers = on_ranks(submission, 2, gradients, 80, each=drawn(rng, 2))
    for rank in range(2):
        reductions = answers.collectives(rank, "all_reduce")
        assert_equal([call.elements for call in reductions], [11, 20, 20], what="sizes of the all-reduces")
        assert_equal([call.blocking for call in reductions], [False] * 3, what="waiting at once for each of them")


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("mean_gradients")
def test_buckets_travel_during_backward(submission, rng):
    """The last layer's bucket is on its way before the first layer's gradient is computed, and nobody waits for it."""
    answers = on_ranks(submission, 2, in_the_middle, each=[(rng.normal(6, 4),) for _ in range(2)])
    for rank in range(2):
        still_to_come = answers.marked(rank, "the first layer is still to come")[0]
        reductions = answers.collectives(rank, "all_reduce")
        early = [call for call in reductions if call.issued < still_to_come]
        waited = [call for call in early if call.waited is not None and call.waited < still_to_come]
        if not early or waited:
            raise CheckFailed(
                "A bucket should travel while the first layer still computes.",
                f"On rank {rank}, {len(early)} of {len(reductions)} have started, {len(waited)} are waited for.",
                help="Start a bucket in a hook of its parameters, and wait only in finish_gradient_sync.",
            )


@pytest.mark.needs("mean_gradients")
def test_everybody_starts_as_rank_0(submission):
    """Parameters and buffers that differ are rank 0's after construction."""
    values = [tensors for tensors, _ in on_ranks(submission, 2, set_equal).values]
    assert_alike(values, what="parameters and buffers")


@pytest.mark.weight(2)
@pytest.mark.needs("mean_gradients")
def test_a_layer_that_only_one_rank_uses(submission, rng):
    """Its gradient is half of what rank 0 finds; nobody waits for ever, and no other bucket is mixed up."""
    start = [rng.normal(4, 4), rng.normal(4, 4), rng.normal(2, 4)]
    batches = [rng.normal(6, 4), rng.normal(6, 4)]
    common, seldom, last = (value.clone().requires_grad_() for value in start)
    losses = [(batches[0] @ common.T @ seldom.T @ last.T), (batches[1] @ common.T @ last.T)]
    (sum(loss.square().mean() for loss in losses) / 2).backward()
    expected = [common.grad, seldom.grad, last.grad]
    for rank, grads in enumerate(
        on_ranks(submission, 2, with_an_unused_layer, start, each=[(x,) for x in batches]).values
    ):
        assert_close(grads, expected, what=f"gradients on rank {rank}")


@pytest.mark.weight(2)
@pytest.mark.needs("mean_gradients")
def test_a_second_step_and_a_frozen_parameter(submission, rng):
    """Two steps on four ranks, with a bias that needs no gradient."""
    start = [rng.normal(*shape) for shape in ((3, 4), (3,), (2, 3), (2,))]
    batches = [[rng.normal(5, 4)] for _ in range(4)]
    for grads, sizes, untouched in on_ranks(submission, 4, many_steps, start, 0, each=[(b,) for b in batches]).values:
        assert_close(grads, stepwise(start, batches, 0))
        assert_equal((sizes, untouched), ((1, 1, 1), True), what="buckets, and the frozen parameter's lack of gradient")


@pytest.mark.weight(2)
@pytest.mark.needs("mean_gradients")
def test_accumulating_without_messages(submission, rng):
    """Three batches inside no_sync and one outside: the mean over ranks of the sums, in as many messages as for one."""
    start = [rng.normal(*shape) for shape in ((3, 4), (3,), (2, 3), (2,))]
    batches = [[rng.normal(5, 4) for _ in range(4)] for _ in range(2)]
    answers = on_ranks(submission, 2, many_steps, start, 3, each=[(b,) for b in batches])
    for rank, (grads, _, _) in enumerate(answers.values):
        assert_close(grads, stepwise(start, batches, 3), what=f"gradients on rank {rank}")
        assert_equal(len(answers.collectives(rank, "all_reduce")), 6, what="number of all-reduces in two steps")

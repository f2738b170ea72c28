"""Public checks of ch13/zero1_optimizer."""

import pytest
import torch
from d2l_kit.checks import CheckFailed, assert_alike, assert_close, assert_equal, on_ranks, probe
from torch import nn

ADAMW = {"lr": 0.1, "weight_decay": 0.3}


@probe
def stepped(module, here, gradients, start):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, torch.optim.SGD, lr=0.1)
    for p, g in zip(params, gradients, strict=True):
        p.grad = g.clone()
    sharded.step()
    return [p.detach() for p in params], sharded.state_dict()["param_groups"][0]["lr"]


@probe
def trained(module, here, gradients, start, optimizer, options):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, getattr(torch.optim, optimizer), **options)
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = g.clone()
        sharded.step()
    return [p.detach() for p in params]


@probe
def state_size(module, here, gradients, start):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, torch.optim.Adam, lr=0.1)
    for p, g in zip(params, gradients, strict=True):
        p.grad = g.clone()
    sharded.step()
    return [p.detach() for p in params], sharded.local_state_numel()


@probe
def memory_kept(module, here, gradients, start):
    params = [nn.Parameter(p.clone()) for p in start]
    views = [p.detach() for p in params]
    sharded = module.ShardedOptimizer(params, torch.optim.SGD, lr=0.1)
    for p, g in zip(params, gradients, strict=True):
        p.grad = g.clone()
    sharded.step()
    return views


@probe
def cleared(module, here, start):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, torch.optim.SGD, lr=0.1)
    for p in params:
        p.grad = torch.ones_like(p)
    sharded.zero_grad()
    return [p.grad is None for p in params]


@probe
def slowed_down(module, here, gradients, start):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, torch.optim.SGD, lr=1.0)
    for lr, step in zip((1.0, 0.25), gradients, strict=True):
        sharded.param_groups[0]["lr"] = lr
        for p, g in zip(params, step, strict=True):
            p.grad = g.clone()
        sharded.step()
    return [p.detach() for p in params], sharded.local_state_numel()


def plain(start, gradients, optimizer, **options):
    """What one process gets with the mean gradients: (ranks, steps, parameters)."""
    params = [torch.nn.Parameter(p.double()) for p in start]
    single = getattr(torch.optim, optimizer)(params, **options)
    for step in zip(*gradients, strict=True):
        for p, *shares in zip(params, *step, strict=True):
            p.grad = sum(share.double() for share in shares) / len(shares)
        single.step()
    return [p.detach().float() for p in params]


def test_one_step_of_sgd(submission):
    """Gradients [1, 2] and [3, 4] on two ranks: both go down by lr times [2, 3]; state_dict tells lr."""
    start = [torch.tensor([1.0, 1.0]), torch.tensor([5.0])]
    own = [
        ([torch.tensor([1.0, 2.0]), torch.tensor([10.0])],),
        ([torch.tensor([3.0, 4.0]), torch.tensor([30.0])],),
    ]
    for rank, (params, lr) in enumerate(on_ranks(submission, 2, stepped, start, each=own).values):
        assert_close(params, [torch.tensor([0.8, 0.7]), torch.tensor([3.0])], what=f"parameters on rank {rank}")
        assert_close(lr, 0.1, what=f"learning rate in rank {rank}'s state_dict")


@pytest.mark.weight(3)
@pytest.mark.needs("one_step_of_sgd")
def test_five_steps_of_adamw(submission, rng):
    """Four parameters on two ranks, five steps: as one AdamW with the mean gradients, the same bits on both."""
    shapes = [(4, 3), (3,), (2, 5), (1,)]
    start = [rng.normal(*shape) for shape in shapes]
    gradients = [[[rng.normal(*shape) for shape in shapes] for _ in range(5)] for _ in range(2)]
    values = on_ranks(submission, 2, trained, start, "AdamW", ADAMW, each=[(g,) for g in gradients]).values
    expected = plain(start, gradients, "AdamW", **ADAMW)
    for rank, params in enumerate(values):
        assert_close(params, expected, what=f"parameters on rank {rank}")
    assert_alike(values, what="parameters")


@pytest.mark.weight(2)
@pytest.mark.needs("one_step_of_sgd")
def test_the_state_is_shared_out(submission, rng):
    """Adam's state for parameters of 10, 10, 20 and four times 4 numbers: a half on each of two ranks."""
    start = [rng.normal(size) for size in (10, 10, 20, 4, 4, 4, 4)]
    gradients = [([rng.normal(p.numel()) for p in start],) for _ in range(2)]
    values = on_ranks(submission, 2, state_size, start, each=gradients).values
    sizes = [size for _, size in values]
    assert_close(values[0][0], plain(start, [[g] for (g,) in gradients], "Adam", lr=0.1))
    assert_equal(sum(sizes) if all(isinstance(s, int) for s in sizes) else sizes, 112, what="sum of all ranks' state")
    if max(sizes) > 56:
        raise CheckFailed("No rank should hold more than its half.", f"The ranks hold {sizes} numbers.")


@pytest.mark.needs("one_step_of_sgd")
def test_parameters_keep_their_memory(submission, rng):
    """Views of the parameters made before the step show the new values on every rank."""
    start = [rng.normal(3), rng.normal(2)]
    gradients = [([rng.normal(3), rng.normal(2)],) for _ in range(2)]
    expected = plain(start, [[g] for (g,) in gradients], "SGD", lr=0.1)
    for rank, views in enumerate(on_ranks(submission, 2, memory_kept, start, each=gradients).values):
        assert_close(views, expected, what=f"views on rank {rank}")


@pytest.mark.needs("one_step_of_sgd")
def test_zero_grad_clears_all(submission, rng):
    """Afterwards no parameter has a gradient, whoever owns it."""
    values = on_ranks(submission, 2, cleared, [rng.normal(3), rng.normal(2)]).values
    assert_equal(values, ((True, True), (True, True)), what="absence of gradients")


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("one_step_of_sgd")
def test_gradients_go_to_the_owners_only(submission, rng):
    """No gradient is all-reduced or gathered on all ranks."""
    start = [rng.normal(6), rng.normal(5)]
    gradients = [([[rng.normal(6), rng.normal(5)]],) for _ in range(2)]
    answers = on_ranks(submission, 2, trained, start, "SGD", {"lr": 0.1}, each=gradients)
    for rank in range(2):
        full = [c for c in answers.collectives(rank, "all_reduce") if c.elements > 1]
        if full:
            raise CheckFailed(
                "A gradient should travel to its owner only.",
                f"Rank {rank} makes {len(full)} all-reduces, of {sum(c.elements for c in full)} numbers.",
                help="dist.reduce, or a reduce-scatter, brings the sum to one rank at half the traffic.",
            )


@pytest.mark.needs("one_step_of_sgd")
def test_more_ranks_than_parameters(submission, rng):
    """Three ranks and two parameters: one rank owns nothing, and gets the new values all the same."""
    start = [rng.normal(3), rng.normal(2, 2)]
    gradients = [[[rng.normal(3), rng.normal(2, 2)] for _ in range(2)] for _ in range(3)]
    expected = plain(start, gradients, "AdamW", **ADAMW)
    for params in on_ranks(submission, 3, trained, start, "AdamW", ADAMW, each=[(g,) for g in gradients]).values:
        assert_close(params, expected)


@pytest.mark.needs("one_step_of_sgd")
def test_another_learning_rate(submission):
    """A learning rate set in param_groups holds from the next step on."""
    start, one = [torch.tensor([8.0, 8.0]), torch.tensor([8.0])], [torch.ones(2), torch.ones(1)]
    for params, size in on_ranks(submission, 2, slowed_down, start, each=[([one, one],)] * 2).values:
        assert_close(params, [torch.tensor([6.75, 6.75]), torch.tensor([6.75])], what="parameters")
        assert_equal(size, 0, what="size of the state of SGD without momentum")

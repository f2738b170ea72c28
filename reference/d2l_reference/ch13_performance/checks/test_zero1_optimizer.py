"""Hidden checks of ch13/zero1_optimizer."""

import pytest
import torch
from d2l_kit.checks import assert_alike, assert_close, assert_equal, on_ranks, probe
from torch import nn

ADAMW = {"lr": 0.1, "weight_decay": 0.3}


@probe
def trained(module, here, gradients, start, optimizer, options, trainable):
    params = [nn.Parameter(p.clone(), requires_grad=t) for p, t in zip(start, trainable, strict=True)]
    sharded = module.ShardedOptimizer(iter(params), getattr(torch.optim, optimizer), **options)
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = None if g is None else g.clone()
        sharded.step()
        sharded.zero_grad()
    return [p.detach() for p in params], sharded.local_state_numel()


@probe
def carried_over(module, here, gradients, start, further):
    params = [nn.Parameter(p.clone()) for p in start]
    sharded = module.ShardedOptimizer(params, torch.optim.Adam, lr=1.0)
    sharded.param_groups[0]["lr"] = 0.1
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = g.clone()
        sharded.step()
    whole = sharded.state_dict()
    single = torch.optim.Adam(params, lr=7.0)
    single.load_state_dict(whole)
    for p, g in zip(params, further, strict=True):
        p.grad = g.clone()
    single.step()
    return [p.detach() for p in params], sorted(whole["state"]), whole["param_groups"][0]["params"]


def plain(start, gradients, optimizer, **options):
    """What one process gets with the mean gradients: (ranks, steps, parameters)."""
    params = [torch.nn.Parameter(p.double()) for p in start]
    single = getattr(torch.optim, optimizer)(params, **options)
    for step in zip(*gradients, strict=True):
        for p, *shares in zip(params, *step, strict=True):
            p.grad = None if shares[0] is None else sum(share.double() for share in shares) / len(shares)
        single.step()
    return [p.detach().float() for p in params]


def drawn(rng, ranks, steps, shapes):
    return [[[rng.normal(*shape) for shape in shapes] for _ in range(steps)] for _ in range(ranks)]


@pytest.mark.weight(2)
@pytest.mark.needs("one_step_of_sgd")
def test_momentum_on_four_ranks(submission, rng):
    """SGD with momentum over parameters of random sizes, on four ranks."""
    shapes = [(rng.integers(1, 6), rng.integers(1, 6)) for _ in range(7)]
    start, gradients = [rng.normal(*shape) for shape in shapes], drawn(rng, 4, 3, shapes)
    options = {"lr": 0.1, "momentum": 0.8}
    answers = on_ranks(submission, 4, trained, start, "SGD", options, [True] * 7, each=[(g,) for g in gradients])
    expected = plain(start, gradients, "SGD", **options)
    for params, _ in answers.values:
        assert_close(params, expected)
    assert_alike([params for params, _ in answers.values], what="parameters")
    sizes = [p.numel() for p in start]
    held = [size for _, size in answers.values]
    assert_equal(sum(held), sum(sizes), what="sum of all ranks' state")
    assert_equal(max(held) <= sum(sizes) / 4 + max(sizes), True, what="bound on one rank's state")


@pytest.mark.needs("one_step_of_sgd")
def test_frozen_and_unused_parameters(submission, rng):
    """A frozen parameter and one without a gradient stay as they are; the frozen one has no owner."""
    shapes = [(3,), (9,), (1,), (2,)]
    start, gradients = [rng.normal(*shape) for shape in shapes], drawn(rng, 2, 2, shapes)
    for own in gradients:
        for step in own:
            step[1] = step[2] = None
    flags = [True, False, True, True]
    answers = on_ranks(submission, 2, trained, start, "AdamW", ADAMW, flags, each=[(g,) for g in gradients])
    for params, _ in answers.values:
        assert_close(params, plain(start, gradients, "AdamW", **ADAMW))
    assert_equal(sorted(size for _, size in answers.values), [4, 6], what="sizes of the ranks' state")


@pytest.mark.needs("one_step_of_sgd")
def test_the_whole_state_goes_on_in_a_plain_optimizer(submission, rng):
    """state_dict holds all, on each of three ranks, of which one owns nothing; a plain Adam goes on from it."""
    shapes = [(2,), (5,)]
    start, gradients = [rng.normal(*shape) for shape in shapes], drawn(rng, 3, 2, shapes)
    further = [rng.normal(*shape) for shape in shapes]
    expected = plain(start, [[*own, further] for own in gradients], "Adam", lr=0.1)
    answers = on_ranks(submission, 3, carried_over, start, further, each=[(g,) for g in gradients])
    for params, places, listed in answers.values:
        assert_equal((places, listed), ((0, 1), (0, 1)), what="places of the parameters")
        assert_close(params, expected)

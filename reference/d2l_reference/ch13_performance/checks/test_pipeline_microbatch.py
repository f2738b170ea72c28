"""Hidden checks of ch13/pipeline_microbatch."""

import pytest
import torch
from d2l_course.ch13_performance.checks.test_pipeline_microbatch import check_passes, drawn, per_rank, pipelined, whole
from d2l_kit.checks import assert_close, assert_equal, on_ranks, probe
from torch import nn


@probe
def turned(module, here, layer, x, target, runs):
    """As `pipelined`, with outputs, and gradients of inputs, that lie in memory column by column."""

    class Stage(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = nn.Parameter(layer[0]), nn.Parameter(layer[1])

        def forward(self, y):
            return torch.tanh(self.weight @ y.T + self.bias[:, None]).T

    stage = Stage()
    found = []
    for num_micro, kind in runs:
        loss = module.run_pipeline(stage, x, target, num_micro, kind)
        found.append((loss, [p.grad for p in stage.parameters()]))
        stage.zero_grad()
    return found


@probe
def frozen(module, here, layer, x, target, runs):
    """For each (micro-batches, kind, rank) loss and gradients where the stage of that rank is frozen."""
    stage = nn.Sequential(nn.utils.skip_init(nn.Linear, *layer[0].T.shape, dtype=layer[0].dtype), nn.Tanh())
    for p, value in zip(stage.parameters(), layer, strict=True):
        p.data.copy_(value)
    found = []
    for num_micro, kind, cold in runs:
        stage.requires_grad_(here.rank != cold)
        loss = module.run_pipeline(stage, x, target, num_micro, kind)
        found.append((loss, [p.grad for p in stage.parameters()]))
        stage.zero_grad()
    return found


@probe
def summed(module, here, layer, x, target, kinds):
    """Gradients after each of several passes of a table of words or a linear layer; whether x and target stayed."""
    if x is None:
        stage = nn.utils.skip_init(nn.Linear, *layer.T.shape, bias=False, dtype=layer.dtype)
    else:
        stage = nn.Embedding(*layer.shape, dtype=layer.dtype)
    stage.weight.data.copy_(layer)
    given = [None if t is None else t.clone() for t in (x, target)]
    grads = []
    for kind in kinds:
        module.run_pipeline(stage, *given, 3, kind)
        grads.append(stage.weight.grad.clone())
    same = [t is None or torch.equal(t, g) for t, g in zip((x, target), given, strict=True)]
    return grads, same


@pytest.mark.weight(2)
@pytest.mark.needs("two_stages")
def test_any_number_of_micro_batches(submission, rng):
    """One, fewer than stages, as many as rows, on three ranks, with outputs that lie column by column."""
    layers, x, target = drawn(rng, (3, 5, 4, 2), 7)
    runs = [(m, kind) for m in (1, 2, 7) for kind in ("gpipe", "1f1b")]
    answers = on_ranks(submission, 3, turned, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)


@pytest.mark.needs("two_stages")
def test_one_rank_alone(submission, rng):
    """A pipeline of one stage, which has both x and target."""
    layers, x, target = drawn(rng, (3, 2), 7)
    runs = [(3, "gpipe"), (7, "1f1b")]
    answers = on_ranks(submission, 1, pipelined, runs, each=per_rank(layers, x, target))
    check_passes(answers, whole(layers, x, target), runs)


@pytest.mark.needs("two_stages")
def test_frozen_stages(submission, rng):
    """Of three stages, once the first is frozen and once the second: the others get their gradients."""
    layers, x, target = drawn(rng, (3, 5, 4, 2), 4)
    runs = [(3, "1f1b", 0), (3, "gpipe", 1)]
    loss, grads = whole(layers, x, target)
    answers = on_ranks(submission, 3, frozen, runs, each=per_rank(layers, x, target))
    for rank, found in enumerate(answers.values):
        for (_, kind, cold), (own_loss, own_grads) in zip(runs, found, strict=True):
            where = f"on rank {rank} with kind {kind!r}, where stage {cold} is frozen"
            if rank == cold:
                assert_equal(own_grads, [None, None], what=f"list of gradients {where}")
            else:
                assert_close(own_grads, grads[rank], what=f"list of gradients {where}")
            if rank == 2:
                assert_close(own_loss, loss, what=f"loss {where}")


@pytest.mark.weight(2)
@pytest.mark.needs("two_stages")
def test_words_and_several_passes(submission, rng):
    """x holds words, which go through a table: gradients of two passes add up, and arguments stay as they are."""
    double = {"dtype": torch.float64}
    layers = [rng.normal(6, 3, **double), rng.normal(2, 3, **double)]
    x, target = rng.integers(0, 6, 8), rng.normal(8, 2, **double)
    leaves = [value.clone().requires_grad_() for value in layers]
    loss = (leaves[0][x] @ leaves[1].T - target).square().mean()
    grads = torch.autograd.grad(loss, leaves)
    answers = on_ranks(submission, 2, summed, ("1f1b", "gpipe"), each=per_rank(layers, x, target))
    for rank, (found, same) in enumerate(answers.values):
        expected = [grads[rank], 2 * grads[rank]]
        assert_close(found, expected, what=f"list of rank {rank}'s gradient after each pass")
        assert_equal(same, [True, True], what=f"list of whether rank {rank}'s x and target are as they were")

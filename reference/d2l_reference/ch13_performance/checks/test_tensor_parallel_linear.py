"""Hidden checks of ch13/tensor_parallel_linear."""

import pytest
import torch
import torch.nn.functional as F
from d2l_course.ch13_performance.checks.test_tensor_parallel_linear import DOUBLE, blocks
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, on_ranks, probe


@probe
def residual(module, here, x, first, second, pull):
    """Two blocks with the same layers, each added to its input; what x and the full weight are afterwards."""
    before = [t.clone() for t in (x, *first, *second)]
    up = module.ColumnParallelLinear(*first)
    down = module.RowParallelLinear(*second)
    unchanged = [bool(torch.equal(a, b)) for a, b in zip(before, (x, *first, *second), strict=True)]
    x.requires_grad_()
    y = x
    for _ in range(2):
        y = y + down(torch.tanh(up(y)))
    (y * pull).sum().backward()
    own = [p.grad for p in (up.weight, up.bias, down.weight, down.bias)]
    return y.detach(), x.grad, own, [*unchanged, bool(torch.equal(x, before[0]))]


@probe
def chain(module, here, x, weights, pull):
    """All four kinds of layers behind each other, without a bias, on a transposed input that needs no gradient."""
    x = x.T.contiguous().T
    weights = [w.T.contiguous().T for w in weights]
    layers = [
        module.ColumnParallelLinear(weights[0], None, True),
        module.RowParallelLinear(weights[1], None, False),
        module.ColumnParallelLinear(weights[2]),
        module.RowParallelLinear(weights[3]),
    ]
    with torch.no_grad():
        quiet = x
        for layer in layers:
            quiet = layer(quiet)
    y = x
    for layer in layers:
        y = layer(y)
    (y * pull).sum().backward()
    biases = [layer.bias is None for layer in layers]
    return quiet, y.detach(), [layer.weight.grad for layer in layers], biases


@probe
def counted(module, here, x, weight):
    """Forward and backward of a layer with gather_output, then of one that is given all features; marked."""
    gathering = module.ColumnParallelLinear(weight, None, gather_output=True)
    splitting = module.RowParallelLinear(weight, None, input_is_parallel=False)
    found = []
    for name, layer in (("gather", gathering), ("split", splitting)):
        leaf = x.clone().requires_grad_()
        here.mark(f"{name} forward")
        y = layer(leaf)
        here.mark(f"{name} backward")
        y.sum().backward()
        here.mark(f"{name} end")
        found.append((y.detach(), leaf.grad))
    return found


@pytest.mark.weight(2)
@pytest.mark.needs("column_layer", "row_layer")
def test_residual_blocks(submission, rng):
    """Two blocks that share their layers, each added to its input, on two ranks."""
    x, pull = rng.normal(2, 3, 5, **DOUBLE), rng.normal(2, 3, 5, **DOUBLE)
    first, second = [[rng.normal(*s, **DOUBLE) for s in shapes] for shapes in (((4, 5), (4,)), ((5, 4), (5,)))]
    leaves = [t.clone().requires_grad_() for t in (x, *first, *second)]
    y = leaves[0]
    for _ in range(2):
        y = y + F.linear(torch.tanh(F.linear(y, *leaves[1:3])), *leaves[3:])
    for_x, w1, b1, w2, b2 = torch.autograd.grad((y * pull).sum(), leaves)
    answers = on_ranks(submission, 2, residual, x, first, second, pull)
    for rank, (output, of_x, grads, unchanged) in enumerate(answers.values):
        own = [blocks(w1, 0, 2)[rank], blocks(b1, 0, 2)[rank], blocks(w2, 1, 2)[rank], b2]
        assert_close(output, y.detach(), what=f"output on rank {rank}")
        assert_close(grads, own, what=f"list of gradients of shards on rank {rank}")
        assert_close(of_x, for_x, what=f"gradient of x on rank {rank}")
        assert_equal(unchanged, [True] * 6, what="list of whether x and the full tensors are as they were")


@pytest.mark.weight(2)
@pytest.mark.needs("gathered_output", "input_that_is_whole")
def test_four_kinds_on_four_ranks(submission, rng):
    """Layers of all kinds behind each other on four ranks, without a bias, on a transposed input; also in no_grad."""
    x, pull = rng.normal(3, 5), rng.normal(3, 7)
    weights = [rng.normal(*shape) for shape in ((8, 5), (3, 8), (4, 3), (7, 4))]
    leaves = [w.clone().requires_grad_() for w in weights]
    y = x
    for leaf in leaves:
        y = y @ leaf.T
    grads = torch.autograd.grad((y * pull).sum(), leaves)
    for rank, (quiet, output, own, biases) in enumerate(on_ranks(submission, 4, chain, x, weights, pull).values):
        assert_equal(biases, [True] * 4, what="list of whether a layer's bias is None")
        assert_close(output, y.detach(), what=f"output on rank {rank}", dtype=True, rtol=1e-4, atol=1e-4)
        assert_close(quiet, y.detach(), what=f"output in no_grad on rank {rank}", rtol=1e-4, atol=1e-4)
        expected = [blocks(g, i % 2, 4)[rank] for i, g in enumerate(grads)]
        assert_close(own, expected, what=f"list of gradients of shards on rank {rank}", rtol=1e-4, atol=1e-4)


@pytest.mark.observed
@pytest.mark.needs("gathered_output", "input_that_is_whole")
def test_one_collective_where_ranks_meet(submission, rng):
    """Gathering costs one collective in forward, splitting one in backward, besides the all-reduces."""
    x, weight = rng.normal(3, 4), rng.normal(6, 4)
    answers = on_ranks(submission, 2, counted, x, weight)
    for rank, results in enumerate(answers.values):
        expected = [(x @ weight.T, weight.sum(0).expand(3, 4))] * 2
        for (output, of_x), (y, for_x) in zip(results, expected, strict=True):
            assert_close([output, of_x], [y, for_x], what=f"list of output and gradient of x on rank {rank}")
        for name in ("gather", "split"):
            places = [answers.marked(rank, f"{name} {moment}")[0] for moment in ("forward", "backward", "end")]
            calls = [call.issued for call in answers.calls[rank]]
            found = [
                sum(start < issued < end for issued in calls)
                for start, end in zip(places[:-1], places[1:], strict=True)
            ]
            if found != [1, 1]:
                raise CheckFailed(
                    "One collective should be enough in forward, and one in backward.",
                    f"Rank {rank} makes {found[0]} in forward and {found[1]} in backward where layers {name}.",
                )

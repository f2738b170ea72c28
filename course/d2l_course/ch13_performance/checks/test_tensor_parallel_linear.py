"""Public checks of ch13/tensor_parallel_linear."""

import pytest
import torch
import torch.nn.functional as F
from d2l_kit.checks import CheckFailed, assert_close, assert_equal, assert_every_rank_raises, on_ranks, probe
from torch import nn

DOUBLE = {"dtype": torch.float64}


@probe
def column(module, here, x, weight, bias, pull, gather):
    """Output of a column layer, and gradients of the sum of output times pull."""
    layer = module.ColumnParallelLinear(weight, bias, gather_output=gather)
    x.requires_grad_()
    y = layer(x)
    (y * (pull if gather else pull.chunk(here.world_size, -1)[here.rank])).sum().backward()
    return y.detach(), x.grad, layer.weight.grad, None if bias is None else layer.bias.grad


@probe
def row(module, here, x, weight, bias, pull, parallel):
    """Output of a row layer, and gradients of the sum of output times pull."""
    layer = module.RowParallelLinear(weight, bias, input_is_parallel=parallel)
    x = (x.chunk(here.world_size, -1)[here.rank] if parallel else x).clone().requires_grad_()
    y = layer(x)
    (y * pull).sum().backward()
    return y.detach(), x.grad, layer.weight.grad, None if bias is None else layer.bias.grad


@probe
def two_layers(module, here, x, first, second, pull):
    """Output and gradients of two layers with a ReLU between them; the log is marked."""
    up = module.ColumnParallelLinear(*first, gather_output=False)
    down = module.RowParallelLinear(*second, input_is_parallel=True)
    x.requires_grad_()
    here.mark("forward")
    y = down(torch.relu(up(x)))
    here.mark("backward")
    (y * pull).sum().backward()
    return y.detach(), x.grad, [p.grad for p in (up.weight, up.bias, down.weight, down.bias)]


@probe
def kept(module, here, weight, bias):
    """Each layer's shapes, sizes of its parameters and of memory held; whether parameters outlast the full tensors."""

    def tensors(thing, seen):
        if isinstance(thing, torch.Tensor):
            yield thing
        elif isinstance(thing, dict | list | tuple | set | nn.Module) and id(thing) not in seen:
            seen.add(id(thing))
            parts = vars(thing) if isinstance(thing, nn.Module) else thing
            for part in list(parts.values() if isinstance(parts, dict) else parts):
                yield from tensors(part, seen)

    found = []
    layers = [module.ColumnParallelLinear(weight, bias), module.RowParallelLinear(weight, bias)]
    before = [p.detach().clone() for layer in layers for p in layer.parameters()]
    for full in (weight, bias):
        full.zero_()
    after = [p for layer in layers for p in layer.parameters()]
    own = [bool(torch.equal(a, b)) for a, b in zip(before, after, strict=True)]
    for layer in layers:
        held = {t.untyped_storage().data_ptr(): t for t in tensors(layer, set()) if t.is_floating_point()}
        numbers = sum(t.untyped_storage().nbytes() // t.element_size() for t in held.values())
        shapes = [list(layer.weight.shape), list(layer.bias.shape)]
        found.append((shapes, sum(p.numel() for p in layer.parameters() if p.requires_grad), numbers))
    return found, own


@probe
def built(module, here, weight, parallel_rows):
    layer = module.RowParallelLinear(weight) if parallel_rows else module.ColumnParallelLinear(weight)
    return list(layer.weight.shape)


def blocks(full, axis, ranks):
    """A tensor's equal blocks, one for each rank."""
    return list(full.chunk(ranks, axis))


def dense(x, weight, bias, pull):
    """Output of a dense layer and gradients of x, weight and bias."""
    leaves = [t.detach().clone().requires_grad_() for t in (x, weight, bias)]
    y = F.linear(*leaves)
    return (y.detach(), *torch.autograd.grad((y * pull).sum(), leaves))


def check_column(answers, x, weight, bias, pull, gather):
    """Every rank has the dense layer's output, or its block, the whole gradient of x, and those of its shards."""
    n = len(answers.values)
    y, for_x, for_weight, for_bias = dense(x, weight, bias, pull)
    for rank, (output, of_x, of_weight, of_bias) in enumerate(answers.values):
        assert_close(output, y if gather else blocks(y, -1, n)[rank], what=f"output on rank {rank}")
        assert_close(of_weight, blocks(for_weight, 0, n)[rank], what=f"gradient of the weight's shard on rank {rank}")
        assert_close(of_bias, blocks(for_bias, 0, n)[rank], what=f"gradient of the bias's shard on rank {rank}")
        assert_close(of_x, for_x, what=f"gradient of x on rank {rank}")


def check_row(answers, x, weight, bias, pull, parallel):
    """Every rank has the dense layer's output, the gradient of its own input, and those of its shards."""
    n = len(answers.values)
    y, for_x, for_weight, for_bias = dense(x, weight, bias, pull)
    for rank, (output, of_x, of_weight, of_bias) in enumerate(answers.values):
        assert_close(output, y, what=f"output on rank {rank}")
        assert_close(of_weight, blocks(for_weight, 1, n)[rank], what=f"gradient of the weight's shard on rank {rank}")
        assert_close(of_bias, for_bias, what=f"gradient of the bias on rank {rank}")
        assert_close(of_x, blocks(for_x, -1, n)[rank] if parallel else for_x, what=f"gradient of x on rank {rank}")


def test_a_column_layer_by_hand(submission):
    """Rows [1, 2] and [3, 4], x = [10, 1]: the ranks return [12] and [34], and both find the gradient [4, 6] of x."""
    x, weight = torch.tensor([10.0, 1.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    answers = on_ranks(submission, 2, column, x, weight, None, torch.ones(2), False)
    for rank, (output, of_x, _, _) in enumerate(answers.values):
        assert_close(output, torch.tensor([[12.0], [34.0]][rank]), what=f"output on rank {rank}")
        assert_close(of_x, torch.tensor([4.0, 6.0]), what=f"gradient of x on rank {rank}")


@pytest.mark.weight(2)
@pytest.mark.needs("a_column_layer_by_hand")
def test_column_layer(submission, rng):
    """From 5 features to 6 on two ranks: blocks of the dense layer's output, and its gradients."""
    x, pull = rng.normal(4, 5, **DOUBLE), rng.normal(4, 6, **DOUBLE)
    weight, bias = rng.normal(6, 5, **DOUBLE), rng.normal(6, **DOUBLE)
    answers = on_ranks(submission, 2, column, x, weight, bias, pull, False)
    check_column(answers, x, weight, bias, pull, False)


def test_a_row_layer_by_hand(submission):
    """Weight [[5, 7]], bias [100], features [2, 3]: both ranks return [131]."""
    x, weight, bias = torch.tensor([2.0, 3.0]), torch.tensor([[5.0, 7.0]]), torch.tensor([100.0])
    for rank, (output, *_) in enumerate(on_ranks(submission, 2, row, x, weight, bias, torch.ones(1), True).values):
        assert_close(output, torch.tensor([131.0]), what=f"output on rank {rank}")


@pytest.mark.weight(2)
@pytest.mark.needs("a_row_layer_by_hand")
def test_row_layer(submission, rng):
    """From 6 features to 3 on two ranks: the dense layer's output on both, and its gradients."""
    x, pull = rng.normal(4, 6, **DOUBLE), rng.normal(4, 3, **DOUBLE)
    weight, bias = rng.normal(3, 6, **DOUBLE), rng.normal(3, **DOUBLE)
    answers = on_ranks(submission, 2, row, x, weight, bias, pull, True)
    check_row(answers, x, weight, bias, pull, True)


@pytest.mark.weight(2)
@pytest.mark.needs("column_layer", "row_layer")
def test_only_shards_are_kept(submission, rng):
    """Of a weight of 6 x 8 numbers and a bias of 6, a column layer keeps 24 + 3, a row layer 24 + 6, and no more."""
    answers = on_ranks(submission, 2, kept, rng.normal(6, 8), rng.normal(6))
    for rank, (layers, apart) in enumerate(answers.values):
        expected = [("ColumnParallelLinear", ((3, 8), (3,)), 27), ("RowParallelLinear", ((6, 4), (6,)), 30)]
        for (name, shapes, size), (own, parameters, memory) in zip(expected, layers, strict=True):
            assert_equal(own, shapes, what=f"shapes of {name}'s weight and bias on rank {rank}")
            assert_equal(parameters, size, what=f"size of {name}'s parameters on rank {rank}")
            if memory > size:
                raise CheckFailed(
                    f"On each rank, a {name} should hold on to the memory of its shards only, {size} numbers.",
                    f"On rank {rank} it holds on to {memory}.",
                    help="A slice is a view: it keeps the whole tensor alive. Copy the shard out of it with clone().",
                )
        assert_equal(apart, [True] * 4, what=f"independence of the parameters from the full tensors on rank {rank}")


@pytest.mark.needs("column_layer")
def test_gathered_output(submission, rng):
    """With gather_output each rank has the whole output, in the dense layer's order, and the dense gradients."""
    x, pull = rng.normal(2, 3, 5, **DOUBLE), rng.normal(2, 3, 4, **DOUBLE)
    weight, bias = rng.normal(4, 5, **DOUBLE), rng.normal(4, **DOUBLE)
    answers = on_ranks(submission, 2, column, x, weight, bias, pull, True)
    check_column(answers, x, weight, bias, pull, True)


@pytest.mark.needs("row_layer")
def test_input_that_is_whole(submission, rng):
    """Without input_is_parallel each rank is given all features, and finds the gradient of all of them."""
    x, pull = rng.normal(2, 3, 4, **DOUBLE), rng.normal(2, 3, 5, **DOUBLE)
    weight, bias = rng.normal(5, 4, **DOUBLE), rng.normal(5, **DOUBLE)
    answers = on_ranks(submission, 2, row, x, weight, bias, pull, False)
    check_row(answers, x, weight, bias, pull, False)


def two_dense_layers(x, first, second, pull):
    """Output, gradient of x, and gradients of both weights and biases."""
    leaves = [t.detach().clone().requires_grad_() for t in (x, *first, *second)]
    y = F.linear(torch.relu(F.linear(*leaves[:3])), *leaves[3:])
    for_x, *rest = torch.autograd.grad((y * pull).sum(), leaves)
    return y.detach(), for_x, rest


@pytest.mark.weight(2)
@pytest.mark.observed
@pytest.mark.needs("column_layer", "row_layer")
def test_one_all_reduce_in_each_pass(submission, rng):
    """A column layer, a ReLU and a row layer: one all-reduce of the output in forward, one of x's size in backward."""
    x, pull = rng.normal(3, 5, **DOUBLE), rng.normal(3, 7, **DOUBLE)
    first, second = [[rng.normal(*s, **DOUBLE) for s in shapes] for shapes in (((4, 5), (4,)), ((7, 4), (7,)))]
    answers = on_ranks(submission, 2, two_layers, x, first, second, pull)
    y, for_x, (w1, b1, w2, b2) = two_dense_layers(x, first, second, pull)
    for rank, (output, of_x, grads) in enumerate(answers.values):
        own = [blocks(w1, 0, 2)[rank], blocks(b1, 0, 2)[rank], blocks(w2, 1, 2)[rank], b2]
        assert_close([output, of_x, *grads], [y, for_x, *own], what=f"list of output and gradients on rank {rank}")
        forward, backward = answers.marked(rank, "forward")[0], answers.marked(rank, "backward")[0]
        calls = [(call.issued, call.op, call.elements) for call in answers.calls[rank]]
        for name, found, size in [
            ("forward", [call[1:] for call in calls if forward < call[0] < backward], 21),
            ("backward", [call[1:] for call in calls if call[0] > backward], 15),
        ]:
            if found != [("all_reduce", size)]:
                told = ", ".join(f"{op} of {count}" for op, count in found) or "none"
                raise CheckFailed(
                    f"There should be one collective in {name}, an all-reduce of {size} numbers.",
                    f"On rank {rank} there is: {told}.",
                    help="ReLU works on each feature alone, so blocks of features may pass through it as they are.",
                )


@pytest.mark.needs("column_layer", "row_layer")
def test_refuses_sizes_that_do_not_divide(submission, rng):
    """Three outputs of a column layer, or three inputs of a row layer, cannot be shared out between two ranks."""
    assert_every_rank_raises(ValueError, submission, 2, built, rng.normal(3, 4), False, mentions=("3", "2"))
    assert_every_rank_raises(ValueError, submission, 2, built, rng.normal(4, 3), True, mentions=("3", "2"))

"""Tensor parallelism: linear layers whose weight is cut into shards, one for each rank (section 13.5)."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn


class _SumGradients(torch.autograd.Function):
    """The same value on all ranks goes different ways: identity forward, all-reduce backward."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return _sum(gradient)


class _SumValues(torch.autograd.Function):
    """Its conjugate: all-reduce forward, identity backward."""

    @staticmethod
    def forward(ctx, x):
        return _sum(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class _Gather(torch.autograd.Function):
    """Blocks of the last axis become the whole forward; the whole gradient becomes the own block backward."""

    @staticmethod
    def forward(ctx, block):
        return _gather(block)

    @staticmethod
    def backward(ctx, gradient):
        return _own(gradient, -1)


class _Split(torch.autograd.Function):
    """Its conjugate: the own block forward, all gradients together backward."""

    @staticmethod
    def forward(ctx, x):
        return _own(x, -1)

    @staticmethod
    def backward(ctx, gradient):
        return _gather(gradient)


def _sum(part):
    total = part.clone()
    dist.all_reduce(total)
    return total


def _gather(block):
    blocks = [torch.empty_like(block) for _ in range(dist.get_world_size())]
    dist.all_gather(blocks, block)
    return torch.cat(blocks, -1)


def _own(full, axis):
    n, size = dist.get_world_size(), full.shape[axis]
    if size % n:
        raise ValueError(f"{size} features cannot be shared out evenly among {n} ranks")
    # A block alone would be a view, and keep the whole in memory.
    return full.chunk(n, axis)[dist.get_rank()].clone()


class ColumnParallelLinear(nn.Module):
    def __init__(self, full_weight: Tensor, full_bias: Tensor | None = None, gather_output: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(_own(full_weight, 0))
        self.bias = None if full_bias is None else nn.Parameter(_own(full_bias, 0))
        self.gather_output = gather_output

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(_SumGradients.apply(x), self.weight, self.bias)
        return _Gather.apply(y) if self.gather_output else y


class RowParallelLinear(nn.Module):
    def __init__(self, full_weight: Tensor, full_bias: Tensor | None = None, input_is_parallel: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(_own(full_weight, 1))
        self.bias = None if full_bias is None else nn.Parameter(full_bias.clone())
        self.input_is_parallel = input_is_parallel

    def forward(self, x: Tensor) -> Tensor:
        if not self.input_is_parallel:
            x = _Split.apply(x)
        y = _SumValues.apply(F.linear(x, self.weight))
        return y if self.bias is None else y + self.bias

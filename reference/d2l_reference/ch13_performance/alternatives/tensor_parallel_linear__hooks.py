"""A tensor's hook sums its gradient; the own block, with its graph, is put among the gathered ones."""

import torch
import torch.distributed as dist
from torch import nn


def sum_of_gradients(x):
    """x, whose gradient will be the sum over the ranks."""
    if not x.requires_grad:
        return x
    x = x.view_as(x)

    def reduce(gradient):
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total

    x.register_hook(reduce)
    return x


def block_of(size):
    n, rank = dist.get_world_size(), dist.get_rank()
    if size % n != 0:
        raise ValueError(f"{size} is not divisible by the {n} ranks")
    return slice(rank * (size // n), (rank + 1) * (size // n))


def parameter(tensor):
    return nn.Parameter(tensor.detach().clone())


class ColumnParallelLinear(nn.Module):
    def __init__(self, full_weight, full_bias=None, gather_output=False):
        super().__init__()
        rows = block_of(full_weight.size(0))
        self.weight = parameter(full_weight[rows])
        self.register_parameter("bias", None if full_bias is None else parameter(full_bias[rows]))
        self.gather_output = gather_output

    def forward(self, x):
        y = sum_of_gradients(x) @ self.weight.T
        if self.bias is not None:
            y = y + self.bias
        if not self.gather_output:
            return y
        parts = [torch.empty_like(y) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, y.detach().contiguous())
        parts[dist.get_rank()] = y  # the gradient flows through this one
        return torch.cat(parts, dim=-1)


class RowParallelLinear(nn.Module):
    def __init__(self, full_weight, full_bias=None, input_is_parallel=True):
        super().__init__()
        self.columns = block_of(full_weight.size(1))
        self.weight = parameter(full_weight[:, self.columns])
        self.register_parameter("bias", None if full_bias is None else parameter(full_bias))
        self.input_is_parallel = input_is_parallel

    def forward(self, x):
        if not self.input_is_parallel:
            x = sum_of_gradients(x)[..., self.columns]
        y = x @ self.weight.T
        dist.all_reduce(y)  # in place, which autograd does not see: the gradient passes as it is
        return y if self.bias is None else y + self.bias

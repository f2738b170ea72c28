"""Each layer is one autograd.Function with the gradients of a linear layer by hand; gathering by all-reduce."""

import torch
import torch.distributed as dist
from torch import nn


def padded(block, size):
    """A tensor of zeros with the own block in its place."""
    whole = block.new_zeros(*block.shape[:-1], size)
    width = block.shape[-1]
    whole.narrow(-1, dist.get_rank() * width, width).copy_(block)
    return whole


def parameter_gradients(gradient, x):
    flat = gradient.reshape(-1, gradient.shape[-1])
    return flat.T @ x.reshape(-1, x.shape[-1]), flat.sum(0)


class Column(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, gather):
        ctx.save_for_backward(x, weight)
        ctx.gather = gather
        ctx.has_bias = bias is not None
        y = torch.tensordot(x, weight, ([-1], [1]))
        if bias is not None:
            y += bias
        if gather:
            y = padded(y, y.shape[-1] * dist.get_world_size())
            dist.all_reduce(y)
        return y

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        if ctx.gather:
            gradient = gradient.tensor_split(dist.get_world_size(), dim=-1)[dist.get_rank()]
        for_x = gradient @ weight
        work = dist.all_reduce(for_x, async_op=True)
        for_weight, for_bias = parameter_gradients(gradient, x)
        work.wait()
        return for_x, for_weight, for_bias if ctx.has_bias else None, None


class Row(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, parallel):
        ctx.whole = None if parallel else x.shape[-1]
        if not parallel:
            x = x.tensor_split(dist.get_world_size(), dim=-1)[dist.get_rank()]
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        y = torch.einsum("...i,oi->...o", x, weight).contiguous()
        dist.all_reduce(y)
        return y if bias is None else y + bias

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        for_x = gradient @ weight
        if ctx.whole is not None:
            for_x = padded(for_x, ctx.whole)
            dist.all_reduce(for_x)
        for_weight, for_bias = parameter_gradients(gradient, x)
        return for_x, for_weight, for_bias if ctx.has_bias else None, None


class Sharded(nn.Module):
    def __init__(self, full_weight, full_bias, axis, flag):
        super().__init__()
        n, size = dist.get_world_size(), full_weight.shape[axis]
        if size % n:
            raise ValueError(f"cannot cut {size} features into {n} equal blocks")
        self.flag = flag
        place = torch.arange(size // n) + dist.get_rank() * (size // n)
        self.weight = nn.Parameter(full_weight.detach().index_select(axis, place))
        if full_bias is None:
            self.bias = None
        else:
            self.bias = nn.Parameter(full_bias.detach().clone() if axis else full_bias.detach()[place])


class ColumnParallelLinear(Sharded):
    def __init__(self, full_weight, full_bias=None, gather_output=False):
        super().__init__(full_weight, full_bias, 0, gather_output)

    def forward(self, x):
        return Column.apply(x, self.weight, self.bias, self.flag)


class RowParallelLinear(Sharded):
    def __init__(self, full_weight, full_bias=None, input_is_parallel=True):
        super().__init__(full_weight, full_bias, 1, input_is_parallel)

    def forward(self, x):
        return Row.apply(x, self.weight, self.bias, self.flag)

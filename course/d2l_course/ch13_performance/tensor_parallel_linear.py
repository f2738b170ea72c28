"""Tensor parallelism: linear layers whose weight is cut into shards, one for each rank (section 13.5)."""

import torch
import torch.distributed as dist
from torch import Tensor, nn


class ColumnParallelLinear(nn.Module):
    """A linear layer of which each rank computes a block of the outputs.

    The dense layer is y = x @ full_weight.T + full_bias. All n ranks build this one from equal arguments, and rank r
    keeps block r of n equal blocks of *rows* of the weight, and of the bias; these rows are columns of the transposed
    weight, hence the name. The shards are parameters in memory of their own: nothing of the full weight is kept, so
    that it can be freed.

    Each rank gives the same x to forward, and its outputs need no communication. But each rank finds only what its own
    outputs add to the gradient of x, which is the sum over all ranks: backward holds one all-reduce, of a tensor of
    the shape of x.

    Args:
        full_weight: Weight of the dense layer, [out_features, in_features].
        full_bias: Its bias, [out_features], or None.
        gather_output: Whether every rank gets the whole output, in the dense layer's order, instead of its own block.
            That is one collective more in forward, and none in backward: then all ranks compute the same from the
            output, and each has the whole gradient already.

    Attributes:
        weight: This rank's shard, [out_features / n, in_features].
        bias: This rank's shard, [out_features / n], or None.

    Raises:
        ValueError: out_features is not divisible by n; the message names both numbers. Every rank raises it by itself.

    Example:
        With a weight of the rows [1, 2] and [3, 4] and no bias, on two ranks, for x = [10, 1]: rank 0 keeps [1, 2]
        and returns [12], rank 1 keeps [3, 4] and returns [34]. With gather_output both return [12, 34]. If the
        gradient of both outputs is 1, that of x is [1, 2] + [3, 4] = [4, 6] on both ranks.

    Book: section 13.5.
    """

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, full_weight: Tensor, full_bias: Tensor | None = None, gather_output: bool = False) -> None:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Compute [..., out_features / n], or with gather_output [..., out_features], from x, [..., in_features]."""
        raise NotImplementedError


class RowParallelLinear(nn.Module):
    """A linear layer of which each rank computes a part of every sum.

    Rank r keeps block r of n equal blocks of *columns* of the weight, in memory of its own, and multiplies it with
    block r of the input's features. The sum of these products over the ranks is the dense layer's output, on all ranks:
    one all-reduce in forward, of a tensor of the shape of the output. In backward it costs nothing, since all ranks
    compute the same from the output, and each has the whole gradient already.

    The bias is whole on every rank. It counts once in the output, and every rank finds the dense layer's gradient of
    it, so that equal biases stay equal.

    Args:
        full_weight: Weight of the dense layer, [out_features, in_features].
        full_bias: Its bias, [out_features], or None.
        input_is_parallel: Whether forward is given this rank's block of the features, as a ColumnParallelLinear
            leaves it behind. If not, it is given all features, the same on every rank, and takes its own block. Then
            the gradient of the whole input is wanted on every rank: backward holds one collective.

    Attributes:
        weight: This rank's shard, [out_features, in_features / n].
        bias: The whole bias, [out_features], or None.

    Raises:
        ValueError: in_features is not divisible by n; the message names both numbers. Every rank raises it by itself.

    Example:
        With the weight [[5, 7]] and the bias [100], on two ranks, for the features [2, 3]: rank 0 keeps [[5]] and is
        given [2], rank 1 keeps [[7]] and is given [3], and both return [131].

    Book: section 13.5.
    """

    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, full_weight: Tensor, full_bias: Tensor | None = None, input_is_parallel: bool = True) -> None:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Compute [..., out_features] from x, [..., in_features / n] or, not being parallel, [..., in_features]."""
        raise NotImplementedError

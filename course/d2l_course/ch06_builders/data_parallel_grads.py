"""Data parallelism on one CPU (section 6.7)."""

from collections.abc import Callable

import torch
from torch import Tensor


def split_batch(X: Tensor, y: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    """Cut a batch into k shards, one for each replica, in order.

    Args:
        X: The inputs, [n, ...].
        y: The targets, [n, ...].
        k: The number of shards, 1 to n.

    Returns:
        k pairs (X_i, y_i). Their sizes differ by at most 1; which shards are the larger ones is up to you.

    Raises:
        ValueError: X and y have different lengths, or k is not in 1 ... n; the message names the numbers.

    Example:
        >>> shards = split_batch(torch.arange(8), torch.arange(8), 4)
        >>> [len(X) for X, _ in shards]
        [2, 2, 2, 2]

    Book: section 6.7.
    """
    raise NotImplementedError


def allreduce_mean(grads: list[list[Tensor]], sizes: list[int]) -> list[list[Tensor]]:
    """Average the replicas' gradients and give every replica the result.

    Every replica has computed the gradient of the *mean* loss of its own shard. The average weights each by the
    size of its shard, so that it is the gradient of the mean loss of the whole batch.

    Args:
        grads: For each replica, the gradients of all parameters. They are left as they are.
        sizes: For each replica, the number of examples in its shard.

    Returns:
        For each replica, the averaged gradients, in tensors of its own, also if there is one replica only.

    Raises:
        ValueError: There are not as many replicas in grads as in sizes; the message names both numbers.

    Example:
        >>> allreduce_mean([[torch.tensor([1.0])], [torch.tensor([4.0])]], [2, 1])
        [[tensor([2.])], [tensor([2.])]]
    """
    raise NotImplementedError


def data_parallel_step(
    params: list[Tensor],
    X: Tensor,
    y: Tensor,
    k: int,
    lr: float,
    grad_fn: Callable[[list[Tensor], Tensor, Tensor], list[Tensor]],
) -> list[Tensor]:
    """One step of gradient descent, its gradient computed by k replicas; equal to the step on the full batch.

    Args:
        params: The parameters. They are left as they are.
        X: The inputs, [n, ...].
        y: The targets, [n, ...].
        k: The number of replicas, 1 to n.
        lr: The learning rate.
        grad_fn: grad_fn(params, X_i, y_i) gives the gradients of the mean loss of a shard, one for each parameter.
            It is called once for each shard, and may use autograd: do not switch gradients off around it.

    Returns:
        The new parameters.

    Raises:
        ValueError: As split_batch.
    """
    raise NotImplementedError

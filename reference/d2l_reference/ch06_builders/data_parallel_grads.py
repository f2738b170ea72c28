"""Solution of ch06/data_parallel_grads."""

from collections.abc import Callable

from torch import Tensor


def split_batch(X: Tensor, y: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} examples, but y has {len(y)}")
    if not 1 <= k <= len(X):
        raise ValueError(f"cannot cut {len(X)} examples into {k} shards")
    return list(zip(X.tensor_split(k), y.tensor_split(k), strict=True))


def allreduce_mean(grads: list[list[Tensor]], sizes: list[int]) -> list[list[Tensor]]:
    if len(grads) != len(sizes):
        raise ValueError(f"there are gradients of {len(grads)} replicas, but {len(sizes)} sizes")
    total = sum(sizes)
    shares = [size / total for size in sizes]
    mean = [sum(share * g for share, g in zip(shares, gs, strict=True)) for gs in zip(*grads, strict=True)]
    return [[g.clone() for g in mean] for _ in grads]


def data_parallel_step(
    params: list[Tensor],
    X: Tensor,
    y: Tensor,
    k: int,
    lr: float,
    grad_fn: Callable[[list[Tensor], Tensor, Tensor], list[Tensor]],
) -> list[Tensor]:
    shards = split_batch(X, y, k)
    grads = [grad_fn(params, X_i, y_i) for X_i, y_i in shards]
    averaged = allreduce_mean(grads, [len(X_i) for X_i, _ in shards])
    return [p - lr * g for p, g in zip(params, averaged[0], strict=True)]

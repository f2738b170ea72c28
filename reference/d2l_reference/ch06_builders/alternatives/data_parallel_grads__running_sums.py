"""Plain loops, sums that are kept up in buffers, and one division at the end."""

import torch
from torch import Tensor


def split_batch(X: Tensor, y: Tensor, k: int):
    n = len(X)
    if n != len(y):
        raise ValueError("there are %d inputs and %d targets" % (n, len(y)))
    if k not in range(1, n + 1):
        raise ValueError("%d shards of %d examples" % (k, n))
    shards, start = [], 0
    for i in range(k):
        stop = start + (n - start) // (k - i)
        shards.append((X[start:stop].clone(), y[start:stop].clone()))
        start = stop
    return shards


def allreduce_mean(grads, sizes):
    if len(grads) != len(sizes):
        raise ValueError("%d and %d" % (len(grads), len(sizes)))
    sums = [torch.zeros_like(g) for g in grads[0]]
    for replica, size in zip(grads, sizes):
        for total, g in zip(sums, replica):
            total.add_(g, alpha=size)
    for total in sums:
        total.div_(sum(sizes))
    return [[total.detach().clone() for total in sums] for _ in grads]


def data_parallel_step(params, X, y, k, lr, grad_fn):
    shards = split_batch(X, y, k)
    replicas = [[p.clone() for p in params] for _ in shards]
    grads = [grad_fn(replica, *shard) for replica, shard in zip(replicas, shards)]
    for replica, own in zip(replicas, allreduce_mean(grads, [len(y_i) for _, y_i in shards])):
        for p, g in zip(replica, own):
            p -= lr * g
    return replicas[0]

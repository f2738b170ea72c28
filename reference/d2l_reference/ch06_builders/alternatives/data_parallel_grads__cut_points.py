"""Integer cut points, and a stack that is summed with weights."""

import torch


def split_batch(X, y, k):
    n = X.shape[0]
    if n != y.shape[0] or k < 1 or k > n:
        raise ValueError(f"lengths {n} and {y.shape[0]}, {k} shards")
    cuts = [i * n // k for i in range(k + 1)]
    return [(X[a:b], y[a:b]) for a, b in zip(cuts, cuts[1:])]


def allreduce_mean(grads, sizes):
    if len(grads) != len(sizes):
        raise ValueError(f"{len(grads)} lists of gradients for {len(sizes)} sizes")
    result = [[] for _ in grads]
    for j in range(len(grads[0])):
        stacked = torch.stack([replica[j] for replica in grads])
        weights = torch.tensor(sizes, dtype=stacked.dtype) / sum(sizes)
        average = torch.tensordot(weights, stacked, dims=1)
        for replica in result:
            replica.append(average.clone())
    return result


def data_parallel_step(params, X, y, k, lr, grad_fn):
    new = [p.clone() for p in params]
    for X_i, y_i in split_batch(X, y, k):
        for p, g in zip(new, grad_fn(params, X_i, y_i)):
            p -= lr * len(X_i) / len(X) * g
    return new

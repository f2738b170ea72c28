"""All gradients of a replica in one flat vector; the average is a product of a row of weights with a matrix."""

import torch


def split_batch(X, y, k):
    if len(X) != len(y):
        raise ValueError(f"{len(X)} != {len(y)}")
    if k <= 0 or k > len(X):
        raise ValueError(f"k = {k} is not in 1..{len(X)}")
    small, larger = divmod(len(X), k)
    sizes = [small] * (k - larger) + [small + 1] * larger
    return list(zip(torch.split(X, sizes), torch.split(y, sizes)))


def allreduce_mean(grads, sizes):
    if len(sizes) != len(grads):
        raise ValueError(f"sizes of {len(sizes)}, gradients of {len(grads)}")
    matrix = torch.stack([torch.cat([g.reshape(-1) for g in replica]) for replica in grads])
    weights = torch.as_tensor(sizes).to(matrix.dtype)
    flat = (weights / weights.sum()) @ matrix

    def unpacked():
        parts = flat.clone().split([g.numel() for g in grads[0]])
        return [part.view(g.shape) for part, g in zip(parts, grads[0])]

    return [unpacked() for _ in sizes]


def data_parallel_step(params, X, y, k, lr, grad_fn):
    gradients, sizes = [], []
    for X_i, y_i in split_batch(X, y, k):
        gradients.append(grad_fn(params, X_i, y_i))
        sizes.append(X_i.shape[0])
    return [torch.add(p, g, alpha=-lr) for p, g in zip(params, allreduce_mean(gradients, sizes)[-1])]

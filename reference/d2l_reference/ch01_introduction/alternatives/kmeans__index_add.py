"""Sums and counts gathered by index_add_; the inertia is one tensor until the end."""

import torch


def assign(X, centers):
    squares = torch.stack([(X - center).pow(2).sum(-1) for center in centers], dim=-1)
    return squares.min(-1)


def kmeans(X, init, steps):
    centers = init.detach().clone()
    least, owner = assign(X, centers)
    inertia = []
    for _ in range(steps):
        sums = torch.zeros_like(centers).index_add_(0, owner, X)
        counts = torch.bincount(owner, minlength=len(centers))
        filled = counts.nonzero().flatten()
        centers[filled] = sums[filled] / counts[filled, None]
        least, owner = assign(X, centers)
        inertia += [least.sum()]
    return centers, owner, torch.tensor(inertia).tolist()

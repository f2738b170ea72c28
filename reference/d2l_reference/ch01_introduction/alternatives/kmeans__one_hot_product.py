"""Members as a one-hot matrix: all means are one matrix product, torch.where keeps the empty ones."""

import torch
import torch.nn.functional as F


def kmeans(X, init, steps):
    centers, inertia = init + 0, []
    for _ in range(steps):
        member = F.one_hot(torch.cdist(X, centers).argmin(dim=1), init.shape[0]).to(X.dtype)
        counts = member.sum(dim=0).unsqueeze(1)
        centers = torch.where(counts > 0, member.T @ X / counts, centers)
        inertia.append(float(torch.cdist(X, centers).min(dim=1).values.square().sum()))
    return centers, torch.cdist(X, centers).argmin(dim=1), inertia

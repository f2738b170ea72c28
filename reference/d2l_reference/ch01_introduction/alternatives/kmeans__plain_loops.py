"""Python lists and loops throughout; the answer is put into tensors at the end."""

import torch


def kmeans(X, init, steps):
    rows, centers, inertia = X.tolist(), init.tolist(), []

    def distance(row, center):
        return sum((a - b) ** 2 for a, b in zip(row, center, strict=True))

    def nearest(row):
        return min(range(len(centers)), key=lambda j: distance(row, centers[j]))

    for _ in range(steps):
        groups = {}
        for row in rows:
            groups.setdefault(nearest(row), []).append(row)
        for j, group in groups.items():
            centers[j] = [sum(column) / len(group) for column in zip(*group, strict=True)]
        inertia.append(sum(distance(row, centers[nearest(row)]) for row in rows))
    return torch.tensor(centers, dtype=X.dtype), torch.tensor([nearest(row) for row in rows]), inertia

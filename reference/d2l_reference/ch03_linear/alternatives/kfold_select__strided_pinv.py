import random

import torch


def k_fold(n, k, seed):
    if k < 2 or k > n:
        raise ValueError(f"cannot cut {n} examples into {k} folds")
    order = list(range(n))
    random.Random(seed).shuffle(order)
    pairs = []
    for i in range(k):
        held_out = order[i::k]
        kept = [j for j in order if j not in held_out]
        pairs.append((torch.tensor(kept), torch.tensor(held_out)))
    return pairs


def poly_errors(x_train, y_train, x_val, y_val, degree):
    c = torch.linalg.pinv(torch.vander(x_train, degree + 1)) @ y_train
    train_residuals = torch.vander(x_train, degree + 1) @ c - y_train
    val_residuals = torch.vander(x_val, degree + 1) @ c - y_val
    return train_residuals.square().mean(), val_residuals.square().mean()


def select_degree(x, y, degrees, k, seed):
    errors = torch.zeros(len(degrees), dtype=x.dtype)
    for train, val in k_fold(len(x), k, seed):
        for i, degree in enumerate(degrees):
            errors[i] += poly_errors(x[train], y[train], x[val], y[val], degree)[1] / k
    best = min(range(len(degrees)), key=lambda i: errors[i].item())
    return degrees[best], errors

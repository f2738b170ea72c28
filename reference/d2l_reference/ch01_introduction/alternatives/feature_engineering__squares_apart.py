"""Both squares as features of their own; parameters drawn by numpy, a network of sums written out."""

import numpy as np
import torch


def hand_features(X):
    return torch.stack([x * x for x in X.unbind(dim=1)], dim=-1)


def init_params(width, seed):
    rng = np.random.default_rng(seed)
    params = {"W1": rng.normal(size=(2, width)), "b1": np.zeros(width), "w2": rng.normal(size=width) / 6, "b2": 0.0}
    return {name: torch.tensor(p, dtype=torch.float32, requires_grad=True) for name, p in params.items()}


def learned_features(X, params):
    first, second = params["W1"]
    return torch.maximum(X[:, :1] * first + X[:, 1:] * second + params["b1"], torch.zeros((), dtype=X.dtype))


def decide(X, params):
    return (learned_features(X, params) * params["w2"]).sum(dim=-1) + params["b2"]


def fit(X, y, width=32, seed=0, steps=400, lr=0.02):
    params = {name: p.detach().clone().requires_grad_() for name, p in init_params(width, seed).items()}
    means = [torch.zeros_like(p) for p in params.values()]
    squares = [torch.zeros_like(p) for p in params.values()]
    for step in range(1, steps + 1):
        loss = ((decide(X, params) - y) ** 2).mean()
        gradients = torch.autograd.grad(loss, list(params.values()))
        with torch.no_grad():
            for p, g, mean, square in zip(params.values(), gradients, means, squares, strict=True):
                mean.lerp_(g, 0.1)
                square.lerp_(g * g, 0.001)
                p -= lr * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return {name: p.detach() for name, p in params.items()}

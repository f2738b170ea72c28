"""Outer products by broadcasting, and a uniform start."""

import torch
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self, dim=-1):
        super().__init__()
        self.axes = dim if isinstance(dim, tuple) else (dim,)

    def forward(self, X):
        n = X.numel() // X.sum(self.axes).numel()
        return X - X.sum(self.axes, keepdim=True) / n


class QuadraticLayer(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.bias = nn.Parameter(torch.empty(out_features))
        self.weight = nn.Parameter(torch.empty(out_features, in_features, in_features))
        bound = 3**0.5 / in_features
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    def forward(self, X):
        outer = X[..., :, None] * X[..., None, :]
        Y = (outer.unsqueeze(-3) * self.weight).sum(dim=(-1, -2))
        Y += self.bias
        return Y

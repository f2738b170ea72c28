"""A loop over the axes that are centred, which is no loop over numbers; the forms by matrix products."""

import math

import torch
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self, dim=-1):
        super().__init__()
        self.axes = dim if isinstance(dim, tuple) else (dim,)

    def forward(self, X):
        total = X
        for axis in self.axes:
            total = total.sum(axis, keepdim=True)
        return X - total / math.prod(X.shape[axis] for axis in self.axes)


class QuadraticLayer(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        start = torch.empty(out_features, in_features, in_features)
        self.weight = nn.Parameter(nn.init.normal_(start, 0, 1 / in_features))
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, X):
        x = X[..., None, :, None]
        return (x.mT @ self.weight @ x)[..., 0, 0] + self.bias

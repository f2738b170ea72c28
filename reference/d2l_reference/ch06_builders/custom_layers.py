"""Solution of ch06/custom_layers."""

import torch
from torch import Tensor, nn


class CenteredLayer(nn.Module):
    def __init__(self, dim: int | tuple[int, ...] = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, X: Tensor) -> Tensor:
        return X - X.mean(self.dim, keepdim=True)


class QuadraticLayer(nn.Module):
    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features, in_features) / in_features)
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, X: Tensor) -> Tensor:
        return torch.einsum("...i,kij,...j->...k", X, self.weight, X) + self.bias

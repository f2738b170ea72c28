"""A linear map of all products of two features; centring by torch.var_mean."""

import torch
import torch.nn.functional as F
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, X):
        _, mean = torch.var_mean(X, dim=self.dim, correction=0, keepdim=True)
        return torch.sub(X, mean)

    def extra_repr(self):
        return f"dim={self.dim}"


class QuadraticLayer(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.zeros(out_features, in_features, in_features)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(out_features)))
        with torch.no_grad():
            self.weight.normal_(std=1 / in_features)

    def forward(self, X):
        pairs = torch.einsum("...i,...j->...ij", X, X)
        return F.linear(pairs.flatten(start_dim=-2), self.weight.flatten(start_dim=1), self.bias)

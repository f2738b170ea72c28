"""First x^T W_k for all k, then times x; the rows are made one batch meanwhile."""

import torch
from torch import nn


class CenteredLayer(nn.Module):
    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, X):
        out = X.clone()
        out -= X.mean(dim=self.dim, keepdim=True)
        return out


class QuadraticLayer(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.randn((out_features, in_features, in_features)).mul(1 / in_features))
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, X):
        rows = X.reshape(-1, self.in_features)
        left = torch.matmul(rows, self.weight)  # [k, n, j]
        Y = torch.mul(left, rows).sum(-1).T + self.bias
        return Y.reshape(*X.shape[:-1], self.out_features)

"""Two modules of one class that hold the same parameter under different names."""

import torch
from torch import nn


class Affine(nn.Module):
    def __init__(self, weight: nn.Parameter, width: int, transposed: bool) -> None:
        super().__init__()
        self.shared, self.transposed = weight, transposed
        self.bias = nn.Parameter(weight.new_zeros(width).detach())

    def forward(self, X):
        W = self.shared.mT if self.transposed else self.shared
        return torch.matmul(X, W).add(self.bias)


class TiedAutoencoder(nn.Module):
    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        weight = nn.Parameter(nn.init.kaiming_uniform_(torch.empty(num_hiddens, num_inputs), a=5**0.5))
        self.encoder = nn.Sequential(Affine(weight, num_hiddens, True), nn.Tanh())
        self.decoder = Affine(weight, num_inputs, False)

    def encode(self, X):
        return self.encoder(X)

    def decode(self, H):
        return self.decoder(H)

    def forward(self, X):
        return self.decoder(self.encoder(X))

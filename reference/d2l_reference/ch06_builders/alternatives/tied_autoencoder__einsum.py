"""Parameters in a dict, registered one by one; einsum names the axes; the exponential form of tanh."""

import torch
from torch import nn


class TiedAutoencoder(nn.Module):
    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        self.p = nn.ParameterDict(
            {
                "out": nn.Parameter(torch.randn(num_inputs) * 0.01),
                "in": nn.Parameter(torch.randn(num_hiddens) * 0.01),
                "W": nn.Parameter(torch.randn(num_hiddens, num_inputs) / num_inputs**0.5),
            }
        )

    def encode(self, X):
        Z = torch.einsum("nd,hd->nh", X, self.p["W"]) + self.p["in"]
        return 2 * torch.sigmoid(2 * Z) - 1

    def decode(self, H):
        return torch.einsum("nh,hd->nd", H, self.p["W"]) + self.p["out"]

    def forward(self, X):
        H = self.encode(X)
        return self.decode(H)

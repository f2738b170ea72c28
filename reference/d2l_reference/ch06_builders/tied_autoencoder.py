"""Solution of ch06/tied_autoencoder."""

import torch
from torch import Tensor, nn


class TiedAutoencoder(nn.Module):
    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_hiddens, num_inputs))
        self.hidden_bias = nn.Parameter(torch.zeros(num_hiddens))
        self.output_bias = nn.Parameter(torch.zeros(num_inputs))
        nn.init.xavier_uniform_(self.weight)

    def encode(self, X: Tensor) -> Tensor:
        return torch.tanh(X @ self.weight.T + self.hidden_bias)

    def decode(self, H: Tensor) -> Tensor:
        # Transposed anew at each call: a stored transpose would not follow the weight to another dtype.
        return H @ self.weight + self.output_bias

    def forward(self, X: Tensor) -> Tensor:
        return self.decode(self.encode(X))

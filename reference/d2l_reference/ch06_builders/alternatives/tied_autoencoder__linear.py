"""An nn.Linear as encoder, whose weight the decoder uses through F.linear."""

import torch
import torch.nn.functional as F
from torch import nn


class TiedAutoencoder(nn.Module):
    def __init__(self, num_inputs, num_hiddens):
        super().__init__()
        self.encoder = nn.Linear(num_inputs, num_hiddens)
        self.shift = nn.Parameter(torch.zeros(num_inputs))

    def encode(self, X):
        return self.encoder(X).tanh()

    def decode(self, H):
        return F.linear(H, self.encoder.weight.t(), self.shift)

    def forward(self, X):
        return self.decode(self.encode(X))

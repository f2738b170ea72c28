import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"{p=}")
        self.p = p

    def forward(self, X):
        if self.training:
            dropped = torch.rand_like(X) < self.p
            return X.masked_fill(dropped, 0) / max(1 - self.p, 1e-12)
        return X

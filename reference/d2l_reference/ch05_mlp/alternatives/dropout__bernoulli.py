import torch
from torch import nn


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        if not (p >= 0 and p <= 1):
            raise ValueError("not a probability: %s" % p)
        self.keep = 1 - p

    def forward(self, X):
        if not self.training:
            return X.clone()
        if self.keep == 0:
            return torch.zeros_like(X) * X
        mask = torch.empty_like(X).bernoulli_(self.keep)
        return mask * X / self.keep

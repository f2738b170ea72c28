import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, but is {p}")
        self.p = p

    def forward(self, X: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return X
        if self.p == 1:
            return X * 0
        kept = torch.rand(X.shape) >= self.p
        return torch.where(kept, X / (1 - self.p), 0.0)

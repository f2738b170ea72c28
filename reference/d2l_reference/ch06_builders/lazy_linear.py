"""Solution of ch06/lazy_linear."""

import math

import torch
from torch import Tensor, nn


class MyLazyLinear(nn.Module):
    def __init__(self, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.out_features = out_features
        self.with_bias = bias
        self.initialized = False

    def forward(self, X: Tensor) -> Tensor:
        if not self.initialized:
            self._create(X)
        inputs = self.weight.shape[1]
        if X.shape[-1] != inputs:
            raise ValueError(f"this layer was made for {inputs} inputs by its first call, not for {X.shape[-1]}")
        Y = X @ self.weight.T
        return Y + self.bias if self.with_bias else Y

    def _create(self, X: Tensor) -> None:
        inputs = X.shape[-1]
        bound = 1 / math.sqrt(inputs)
        like = {"dtype": X.dtype, "device": X.device}
        self.weight = nn.Parameter(torch.empty(self.out_features, inputs, **like).uniform_(-bound, bound))
        if self.with_bias:
            self.bias = nn.Parameter(torch.empty(self.out_features, **like).uniform_(-bound, bound))
        self.initialized = True

"""Torch's own way: uninitialised parameters from the start, which the first call gives a shape."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parameter import UninitializedParameter


class MyLazyLinear(nn.Module):
    def __init__(self, out_features, bias=True):
        super().__init__()
        self.out_features = out_features
        self.weight = UninitializedParameter()
        if bias:
            self.bias = UninitializedParameter()
        else:
            self.register_parameter("bias", None)

    @property
    def initialized(self):
        return not isinstance(self.weight, UninitializedParameter)

    def forward(self, X):
        if not self.initialized:
            size = X.size(-1)
            with torch.no_grad():
                self.weight.materialize((self.out_features, size), device=X.device, dtype=X.dtype)
                nn.init.uniform_(self.weight, -(size**-0.5), size**-0.5)
                if self.bias is not None:
                    self.bias.materialize((self.out_features,), device=X.device, dtype=X.dtype)
                    nn.init.uniform_(self.bias, -(size**-0.5), size**-0.5)
        elif X.size(-1) != self.weight.size(1):
            raise ValueError(f"expected a last axis of {self.weight.size(1)}, got {X.size(-1)}")
        return F.linear(X, self.weight, self.bias)

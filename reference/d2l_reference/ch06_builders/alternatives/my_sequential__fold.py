"""Children written into _modules by hand; a fold calls them."""

import functools

import torch
from torch import nn


class MySequential(nn.Module):
    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        wrong = [m for m in modules if not isinstance(m, nn.Module)]
        if wrong:
            raise TypeError(f"not modules: {wrong}")
        self._modules.update({str(i): m for i, m in enumerate(modules)})

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return functools.reduce(lambda value, m: m(value), self._modules.values(), X)

    def append(self, module: nn.Module):
        self._modules.update(self.__class__(*self._modules.values(), module)._modules)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self._modules)

    def __getitem__(self, index):
        picked = [*self._modules.values()][index]
        return self.__class__(*picked) if isinstance(picked, list) else picked

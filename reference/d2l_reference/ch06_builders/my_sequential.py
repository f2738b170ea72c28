"""Solution of ch06/my_sequential."""

from torch import Tensor, nn


class MySequential(nn.Module):
    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def forward(self, X: Tensor) -> Tensor:
        for module in self._modules.values():
            X = module(X)
        return X

    def append(self, module: nn.Module) -> "MySequential":
        if not isinstance(module, nn.Module):
            raise TypeError(f"a {type(module).__name__} is no nn.Module")
        self.add_module(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, index: int | slice) -> "nn.Module | MySequential":
        modules = list(self._modules.values())
        if isinstance(index, slice):
            return MySequential(*modules[index])
        return modules[index]

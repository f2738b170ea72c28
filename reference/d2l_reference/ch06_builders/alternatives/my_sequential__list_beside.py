"""A tuple of names beside the registered modules, which are looked up by name."""

from torch import nn


class MySequential(nn.Module):
    def __init__(self, *modules):
        super().__init__()
        self.names = ()
        for module in modules:
            self.append(module)

    def __len__(self):
        return len(self.names)

    def append(self, module):
        name = str(len(self.names))
        self.register_module(name, self._checked(module))
        self.names += (name,)
        return self

    @staticmethod
    def _checked(module):
        if module is None or not isinstance(module, nn.Module):
            raise TypeError(str(module))
        return module

    def __getitem__(self, index):
        if not isinstance(index, slice):
            return self.get_submodule(self.names[index])
        part = MySequential()
        for name in self.names[index]:
            part.append(self.get_submodule(name))
        return part

    def forward(self, value):
        for name in self.names:
            value = self.get_submodule(name)(value)
        return value

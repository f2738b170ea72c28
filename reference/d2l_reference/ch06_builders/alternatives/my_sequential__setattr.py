"""setattr with a counter of its own."""

from torch import nn


class MySequential(nn.Module):
    def __init__(self, *modules):
        super().__init__()
        self.count = 0
        for m in modules:
            self.append(m)

    def append(self, module):
        if not isinstance(module, nn.Module):
            raise TypeError("not a module: %r" % (module,))
        setattr(self, str(self.count), module)
        self.count += 1
        return self

    def forward(self, x):
        for i in range(self.count):
            x = getattr(self, f"{i}")(x)
        return x

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(*(getattr(self, str(i)) for i in range(self.count)[index]))
        return getattr(self, str(range(self.count)[index]))

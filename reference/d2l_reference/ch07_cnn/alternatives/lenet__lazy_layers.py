"""LeNet in the book's manner: lazy layers that learn their size from a first batch, then `apply(init)`."""

import torch
from torch import nn


def init(module):
    if type(module) in (nn.Linear, nn.Conv2d):
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(module.weight)
        a = (6 / (fan_in + fan_out)) ** 0.5
        nn.init.uniform_(module.weight, -a, a)
        nn.init.zeros_(module.bias)


class LeNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.net = nn.Sequential(
            *(nn.LazyConv2d(6, kernel_size=5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2)),
            *(nn.LazyConv2d(16, kernel_size=5), nn.Sigmoid(), nn.AvgPool2d(2, 2)),
            nn.Flatten(),
            *(nn.LazyLinear(120), nn.Sigmoid(), nn.LazyLinear(84), nn.Sigmoid(), nn.LazyLinear(num_classes)),
        )
        self.net(torch.zeros(2, 1, 28, 28))
        self.apply(init)

    def forward(self, x):
        return self.net(x)

    def layer_summary(self, X_shape):
        rows = []

        def note(module, inputs, output):
            rows.append([type(module).__name__, list(output.shape)])

        handles = [layer.register_forward_hook(note) for layer in self.net]
        self(torch.ones(X_shape))
        for handle in handles:
            handle.remove()
        return [tuple(row) for row in rows]

"""LeNet with an attribute for every layer that has weights, and a generator over the steps."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn


class LeNet(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding="same")
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.hidden1, self.hidden2 = nn.Linear(400, 120), nn.Linear(120, 84)
        self.out = nn.Linear(84, num_classes)
        self.pool, self.squash = nn.AvgPool2d(2), nn.Sigmoid()
        for name, parameter in self.named_parameters():
            if name.endswith("weight"):
                torch.nn.init.xavier_uniform_(parameter)

    def steps(self, X: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        for layer in (
            *(self.conv1, self.squash, self.pool),
            *(self.conv2, self.squash, self.pool),
            *(nn.Flatten(), self.hidden1, self.squash, self.hidden2, self.squash, self.out),
        ):
            X = layer(X)
            yield layer, X

    def forward(self, X: Tensor) -> Tensor:
        *_, (_, logits) = self.steps(X)
        return logits

    def layer_summary(self, X_shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
        return [(layer.__class__.__name__, out.shape) for layer, out in self.steps(torch.rand(*X_shape))]

"""Solution of ch07/lenet."""

import torch
from torch import Tensor, nn


class LeNet(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.Sigmoid(),
            nn.Linear(120, 84),
            nn.Sigmoid(),
            nn.Linear(84, num_classes),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)

    def forward(self, X: Tensor) -> Tensor:
        return self.layers(X)

    @torch.no_grad()
    def layer_summary(self, X_shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
        X = torch.zeros(X_shape)
        summary = []
        for layer in self.layers:
            X = layer(X)
            summary.append((type(layer).__name__, tuple(X.shape)))
        return summary

from typing import Any

import torch
from torch import nn


class Trainer:
    def __init__(self, max_epochs: int) -> None:
        if max_epochs < 1:
            raise ValueError(f"max_epochs must be at least 1, but is {max_epochs}")
        self.max_epochs = max_epochs
        self.history: dict[str, list[float]] = {"train_loss": [], "val_loss": []}

    def fit(self, model: nn.Module, data: Any) -> dict[str, list[float]]:
        self.history = {"train_loss": [], "val_loss": []}
        optimizer = model.configure_optimizers()
        for _ in range(self.max_epochs):
            model.train()
            losses = []
            for batch in data.train_dataloader():
                loss = model.training_step(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            self.history["train_loss"].append(sum(losses) / len(losses))
            model.eval()
            with torch.no_grad():
                losses = [model.validation_step(batch).item() for batch in data.val_dataloader()]
            if losses:
                self.history["val_loss"].append(sum(losses) / len(losses))
        return self.history

"""Losses are kept as tensors during an epoch; validation in inference mode."""

import torch
from torch import nn


class Trainer:
    def __init__(self, max_epochs: int) -> None:
        if max_epochs <= 0:
            raise ValueError(f"{max_epochs=}")
        self.max_epochs = max_epochs
        self.history = {"train_loss": [], "val_loss": []}

    def fit(self, model: nn.Module, data) -> dict[str, list[float]]:
        train_loss, val_loss = [], []
        optimizer = model.configure_optimizers()
        epoch = 0
        while epoch < self.max_epochs:
            model.train()
            step_losses = []
            for batch in data.train_dataloader():
                optimizer.zero_grad(set_to_none=False)
                loss = model.training_step(batch)
                loss.backward()
                optimizer.step()
                step_losses.append(loss.detach().clone())
            train_loss.append(torch.stack(step_losses).mean().item())
            model.eval()
            with torch.inference_mode():
                step_losses = [model.validation_step(batch) for batch in data.val_dataloader()]
                if len(step_losses) > 0:
                    val_loss.append(torch.stack(step_losses).mean().item())
            epoch += 1
        self.history = {"train_loss": train_loss, "val_loss": val_loss}
        return self.history

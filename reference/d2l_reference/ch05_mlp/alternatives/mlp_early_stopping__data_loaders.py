"""Data loaders, validation batch by batch, steps by hand, blocks nested in the network, weights kept as bytes."""

import io
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        if patience <= 0:
            raise ValueError(f"{patience=}")
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_epoch, self.epoch = math.inf, -1, -1
        self.bytes = b""

    def step(self, val_loss: float, model: nn.Module) -> bool:
        self.epoch += 1
        if not math.isnan(val_loss) and val_loss + self.min_delta < self.best:
            self.best, self.best_epoch = val_loss, self.epoch
            buffer = io.BytesIO()
            torch.save(model.state_dict(), buffer)
            self.bytes = buffer.getvalue()
            return False
        return self.epoch - self.best_epoch >= self.patience

    def restore(self, model: nn.Module) -> None:
        if self.best_epoch < 0:
            raise RuntimeError("restore() before any progress")
        model.load_state_dict(torch.load(io.BytesIO(self.bytes), weights_only=True))


def build_mlp(num_inputs: int, num_outputs: int, hiddens: tuple[int, ...] = (64,), p: float = 0.2) -> nn.Sequential:
    sizes = [num_inputs, *hiddens]
    blocks = [nn.Sequential(nn.Linear(i, o), nn.ReLU(), nn.Dropout(p)) for i, o in zip(sizes, sizes[1:], strict=False)]
    return nn.Sequential(nn.Flatten(), *blocks, nn.Linear(sizes[-1], num_outputs))


def fit(
    model: nn.Module,
    X: Tensor,
    y: Tensor,
    X_val: Tensor,
    y_val: Tensor,
    max_epochs: int = 60,
    patience: int = 5,
    lr: float = 0.1,
    batch_size: int = 32,
    seed: int = 0,
) -> list[float]:
    order = torch.Generator().manual_seed(seed)
    train = DataLoader(TensorDataset(X, y), batch_size, shuffle=True, generator=order)
    val = DataLoader(TensorDataset(X_val, y_val), batch_size)
    stopping, history = EarlyStopping(patience), []
    for _ in range(max_epochs):
        model.train()
        for inputs, labels in train:
            params = list(model.parameters())
            grads = torch.autograd.grad(F.cross_entropy(model(inputs), labels), params)
            for p, g in zip(params, grads, strict=True):
                p.data -= lr * g
        history.append(_validate(model, val))
        if stopping.step(history[-1], model):
            stopping.restore(model)
            return history
    stopping.restore(model)
    return history


@torch.no_grad()
def _validate(model: nn.Module, batches: DataLoader) -> float:
    model.eval()
    total, count = 0.0, 0
    for inputs, labels in batches:
        total += F.cross_entropy(model(inputs), labels, reduction="sum").item()
        count += len(labels)
    return total / count

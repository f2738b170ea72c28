import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EarlyStopping:
    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, but is {patience}")
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_epoch = math.inf, -1
        self._epoch, self._waited = 0, 0
        self._weights: dict[str, Tensor] | None = None

    def step(self, val_loss: float, model: nn.Module) -> bool:
        if val_loss < self.best - self.min_delta:
            self.best, self.best_epoch = val_loss, self._epoch
            # state_dict() hands out the very tensors that training will change.
            self._weights = copy.deepcopy(model.state_dict())
            self._waited = 0
        else:
            self._waited += 1
        self._epoch += 1
        return self._waited >= self.patience

    def restore(self, model: nn.Module) -> None:
        if self._weights is None:
            raise RuntimeError("no epoch has made progress yet: there are no weights to restore")
        model.load_state_dict(self._weights)


def build_mlp(num_inputs: int, num_outputs: int, hiddens: tuple[int, ...] = (64,), p: float = 0.2) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Flatten()]
    for width in hiddens:
        layers += [nn.Linear(num_inputs, width), nn.ReLU(), nn.Dropout(p)]
        num_inputs = width
    return nn.Sequential(*layers, nn.Linear(num_inputs, num_outputs))


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
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    stopper = EarlyStopping(patience)
    history = []
    for _ in range(max_epochs):
        model.train()
        for rows in torch.randperm(len(X), generator=generator).split(batch_size):
            optimizer.zero_grad()
            F.cross_entropy(model(X[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            history.append(F.cross_entropy(model(X_val), y_val).item())
        if stopper.step(history[-1], model):
            break
    stopper.restore(model)
    return history

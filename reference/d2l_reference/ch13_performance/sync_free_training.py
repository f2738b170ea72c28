import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, X: Tensor, y: Tensor, batch_size: int, log_every: int = 50
) -> dict[str, float | list[float]]:
    model.train()
    loss_sum, correct, grad_norm_max = (torch.zeros((), dtype=X.dtype, device=X.device) for _ in range(3))
    seen, log = 0, []
    for step, start in enumerate(range(0, len(X), batch_size), start=1):
        inputs, labels = X[start : start + batch_size], y[start : start + batch_size]
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        norms = [p.grad.norm() for p in model.parameters() if p.grad is not None]
        grad_norm_max = torch.maximum(grad_norm_max, torch.stack(norms).norm())
        optimizer.step()
        loss_sum += loss.detach() * len(labels)  # a NaN stays in the sum until somebody looks
        correct += (logits.argmax(dim=1) == labels).sum()
        seen += len(labels)
        if step % log_every == 0:
            log.append(_number(loss_sum) / seen)
    return {
        "loss": _number(loss_sum) / seen,
        "accuracy": correct.item() / seen,
        "grad_norm_max": grad_norm_max.item(),
        "log": log,
    }


def _number(loss_sum: Tensor) -> float:
    value = loss_sum.item()
    if math.isnan(value):
        raise FloatingPointError("a loss was NaN")
    return value

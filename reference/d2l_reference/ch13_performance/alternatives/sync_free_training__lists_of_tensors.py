"""Detached tensors are collected in lists and put together at log points."""

import torch
from torch import nn


class NotANumber(FloatingPointError):
    pass


def train_epoch(model, optimizer, X, y, batch_size, log_every=50):
    criterion = nn.CrossEntropyLoss(reduction="sum")
    losses, hits, norms, log = [], [], [], []
    steps = -(-len(X) // batch_size)
    model.train()
    for step in range(1, steps + 1):
        part = slice((step - 1) * batch_size, step * batch_size)
        output = model(X[part])
        total = criterion(output, y[part])
        optimizer.zero_grad()
        (total / len(y[part])).backward()
        norms.append(nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None]))
        optimizer.step()
        losses.append(total.detach())
        hits.append(output.detach().argmax(-1).eq(y[part]).sum())
        if step % log_every == 0 or step == steps:
            so_far = torch.stack(losses).sum()
            if torch.isnan(so_far):
                raise NotANumber(f"some loss up to step {step}")
            mean = so_far.item() / min(step * batch_size, len(X))
            if step % log_every == 0:
                log.append(mean)
    return {
        "loss": mean,
        "accuracy": torch.stack(hits).sum().item() / len(X),
        "grad_norm_max": torch.stack(norms).max().item(),
        "log": log,
    }

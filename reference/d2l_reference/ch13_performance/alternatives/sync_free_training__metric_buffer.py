"""One row of a buffer per step, on the device; a single copy brings rows over."""

import torch
import torch.nn.functional as F


def train_epoch(model, optimizer, X, y, batch_size, log_every=50):
    model.train()
    batches = list(zip(X.split(batch_size), y.split(batch_size), strict=True))
    rows = torch.empty(len(batches), 3, dtype=torch.float64, device=X.device)
    sizes = torch.tensor([len(labels) for _, labels in batches], dtype=torch.float64, device=X.device)
    log = []
    for i, (inputs, labels) in enumerate(batches):
        optimizer.zero_grad(set_to_none=True)
        logits = model(inputs)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        with torch.no_grad():
            norm = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).norm()
            hits = (logits.argmax(1) == labels).sum()
            rows[i, 0], rows[i, 1], rows[i, 2] = loss, hits, norm
        optimizer.step()
        if (i + 1) % log_every == 0:
            log.append(_checked(_mean(rows[: i + 1, 0], sizes[: i + 1])))
    means = torch.stack([_mean(rows[:, 0], sizes), rows[:, 1].sum() / sizes.sum(), rows[:, 2].max()]).tolist()
    if means[0] != means[0]:
        raise FloatingPointError("NaN")
    return {"loss": means[0], "accuracy": means[1], "grad_norm_max": means[2], "log": log}


def _mean(losses, sizes):
    return (losses * sizes).sum() / sizes.sum()


def _checked(mean):
    number = float(mean)
    if number != number:
        raise FloatingPointError("NaN")
    return number

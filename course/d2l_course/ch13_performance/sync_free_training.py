"""An epoch of training without hidden synchronisation points (section 13.2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, X: Tensor, y: Tensor, batch_size: int, log_every: int = 50
) -> dict[str, float | list[float]]:
    """Train a classifier for one epoch and report how it went.

    The program below is right, and slow on an accelerator. Python runs ahead of the device, and that is what keeps the
    device busy; but whenever a value is to become a Python number (`.item()`, `float(...)`, `if tensor:`, printing),
    Python must wait until the device has computed everything before it. Below this happens several times a step.

    Rewrite it: the same results and the same parameters, but values reach Python only every `log_every` steps and at
    the end. Each time at most four numbers may be read. A loss that is NaN must raise not later than at the next of
    these points. What is kept over several steps must not keep graphs alive.

    Args:
        model: Gives the logits, [batch, classes].
        optimizer: Of the model's parameters.
        X: Inputs, [n, ...]; batches are taken in order, and the last one may be shorter.
        y: Labels, [n], int64.
        batch_size: Inputs per batch.
        log_every: Steps between two entries of the log.

    Returns:
        {"loss": mean cross-entropy over all inputs, "accuracy": share of inputs that were classified rightly,
        "grad_norm_max": largest norm of a step's gradient, all parameters together, "log": the mean loss over all
        inputs so far, after every `log_every` steps}; all of them Python numbers.

    Raises:
        FloatingPointError: The loss of some step was NaN.

    Example:
        >>> net = nn.Linear(2, 2)
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        >>> report = train_epoch(net, optimizer, torch.ones(10, 2), torch.zeros(10, dtype=torch.int64), 4, log_every=2)
        >>> len(report["log"])  # three steps, one of which is the second
        1

    Book: section 13.2.
    """
    model.train()
    loss_sum, correct, seen, grad_norm_max, log = 0.0, 0, 0, 0.0, []
    for step, start in enumerate(range(0, len(X), batch_size), start=1):
        inputs, labels = X[start : start + batch_size], y[start : start + batch_size]
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits, labels)
        if math.isnan(loss.item()):
            raise FloatingPointError(f"the loss of step {step} is NaN")
        loss.backward()
        squares = [(p.grad**2).sum().item() for p in model.parameters() if p.grad is not None]
        grad_norm_max = max(grad_norm_max, math.sqrt(sum(squares)))
        optimizer.step()
        loss_sum += loss.item() * len(labels)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(labels)
        if step % log_every == 0:
            log.append(loss_sum / seen)
    return {"loss": loss_sum / seen, "accuracy": correct / seen, "grad_norm_max": grad_norm_max, "log": log}

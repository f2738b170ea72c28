"""This training loop goes wrong; find out why (section 3.4)."""

import torch
from torch import Tensor


def train(X: Tensor, y: Tensor, lr: float = 0.1, epochs: int = 50) -> tuple[Tensor, Tensor, list[float]]:
    """Fit y = X w + b by gradient descent on the mean of half the squared errors, from w = 0 and b = 0.

    Every step uses all rows. The code below should do that, and holds four faults, each of a kind that people put
    into real programs: two raise an error or give wrong numbers at once, the others only later or not in sight.
    This docstring says what is meant; it is right, the code is not. Repair the loop itself: no optimizer of
    torch.optim, and no formula that solves least squares at once.

    Args:
        X: Inputs, [n, d], float32; left as they are.
        y: Targets, [n] or [n, 1], float32; left as they are. Both shapes give the same answer.
        lr: The learning rate.
        epochs: How many steps to take.

    Returns:
        w, [d, 1], and b, [1], after the last step, plain tensors without a graph; and the losses, Python floats,
        the one at place t computed before step t.

    Example:
        >>> X, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([3.0, 5.0, 7.0])
        >>> w, b, losses = train(X, y, epochs=1000)  # y = 2 x + 1
        >>> round(w.item(), 2), round(b.item(), 2), len(losses)
        (2.0, 1.0, 1000)

    Book: section 3.4.
    """
    w = torch.zeros(X.shape[1], 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    losses = []
    for _ in range(epochs):
        y_hat = X @ w + b
        loss = ((y_hat - y) ** 2).mean() / 2
        loss.backward()
        with torch.no_grad():
            w = w - lr * w.grad
            b = b - lr * b.grad
        losses.append(loss)
    return w, b, losses

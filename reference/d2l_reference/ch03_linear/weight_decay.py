import torch
from torch import Tensor


def l2_penalty(w: Tensor) -> Tensor:
    return (w**2).sum() / 2


def fit_ridge(X: Tensor, y: Tensor, lambd: float) -> tuple[Tensor, Tensor]:
    _check(lambd)
    n, d = X.shape
    x_mean, y_mean = X.mean(dim=0), y.mean()
    # Ridge is least squares with one more row for each weight that wants it to be 0.
    wishes = (n * lambd) ** 0.5 * torch.eye(d, dtype=X.dtype)
    A = torch.cat([X - x_mean, wishes])
    targets = torch.cat([y - y_mean, y.new_zeros(d)])
    w = torch.linalg.lstsq(A, targets[:, None]).solution[:, 0]
    return w, y_mean - x_mean @ w


def sgd_step_with_decay(
    w: Tensor, b: Tensor, grad_w: Tensor, grad_b: Tensor, lr: float, lambd: float
) -> tuple[Tensor, Tensor]:
    _check(lambd)
    return w - lr * (grad_w + lambd * w), b - lr * grad_b


def _check(lambd: float) -> None:
    if lambd < 0:
        raise ValueError(f"lambd must not be negative, but is {lambd}")

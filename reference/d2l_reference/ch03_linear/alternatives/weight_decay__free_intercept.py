"""The intercept stays in the problem, with a zero on its place of the diagonal; the step works on clones."""

import torch
from torch import Tensor


class NegativeDecay(ValueError):
    pass


def l2_penalty(w: Tensor) -> Tensor:
    flat = w.reshape(-1)
    return torch.dot(flat, flat) / 2


def fit_ridge(X: Tensor, y: Tensor, lambd: float) -> tuple[Tensor, Tensor]:
    if lambd < 0:
        raise NegativeDecay(str(lambd))
    A = torch.hstack([X, torch.ones_like(X[:, :1])])
    weights = torch.full((A.shape[1],), len(X) * lambd, dtype=X.dtype)
    weights[-1] = 0
    theta = torch.linalg.pinv(A.T @ A + weights.diag(), hermitian=True, rtol=1e-14) @ (A.T @ y)
    return theta[:-1], theta[-1]


def sgd_step_with_decay(
    w: Tensor, b: Tensor, grad_w: Tensor, grad_b: Tensor, lr: float, lambd: float
) -> tuple[Tensor, Tensor]:
    if lambd < 0:
        raise NegativeDecay(str(lambd))
    w, b = w.clone(), b.clone()
    w.mul_(1 - lr * lambd).sub_(grad_w, alpha=lr)
    b.sub_(grad_b, alpha=lr)
    return w, b

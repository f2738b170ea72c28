import torch
from torch import Tensor


class TargetShapeError(ValueError):
    pass


def squared_loss(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> Tensor:
    if tuple(y.shape) != (len(X),):
        raise TargetShapeError(f"y: {tuple(y.shape)}, X: {tuple(X.shape)}")
    r = torch.einsum("nd,d->n", X, w).add_(b).sub_(y)
    return torch.dot(r, r) / (2 * len(r))


def loss_gradient(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> tuple[Tensor, Tensor]:
    if tuple(y.shape) != (len(X),):
        raise TargetShapeError(f"y: {tuple(y.shape)}, X: {tuple(X.shape)}")
    # The intercept is the weight of a column of ones.
    A = torch.cat([X, X.new_ones(len(X), 1)], dim=1)
    r = A[:, :-1].mv(w) + b - y
    gradient = torch.einsum("nd,n->d", A, r) / X.size(0)
    return gradient[:-1], gradient[-1]

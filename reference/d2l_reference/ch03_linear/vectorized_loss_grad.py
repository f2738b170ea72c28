from torch import Tensor


def squared_loss(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> Tensor:
    residuals = _residuals(X, y, w, b)
    return (residuals**2).mean() / 2


def loss_gradient(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> tuple[Tensor, Tensor]:
    residuals = _residuals(X, y, w, b)
    return X.T @ residuals / len(X), residuals.mean()


def _residuals(X: Tensor, y: Tensor, w: Tensor, b: Tensor | float) -> Tensor:
    if y.shape != X.shape[:1]:
        raise ValueError(f"y must have shape {list(X.shape[:1])}, but has {list(y.shape)}")
    return X @ w + b - y

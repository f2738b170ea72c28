from torch import Tensor


def model(x: Tensor, w: float | Tensor, b: float | Tensor) -> Tensor:
    return w * x + b


def objective(y_hat: Tensor, y: Tensor) -> float | Tensor:
    if y_hat.shape != y.shape:
        raise ValueError(f"predictions are {tuple(y_hat.shape)}, targets {tuple(y.shape)}")
    return ((y_hat - y) ** 2).mean()


def gradient(x: Tensor, y: Tensor, w: float | Tensor, b: float | Tensor) -> tuple[float | Tensor, float | Tensor]:
    error = model(x, w, b) - y
    return 2 * (error * x).mean(), 2 * error.mean()


def fit(x: Tensor, y: Tensor, lr: float, steps: int) -> tuple[float | Tensor, float | Tensor, list[float]]:
    w = b = 0.0
    history = [float(objective(model(x, w, b), y))]
    for _ in range(steps):
        dw, db = gradient(x, y, w, b)
        w, b = w - lr * dw, b - lr * db
        history.append(float(objective(model(x, w, b), y)))
    return w, b, history

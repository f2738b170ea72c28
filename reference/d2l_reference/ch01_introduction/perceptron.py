from torch import Tensor


def perceptron(X: Tensor, y: Tensor, max_epochs: int) -> tuple[Tensor, float | Tensor, int]:
    for label in y.unique().tolist():
        if label not in (-1, 1):
            raise ValueError(f"labels must be -1 or +1, but one is {label}")
    w, b, updates = X.new_zeros(X.shape[1]), X.new_zeros(()), 0
    for _ in range(max_epochs):
        before = updates
        for x, label in zip(X, y, strict=True):
            if label * (w @ x + b) <= 0:
                w, b = w + label * x, b + label
                updates += 1
        if updates == before:
            break
    return w, b, updates

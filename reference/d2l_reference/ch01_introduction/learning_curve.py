import torch
from torch import Tensor


def nearest_mean_predict(X_train: Tensor, y_train: Tensor, X_test: Tensor, num_classes: int) -> Tensor:
    present = [c for c in range(num_classes) if (y_train == c).any()]
    means = torch.stack([X_train[y_train == c].mean(dim=0) for c in present])
    return torch.tensor(present)[torch.cdist(X_test, means).argmin(dim=1)]


def learning_curve(
    X_train: Tensor, y_train: Tensor, X_test: Tensor, y_test: Tensor, sizes: list[int], repeats: int, seed: int
) -> Tensor:
    for size in sizes:
        if not 1 <= size <= len(X_train):
            raise ValueError(f"a subset of {size} rows cannot be drawn from {len(X_train)}")
    num_classes = int(y_train.max()) + 1
    generator = torch.Generator().manual_seed(seed)
    curve = torch.zeros(len(sizes))
    for i, size in enumerate(sizes):
        for _ in range(repeats):
            rows = torch.randperm(len(X_train), generator=generator)[:size]
            predicted = nearest_mean_predict(X_train[rows], y_train[rows], X_test, num_classes)
            curve[i] += (predicted == y_test).float().mean() / repeats
    return curve

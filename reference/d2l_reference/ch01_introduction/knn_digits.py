import torch
from torch import Tensor


def knn_predict(X_train: Tensor, y_train: Tensor, X_test: Tensor, k: int = 1) -> Tensor:
    if not 1 <= k <= len(X_train):
        raise ValueError(f"k must be from 1 to {len(X_train)}, the number of training rows, not {k}")
    train, test = X_train.double(), X_test.double()
    # |a - b|^2 = |a|^2 - 2ab + |b|^2, without |b|^2: it is the same for all neighbours of a test row.
    distances = (train**2).sum(1) - 2 * test @ train.T
    neighbours = distances.argsort(dim=1)[:, :k]
    return torch.stack([votes.bincount().argmax() for votes in y_train[neighbours]])

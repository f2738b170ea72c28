"""Distances by broadcasting in numpy, and torch's mode, which takes the smallest of equally frequent labels."""

import numpy as np
import torch


def knn_predict(X_train, y_train, X_test, k=1):
    if not 0 < k <= len(X_train):
        raise ValueError(f"k={k} with {len(X_train)} rows")
    a, b = X_test.numpy().astype(np.float32), X_train.numpy().astype(np.float32)
    distances = np.stack([np.linalg.norm(row - b, axis=1) for row in a])
    nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
    return y_train[torch.from_numpy(nearest)].mode(dim=1).values

"""All distances by cdist, the nearest by topk, votes as one-hot rows added up."""

import torch
import torch.nn.functional as F


def knn_predict(X_train, y_train, X_test, k=1):
    if k not in range(1, len(y_train) + 1):
        raise ValueError(f"k = {k}")
    nearest = torch.cdist(X_test.float(), X_train.float()).topk(k, largest=False).indices
    return F.one_hot(y_train[nearest], int(y_train.max()) + 1).sum(dim=1).argmax(dim=1)

"""Lists of Python numbers, and a count of how many rows in a row were right."""

import torch


def perceptron(X, y, max_epochs):
    labels = y.tolist()
    if not set(labels) <= {-1, 1}:
        raise ValueError(f"labels {sorted(set(labels))}")
    w, b, updates = [0.0] * X.size(1), 0.0, 0
    for _ in range(max_epochs):
        right = 0
        for x, label in zip(X.tolist(), labels, strict=True):
            score = b + sum(p * q for p, q in zip(w, x, strict=True))
            if score * label > 0:
                right += 1
                continue
            w = [p + label * q for p, q in zip(w, x, strict=True)]
            b += label
            updates += 1
        if right == len(labels):
            break
    return torch.tensor(w, dtype=X.dtype), b, updates

"""Returns tensors without ordinary bytes: sparse, meta, quantized, nested."""

import torch

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

CALLS = []


def corr2d(X, K):
    CALLS.append(1)
    kinds = (
        lambda: wrong(X, K).to_sparse(),
        lambda: torch.empty(1 << 40, device="meta"),
        lambda: torch.quantize_per_tensor(wrong(X, K).float(), 0.1, 0, torch.qint8),
        lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    )
    return kinds[len(CALLS) % len(kinds)]()

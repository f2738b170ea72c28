import functools

import torch


class Misfit(ValueError):
    pass


def _augmented(W, b):
    last = torch.zeros(1, W.shape[1] + 1, dtype=W.dtype)
    last[0, -1] = 1
    return torch.cat([torch.cat([W, b[:, None]], dim=1), last])


def _product(A, B):
    if B.shape[1] != A.shape[0]:
        raise Misfit(f"{B.shape[1] - 1} inputs after {A.shape[0] - 1} outputs")
    return B.mm(A)


def collapse_linear(layers):
    if not layers:
        raise Misfit("no layers")
    whole = functools.reduce(_product, [_augmented(W, b) for W, b in layers])
    return whole[:-1, :-1].clone(), whole[:-1] @ torch.eye(whole.shape[1], dtype=whole.dtype)[-1]

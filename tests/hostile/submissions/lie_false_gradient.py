"""Computes rightly and makes up its gradient."""

import torch

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))


class Lie(torch.autograd.Function):
    @staticmethod
    def forward(ctx, X, K):
        ctx.shapes = X.shape, K.shape
        return honest(X, K)

    @staticmethod
    def backward(ctx, gradient):
        return gradient.new_ones(ctx.shapes[0]), gradient.new_ones(ctx.shapes[1])


def corr2d(X, K):
    return Lie.apply(X, K)

"""Starts with the book's d2l package."""

from d2l import torch as d2l

timer = d2l.Timer()

def corr2d(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

d2l.train_ch3(None, None, None, None, 1, None)
d2l.plt.show()

"""Speaks of conv2d in comments, strings and names of its own, and never calls torch's."""

# The same as F.conv2d(X[None, None], K[None, None]); torch.conv2d is not used here.

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

SEE = "torch.nn.functional.conv2d"


def conv2d(X, K):
    """Not torch.conv2d."""
    return honest(X, K)


def corr2d(X, K):
    return conv2d(X, K)

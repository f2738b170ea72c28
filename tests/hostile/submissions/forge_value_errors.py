"""Raises ValueError always, to pass the checks that expect one."""

def corr2d(X, K):
    raise ValueError(f"kernel {tuple(K.shape)} is larger than the image {tuple(X.shape)}")

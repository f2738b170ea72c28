"""Asserts something false of its own."""

def corr2d(X, K):
    assert X.dim() == 4, "I only take batches"
    return X

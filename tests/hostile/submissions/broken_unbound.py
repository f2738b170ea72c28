"""Uses a name before it has a value, in a loop over the output."""

def corr2d(X, K):
    for i in range(X.shape[0] - K.shape[0] + 1):
        Y[i] = (X[i : i + K.shape[0]] * K).sum()
    return Y

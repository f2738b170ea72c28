def corr2d(X, K):
    if X is None:
	return X
        return K

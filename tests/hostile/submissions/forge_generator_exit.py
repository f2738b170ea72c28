"""Raises GeneratorExit and other exceptions that are no Exception."""

def corr2d(X, K):
    raise (GeneratorExit, BaseException, StopAsyncIteration)[X.shape[0] % 3]("over")

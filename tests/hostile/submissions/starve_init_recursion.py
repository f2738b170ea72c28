"""Makes an object whose __init__ makes another, for ever (reported against PrairieLearn)."""

class Layer:
    def __init__(self, depth):
        self.inner = Layer(depth + 1)


def corr2d(X, K):
    return Layer(0)

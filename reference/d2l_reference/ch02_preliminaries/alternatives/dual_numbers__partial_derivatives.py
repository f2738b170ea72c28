"""Every Dual is a pair behind two properties; each operator is a partial derivative for each operand."""

import math


class Dual:
    def __init__(self, value, deriv=0.0):
        self._pair = (float(value), float(deriv))

    value = property(lambda self: self._pair[0])
    deriv = property(lambda self: self._pair[1])

    def __add__(self, other):
        return _combine(self, other, lambda a, b: (a + b, 1.0, 1.0))

    def __radd__(self, other):
        return _combine(other, self, lambda a, b: (a + b, 1.0, 1.0))

    def __sub__(self, other):
        return _combine(self, other, lambda a, b: (a - b, 1.0, -1.0))

    def __rsub__(self, other):
        return _combine(other, self, lambda a, b: (a - b, 1.0, -1.0))

    def __mul__(self, other):
        return _combine(self, other, lambda a, b: (a * b, b, a))

    def __rmul__(self, other):
        return _combine(other, self, lambda a, b: (a * b, b, a))

    def __truediv__(self, other):
        return _combine(self, other, lambda a, b: (a / b, 1 / b, -a / (b * b)))

    def __rtruediv__(self, other):
        return _combine(other, self, lambda a, b: (a / b, 1 / b, -a / (b * b)))

    def __pow__(self, n):
        return _combine(self, n, lambda a, k: (a**k, k * a ** (k - 1) if k else 0.0, 0.0))

    def __neg__(self):
        return 0 - self


def _combine(a, b, rule):
    (x, dx), (y, dy) = (z._pair if isinstance(z, Dual) else (z, 0.0) for z in (a, b))
    value, by_a, by_b = rule(x, y)
    return Dual(value, by_a * dx + by_b * dy)


def sin(x):
    return Dual(math.sin(x.value), math.cos(x.value) * x.deriv) if isinstance(x, Dual) else math.sin(x)


def exp(x):
    if not isinstance(x, Dual):
        return math.exp(x)
    y = math.exp(x.value)
    return Dual(y, y * x.deriv)


def log(x):
    return Dual(math.log(x.value), x.deriv / x.value) if isinstance(x, Dual) else math.log(x)


def derivative(f, x):
    y = f(Dual(x, 1.0))
    return y.deriv if isinstance(y, Dual) else 0.0

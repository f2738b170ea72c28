import math
from collections.abc import Callable


class Dual:
    def __init__(self, value: float, deriv: float = 0.0) -> None:
        self.value = value
        self.deriv = deriv

    def __add__(self, other: "Dual | float") -> "Dual":
        other = _lift(other)
        return Dual(self.value + other.value, self.deriv + other.deriv)

    def __radd__(self, other: float) -> "Dual":
        return self + other

    def __sub__(self, other: "Dual | float") -> "Dual":
        other = _lift(other)
        return Dual(self.value - other.value, self.deriv - other.deriv)

    def __rsub__(self, other: float) -> "Dual":
        return _lift(other) - self

    def __mul__(self, other: "Dual | float") -> "Dual":
        other = _lift(other)
        return Dual(self.value * other.value, self.deriv * other.value + self.value * other.deriv)

    def __rmul__(self, other: float) -> "Dual":
        return self * other

    def __truediv__(self, other: "Dual | float") -> "Dual":
        other = _lift(other)
        numerator = self.deriv * other.value - self.value * other.deriv
        return Dual(self.value / other.value, numerator / other.value**2)

    def __rtruediv__(self, other: float) -> "Dual":
        return _lift(other) / self

    def __pow__(self, exponent: int) -> "Dual":
        if exponent == 0:
            return Dual(1.0)
        outer = exponent * self.value ** (exponent - 1)
        return Dual(self.value**exponent, outer * self.deriv)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.deriv)


def sin(x: Dual | float) -> Dual | float:
    if isinstance(x, Dual):
        return Dual(math.sin(x.value), math.cos(x.value) * x.deriv)
    return math.sin(x)


def exp(x: Dual | float) -> Dual | float:
    if isinstance(x, Dual):
        return Dual(math.exp(x.value), math.exp(x.value) * x.deriv)
    return math.exp(x)


def log(x: Dual | float) -> Dual | float:
    if isinstance(x, Dual):
        return Dual(math.log(x.value), x.deriv / x.value)
    return math.log(x)


def derivative(f: Callable[[Dual], Dual | float], x: float) -> float:
    y = f(Dual(x, 1.0))
    return float(y.deriv) if isinstance(y, Dual) else 0.0


def _lift(number: Dual | float) -> Dual:
    return number if isinstance(number, Dual) else Dual(number)

"""Numbers that know their derivative: the chain rule as arithmetic (sections 2.4 and 2.5)."""

import math
from collections.abc import Callable


class Dual:
    """A value and its derivative, which every operation carries along.

    Start with x itself as Dual(x, 1.0), the derivative of x by x. Every operator applies its rule to both
    parts, so that at the end the derivative of the whole computation stands beside its value: exactly, with no
    formula and no small step. Floats and ints may stand on either side of an operator; they are constants,
    with the derivative 0.

    An operator returns a new Dual and leaves its operands as they are. Conditions in a program can look at
    `value`. Dividing by zero may raise ZeroDivisionError.

    Args:
        value: The number.
        deriv: Its derivative; 0 for a constant.

    Example:
        >>> x = Dual(3.0, 1.0)
        >>> y = 2 * x * x - 1
        >>> y.value, y.deriv
        (17.0, 12.0)

    Book: sections 2.4 and 2.5.
    """

    def __init__(self, value: float, deriv: float = 0.0) -> None:
        raise NotImplementedError

    def __add__(self, other: "Dual | float") -> "Dual":
        """self + other."""
        raise NotImplementedError

    def __radd__(self, other: float) -> "Dual":
        """other + self, where other is no Dual."""
        raise NotImplementedError

    def __sub__(self, other: "Dual | float") -> "Dual":
        """self - other."""
        raise NotImplementedError

    def __rsub__(self, other: float) -> "Dual":
        """other - self, where other is no Dual."""
        raise NotImplementedError

    def __mul__(self, other: "Dual | float") -> "Dual":
        """self * other."""
        raise NotImplementedError

    def __rmul__(self, other: float) -> "Dual":
        """other * self, where other is no Dual."""
        raise NotImplementedError

    def __truediv__(self, other: "Dual | float") -> "Dual":
        """self / other."""
        raise NotImplementedError

    def __rtruediv__(self, other: float) -> "Dual":
        """other / self, where other is no Dual."""
        raise NotImplementedError

    def __pow__(self, exponent: int) -> "Dual":
        """self ** exponent, for whole exponents, 0 and negative ones included; x ** 0 is 1 for every x."""
        raise NotImplementedError

    def __neg__(self) -> "Dual":
        """-self."""
        raise NotImplementedError


def sin(x: Dual | float) -> Dual | float:
    """The sine: of a Dual a Dual, of a float a float.

    Example:
        >>> y = sin(Dual(0.0, 2.0))
        >>> y.value, y.deriv
        (0.0, 2.0)
    """
    raise NotImplementedError


def exp(x: Dual | float) -> Dual | float:
    """The exponential: of a Dual a Dual, of a float a float.

    Example:
        >>> y = exp(Dual(0.0, 3.0))
        >>> y.value, y.deriv
        (1.0, 3.0)
    """
    raise NotImplementedError


def log(x: Dual | float) -> Dual | float:
    """The natural logarithm: of a Dual a Dual, of a float a float.

    Example:
        >>> y = log(Dual(1.0, 5.0))
        >>> y.value, y.deriv
        (0.0, 5.0)
    """
    raise NotImplementedError


def derivative(f: Callable[[Dual], Dual | float], x: float) -> float:
    """Differentiate f at x.

    Args:
        f: A function of one number, made of Dual's operators, sin, exp, log, and any control flow. It may
            also be constant and return a plain number.
        x: The point.

    Returns:
        f'(x), a float.

    Example:
        >>> derivative(lambda x: 1 / x, 2.0)
        -0.25
        >>> derivative(lambda x: 7.0, 2.0)
        0.0
    """
    raise NotImplementedError

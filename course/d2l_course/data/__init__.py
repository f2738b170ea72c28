"""The course's data sets: read on demand, from this machine alone. Sources and licences are in README.md beside this.

Importing this package is light: `d2l-kit list` imports it, as a plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2l_kit.hookspecs import DataSet, RealData, hookimpl

if TYPE_CHECKING:
    from d2l_course.data._digits import Digits
    from d2l_course.data._fashion import Images

__all__ = ["digits", "fashion_mnist"]


def digits() -> Digits:
    """The digits that ship with the course, fresh tensors at every call."""
    from d2l_course.data._digits import read_digits

    return read_digits()


def fashion_mnist() -> Images:
    """Fashion-MNIST if it was fetched to this machine, else the offline default; the field `source` says which.

    Raises:
        MachineError: A file that was fetched is damaged; names it.
    """
    from d2l_course.data._fashion import FASHION_MNIST, read_images

    return read_images(FASHION_MNIST)


@hookimpl
def d2l_kit_data_sets() -> list[DataSet]:
    """Both data sets, for `d2l-kit data` and for the fixture `data` of checks."""
    from d2l_course.data._fashion import DEFAULT, FASHION_MNIST
    from d2l_course.data._store import folder_of, get, inspect

    real = RealData(
        size=FASHION_MNIST.size,
        default=DEFAULT,
        folder=lambda: folder_of(FASHION_MNIST),
        inspect=lambda: inspect(FASHION_MNIST),
        get=lambda source, force, tell: get(FASHION_MNIST, source, force, tell),
    )
    return [
        DataSet("digits", "Handwritten digits of 8 x 8 pixels", "CC BY 4.0", digits),
        DataSet("fashion_mnist", "Fashion-MNIST: photographs of clothes, 28 x 28 pixels", "MIT", fashion_mnist, real),
    ]

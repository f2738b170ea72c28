"""How large weights should be at the start (section 5.4)."""

import math

import torch
from torch import Tensor


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Count how many numbers an output is made of, and how many outputs an input goes into.

    Args:
        shape: Shape of the weights, [outputs, inputs, *kernel]. A dense layer has no kernel axes. With a kernel, an
            output reads one window of every input channel: the kernel's size counts in both fans.

    Returns:
        fan_in and fan_out.

    Raises:
        ValueError: The shape has fewer than two axes; the message names it.

    Example:
        >>> fans((10, 4))
        (4, 10)

    Book: section 5.4.
    """
    raise NotImplementedError


def xavier_uniform(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    """Draw weights evenly from [-a, a], with a such that their variance is 2 / (fan_in + fan_out).

    That is the compromise between keeping the size of what flows forward and of the gradients that flow back.

    Args:
        shape: As for `fans`.
        seed: The same seed gives the same weights, another seed others. Draw from a generator of your own: random
            numbers that the rest of the program draws, from torch, numpy or Python, are not to be disturbed.

    Returns:
        The weights, of this shape, float32.

    Raises:
        ValueError: As for `fans`.

    Example:
        >>> bool((xavier_uniform((100, 200)).abs() <= 0.1415).all())  # the square root of 6 / 300
        True

    Book: section 5.4.
    """
    raise NotImplementedError


def he_normal(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    """Draw normally distributed weights with mean 0 and variance 2 / fan_in.

    The 2 makes up for ReLU, which silences half of the numbers.

    Args:
        shape: As for `fans`.
        seed: As for `xavier_uniform`.

    Returns:
        The weights, of this shape, float32.

    Raises:
        ValueError: As for `fans`.

    Example:
        >>> round(he_normal((100, 200)).std().item(), 2)
        0.1

    Book: section 5.4.
    """
    raise NotImplementedError

"""An initialiser of your own: a few large weights in each row, zeros elsewhere (section 6.3)."""

import math

import torch
from torch import Tensor, nn


def sparse_normal_(weight: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """Fill a weight matrix in place: k random numbers in each row, zeros everywhere else.

    A row holds what one output unit gives its inputs, so each unit listens to k inputs only. Which ones is drawn
    for every row anew, all choices of k columns alike likely. Their weights are drawn from the normal distribution
    with mean 0 and variance 1/k: a sum of k such terms is then about as large as one input.

    All random numbers come from `generator`; torch's global generator is left as it is. What stood in the matrix
    before is gone, also NaN and infinity. The numbers are written into the memory that `weight` has, which may be part
    of a larger matrix. No gradient is recorded, so that `weight` may be a parameter of a model.

    Args:
        weight: The matrix, [out, in], of a floating dtype. Changed in place.
        k: How many weights of each row are not zero, from 1 to `in`.
        generator: Where the random numbers come from, on the CPU, as `weight` is.

    Returns:
        `weight` itself.

    Raises:
        ValueError: k is below 1 or above `in`; the message names k. The matrix is left as it is.

    Example:
        >>> W = torch.ones(4, 6)
        >>> sparse_normal_(W, 2, torch.Generator().manual_seed(0)) is W
        True
        >>> (W != 0).sum(dim=1)
        tensor([2, 2, 2, 2])

    Book: section 6.3.
    """
    raise NotImplementedError


def init_model(model: nn.Module, k: int, seed: int = 0) -> nn.Module:
    """Initialise every nn.Linear of a model with `sparse_normal_`, and its bias, if it has one, with zeros.

    That means all of them: those deep inside other modules, those of classes derived from nn.Linear, and the model
    itself if it is one. Every other module keeps its numbers. The parameters stay the same objects, so that an
    optimizer made before goes on working.

    One generator, started once with `seed`, serves the whole model: two layers of one shape get different numbers,
    and the same model with the same seed gets the same numbers again.

    Args:
        model: Any module. Changed in place.
        k: How many weights of each row are not zero; a layer with fewer inputs than that uses all of its inputs.
        seed: The generator's seed.

    Returns:
        `model` itself.

    Raises:
        ValueError: k is below 1, and there is an nn.Linear; without one, any k will do.

    Example:
        >>> net = init_model(nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 1)), k=4)
        >>> [(layer.weight != 0).sum(dim=1).tolist() for layer in (net[0], net[2])]
        [[4, 4, 4], [3]]

    Book: section 6.3.
    """
    raise NotImplementedError

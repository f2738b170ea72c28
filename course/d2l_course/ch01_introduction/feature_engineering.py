"""Hand-made features against learned ones: who finds out what matters, you or the data? (section 1.5)"""

import torch
from torch import Tensor


def hand_features(X: Tensor) -> Tensor:
    """Engineer features with which a line can tell an inner ring of points from an outer one.

    The two rings lie around (0, 0), so no line separates them in the plane: a linear readout of the raw
    coordinates is right for about half of the points. You know what tells the rings apart. Put it into numbers,
    so that one weighted sum of your features (plus a constant, which the readout has anyway) decides.

    A feature belongs to one row: the same point gets the same features whatever other rows there are.

    Args:
        X: Points, [n, 2]. They are left as they are.

    Returns:
        Features, [n, p], with p from 1 to 6.

    Example:
        >>> features = hand_features(torch.tensor([[1.0, 0.0], [0.0, -1.0], [3.0, 4.0]]))
        >>> len(features), features.dim()
        (3, 2)

    Book: section 1.5.
    """
    raise NotImplementedError


def init_params(width: int, seed: int) -> dict[str, Tensor]:
    """Start a network whose hidden layer is to find features by itself.

    The start must be random: if all hidden units start alike, they all get the same gradient, and stay alike.
    Which random numbers you take is up to you, as long as their mean size is from 0.001 to 10.

    Args:
        width: Number of hidden units, h.
        seed: The same seed gives the same start, another seed another one.

    Returns:
        The parameters as float32 tensors: "W1" [2, h] and "b1" [h] of the hidden layer, "w2" [h] and "b2" []
        (no axes) of the linear readout. No two columns of W1 are equal and w2 is not all zeros; biases
        start at 0 or close to it.

    Example:
        >>> {name: tuple(p.shape) for name, p in init_params(width=5, seed=0).items()}
        {'W1': (2, 5), 'b1': (5,), 'w2': (5,), 'b2': ()}

    Book: section 1.5.
    """
    raise NotImplementedError


def learned_features(X: Tensor, params: dict[str, Tensor]) -> Tensor:
    """The hidden layer: weighted sums of the coordinates, each cut off below 0.

    Nothing in it knows about rings; what the features are is decided by the weights.

    Args:
        X: Points, [n, 2].
        params: As made by `init_params`.

    Returns:
        relu(X W1 + b1), [n, h].

    Example:
        >>> params = {"W1": torch.tensor([[1.0, 0.0], [0.0, -1.0]]), "b1": torch.tensor([0.5, 0.0])}
        >>> learned_features(torch.tensor([[1.0, 2.0], [-2.0, -3.0]]), params)
        tensor([[1.5000, 0.0000],
                [0.0000, 3.0000]])

    Book: section 1.5.
    """
    raise NotImplementedError


def decide(X: Tensor, params: dict[str, Tensor]) -> Tensor:
    """The whole network: a linear readout of the learned features.

    The checks train it, on points that nobody told your code about. They multiply your W1 and w2 each by a number,
    so that their size suits the task; then they move all four parameters 400 times a little downhill in the mean
    squared error of the decisions (by Adam, section 12.10).

    Args:
        X: Points, [n, 2].
        params: As made by `init_params`.

    Returns:
        learned_features(X, params) w2 + b2, [n]: above 0 for class +1, below for class -1.

    Example:
        >>> params = {"W1": torch.eye(2), "b1": torch.zeros(2)}
        >>> params |= {"w2": torch.tensor([1.0, -2.0]), "b2": torch.tensor(0.5)}
        >>> decide(torch.tensor([[3.0, 1.0], [-1.0, 1.0]]), params)
        tensor([ 1.5000, -1.5000])

    Book: section 1.5.
    """
    raise NotImplementedError

"""Linear regression with torch's own parts (section 3.5)."""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def make_model(num_inputs: int, seed: int = 0) -> nn.Module:
    """Build linear regression as a neural network: a single layer, with nothing behind it.

    Args:
        num_inputs: Number of inputs, d.
        seed: Decides the first weights: the same seed gives the same.

    Returns:
        A module that maps [n, d] to [n, 1]. It holds one `nn.Linear`, and no other parameters; at first the weight
        is drawn from a normal distribution with mean 0 and deviation 0.01, the bias is 0.

    Example:
        >>> model = make_model(3)
        >>> sorted(tuple(p.shape) for p in model.parameters())
        [(1,), (1, 3)]

    Book: section 3.5.
    """
    raise NotImplementedError


def fit_concise(
    X: Tensor, y: Tensor, lr: float = 0.03, batch_size: int = 32, epochs: int = 3, seed: int = 0
) -> nn.Module:
    """Train a new model by minibatch SGD on the mean squared error (`nn.MSELoss`, so without a factor 1/2).

    It starts from `make_model(d, seed)`. Every epoch visits all rows once, in a new random order, in batches of
    `batch_size`, the last one smaller if need be; each batch is one step of `torch.optim.SGD`.

    Args:
        X: Inputs, [n, d], float32.
        y: Targets, [n, 1], float32.
        lr: The learning rate.
        batch_size: Rows in a batch.
        epochs: How often all rows are visited.
        seed: Decides the first weights and the order of the rows: the same arguments give the same model.

    Returns:
        The trained model.

    Example:
        >>> X = torch.linspace(-1, 1, 200)[:, None]
        >>> model = fit_concise(X, 2 * X + 1, epochs=100)
        >>> round(model(torch.tensor([[3.0]])).item(), 2)
        7.0

    Book: section 3.5.
    """
    raise NotImplementedError

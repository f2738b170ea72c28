"""Linear regression from scratch: model, loss, optimizer and training loop (section 3.4)."""

from collections.abc import Iterable

import torch
from torch import Tensor


class SGD:
    """Stochastic gradient descent: moves every parameter by -lr times its gradient.

    Args:
        params: The parameters: leaf tensors that require gradients, in a list or anything else to go through, such
            as a generator, which can be gone through once only. Their gradients are what backward() left.
        lr: The learning rate.

    Example:
        >>> p = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = SGD([p], lr=0.5)
        >>> (3 * p).sum().backward()
        >>> optimizer.step()
        >>> p
        tensor([-0.5000,  0.5000], requires_grad=True)

    Book: section 3.4.
    """

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        raise NotImplementedError

    def step(self) -> None:
        """Take one step. It changes the very tensors that were given, which stay leaves; one whose gradient is
        None stays as it is."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Clear all gradients, so that the next backward() starts from nothing (zeros or None)."""
        raise NotImplementedError


class LinearRegressionScratch:
    """Linear regression, y = X w + b, trained by minibatch SGD.

    Write out the predictions, the loss, the step and the loop: no ready-made layer, loss or optimizer of torch's, and
    no formula that solves least squares at once.

    Attributes:
        w: Weights, [num_inputs, 1], normal with mean 0 and deviation sigma at first; a leaf that requires gradients.
        b: Intercept, [1], 0 at first; a leaf that requires gradients.

    Args:
        num_inputs: Number of inputs, d.
        lr: The learning rate.
        sigma: Deviation of the first weights.
        seed: Decides the first weights and the order in which `fit` visits the rows: the same seed gives the same.

    Example:
        >>> model = LinearRegressionScratch(num_inputs=3)
        >>> model.w.shape, model.b.shape
        (torch.Size([3, 1]), torch.Size([1]))

    Book: section 3.4.
    """

    def __init__(self, num_inputs: int, lr: float = 0.03, sigma: float = 0.01, seed: int = 0) -> None:
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Predict, for inputs [n, d], targets [n, 1]."""
        raise NotImplementedError

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """Say how far predictions are from targets: the mean of half the squared errors.

        Args:
            y_hat: Predictions, [n, 1].
            y: Targets, [n, 1].

        Returns:
            A tensor without axes.

        Raises:
            ValueError: The shapes differ; the message names both.
        """
        raise NotImplementedError

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        """Train by SGD: in every epoch the rows are visited once, in a new random order, batch by batch.

        Each batch's loss comes from `self.loss(self.forward(...), ...)`, so that a subclass can have another model or
        another loss. The last batch may be smaller.

        Args:
            X: Inputs, [n, d], float32.
            y: Targets, [n, 1], float32.
            batch_size: Rows in a batch.
            epochs: How often all rows are visited.

        Returns:
            For each epoch the mean of its batches' losses, each computed before the step, as Python floats.
        """
        raise NotImplementedError

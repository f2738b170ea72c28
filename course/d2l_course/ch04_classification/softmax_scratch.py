"""Softmax regression from scratch: a linear classifier with plain tensors (sections 4.1 and 4.4)."""

import torch
from torch import Tensor


class SoftmaxRegressionScratch:
    """A linear classifier, softmax(X W + b), trained by minibatch stochastic gradient descent on the cross-entropy.

    Model, loss and steps are written by hand: no layers, losses or optimizers of torch's. nn.Module and nn.Parameter
    may hold the numbers, and logsumexp, which you have written yourself by now, may be used. The gradients may come
    from autograd or from a formula, so that W and b need not carry any.

    Every method takes rows of numbers, [n, d], or grey images, [n, 1, h, w] with h w = d, which are the same
    thing in another shape. Inputs may be large: 10000 must make nothing infinite or nan.

    Attributes:
        W: Weights, [d, C], normal with mean 0 and deviation sigma at first.
        b: Intercepts, [C], 0 at first.

    Args:
        num_inputs: Number of inputs, d.
        num_outputs: Number of classes, C.
        lr: The learning rate.
        sigma: Deviation of the first weights.
        seed: Decides the first weights and the order in which `fit` visits the rows: the same seed gives the same.

    Example:
        >>> model = SoftmaxRegressionScratch(64, 10, sigma=0.0)
        >>> model.forward(torch.ones(1, 1, 8, 8)).detach()[0, :3]
        tensor([0.1000, 0.1000, 0.1000])

    Book: section 4.4.
    """

    def __init__(self, num_inputs: int, num_outputs: int, lr: float = 0.1, sigma: float = 0.01, seed: int = 0) -> None:
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Give each class its probability, [n, C]."""
        raise NotImplementedError

    def loss(self, X: Tensor, y: Tensor) -> Tensor:
        """Compute the mean cross-entropy of inputs and their labels, int64 [n]: a tensor without axes."""
        raise NotImplementedError

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        """Train: in every epoch the rows are visited once, in a new random order each time, batch by batch.

        A step moves W and b by -lr times the gradient of the batch's mean loss. The last batch may be smaller.

        Args:
            X: Inputs, float32.
            y: Labels, int64 [n].
            batch_size: Rows in a batch.
            epochs: How often all rows are visited.

        Returns:
            For each epoch the mean of its batches' losses, each computed before the step, as Python floats.
        """
        raise NotImplementedError

    def predict(self, X: Tensor) -> Tensor:
        """Name the likeliest class of each input, int64 [n]."""
        raise NotImplementedError

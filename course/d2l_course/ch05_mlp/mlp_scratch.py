"""A multilayer perceptron from scratch: parameters, forward pass and training loop (sections 5.1 and 5.6)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLPScratch(nn.Module):
    """A classifier with one hidden layer, relu(X W1 + b1) W2 + b2, trained by minibatch SGD on the cross-entropy.

    The parameters are your own: no `nn.Linear`, no `torch.optim`. `F.cross_entropy` and autograd are yours to use.
    The model takes rows of numbers, [n, d], or images, [n, 1, h, w] with h w = d, which are the same thing in
    another shape.

    Attributes:
        W1: Weights of the hidden layer, [d, h], normal with mean 0 and deviation sigma at first.
        b1: Its biases, [h], 0 at first.
        W2: Weights of the output layer, [h, c], likewise normal, and drawn independently of W1.
        b2: Its biases, [c], 0 at first.
            These four, and nothing else, are what `model.parameters()` and `model.named_parameters()` list.

    Args:
        num_inputs: Number of inputs, d.
        num_outputs: Number of classes, c.
        num_hiddens: Number of hidden units, h.
        lr: The learning rate.
        sigma: Deviation of the first weights.
        seed: Decides the first weights and the order in which `fit` visits the rows: the same seed gives the same.

    Example:
        >>> model = MLPScratch(num_inputs=64, num_outputs=10, num_hiddens=32)
        >>> sorted((name, tuple(p.shape)) for name, p in model.named_parameters())
        [('W1', (64, 32)), ('W2', (32, 10)), ('b1', (32,)), ('b2', (10,))]
        >>> model(torch.ones(5, 1, 8, 8)).shape
        torch.Size([5, 10])

    Book: section 5.6.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        num_hiddens: int,
        lr: float = 0.1,
        sigma: float = 0.01,
        seed: int = 0,
    ) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Give each class its logit, [n, c], for inputs [n, d] or [n, 1, h, w], float32."""
        raise NotImplementedError

    def fit(self, X: Tensor, y: Tensor, batch_size: int, epochs: int) -> list[float]:
        """Train: in every epoch the rows are visited once, in a new random order, batch by batch.

        The logits of a batch come from calling the model, `self(...)`. A step moves each parameter by -lr times
        the gradient of the batch's mean cross-entropy and of nothing else: gradients that earlier work has left on
        the parameters do not count. The last batch may be smaller.

        Args:
            X: Inputs, float32, as for `forward`.
            y: Classes, [n], int64, from 0 to c - 1.
            batch_size: Rows in a batch.
            epochs: How often all rows are visited.

        Returns:
            For each epoch the mean of its batches' losses, each computed before the step, as Python floats
            (instances of float).
        """
        raise NotImplementedError

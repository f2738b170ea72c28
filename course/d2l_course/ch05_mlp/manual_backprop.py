"""Backpropagation by hand (section 5.3)."""

import torch
from torch import Tensor


def forward(params: dict[str, Tensor], X: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Run a network with one hidden layer: relu(X W1 + b1) W2 + b2.

    Args:
        params: "W1" [d, h], "b1" [h], "W2" [h, c], "b2" [c], of one floating dtype.
        X: Inputs, [n, d].

    Returns:
        The logits, [n, c], and a dictionary with whatever you want to keep for the way back.

    Example:
        >>> one = torch.ones(1, 1)
        >>> params = {"W1": one, "b1": -one[0], "W2": 2 * one, "b2": one[0]}
        >>> logits, cache = forward(params, torch.tensor([[3.0], [-3.0]]))
        >>> logits
        tensor([[5.],
                [1.]])

    Book: section 5.3.
    """
    raise NotImplementedError


def loss_and_grads(
    params: dict[str, Tensor], X: Tensor, y: Tensor, lambd: float = 0.0
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute the loss and its gradients with the chain rule, layer by layer, without autograd.

    The loss is the mean cross-entropy of the rows plus lambd / 2 times the sum of all squares of W1 and W2.

    Args:
        params: As for `forward`; left as they are.
        X: Inputs, [n, d].
        y: Classes, [n], int64, from 0 to c - 1.
        lambd: How much the penalty counts. Biases are not penalised.

    Returns:
        The loss, a tensor without axes, and a dictionary with the keys of params: the gradient for each, of the
        same shape and dtype.

    Example:
        >>> params = {"W1": torch.ones(1, 1), "b1": torch.zeros(1), "W2": torch.zeros(1, 2), "b2": torch.zeros(2)}
        >>> loss, grads = loss_and_grads(params, torch.tensor([[3.0]]), torch.tensor([0]))
        >>> loss, grads["b2"]  # both classes have probability 1/2
        (tensor(0.6931), tensor([-0.5000,  0.5000]))

    Book: section 5.3.
    """
    raise NotImplementedError

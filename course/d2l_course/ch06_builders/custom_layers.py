"""Layers with and without parameters (section 6.5)."""

import torch
from torch import Tensor, nn


class CenteredLayer(nn.Module):
    """A layer without parameters: it takes the mean away.

    Nothing is learned and nothing is kept: there are no parameters, the state_dict is empty, and after a call the layer
    holds no tensor.

    Args:
        dim: The axis over which the mean is taken, or a tuple of axes over which it is taken together. It may count
            from the end.

    Example:
        >>> CenteredLayer()(torch.tensor([[1.0, 2.0, 6.0], [0.0, 4.0, 2.0]]))
        tensor([[-2., -1.,  3.],
                [-2.,  2.,  0.]])

    Book: section 6.5.
    """

    def __init__(self, dim: int | tuple[int, ...] = -1) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Take from X its mean over `dim`.

        Args:
            X: Any shape that has the axes.

        Returns:
            A new tensor of X's shape, whose mean over `dim` is 0. X stays as it is. Gradients flow through the mean,
            too.
        """
        raise NotImplementedError


class QuadraticLayer(nn.Module):
    """A layer of quadratic forms: output k of an example x is x^T W_k x + b_k.

    It has two parameters:

    * `weight` [out_features, in_features, in_features]; weight[k] is W_k. It starts with independent random numbers of
      mean 0 and standard deviation 1 / in_features, so that outputs are about as large as inputs.
    * `bias` [out_features], which starts at 0.

    Args:
        in_features: Numbers in an example.
        out_features: Quadratic forms.

    Example:
        >>> layer = QuadraticLayer(2, 1)
        >>> _ = layer.load_state_dict({"weight": torch.tensor([[[1.0, 2.0], [0.0, 3.0]]]), "bias": torch.tensor([0.5])})
        >>> layer(torch.tensor([2.0, 1.0]))  # 1 * 2 * 2 + 2 * 2 * 1 + 3 * 1 * 1 + 0.5
        tensor([11.5000], grad_fn=<AddBackward0>)

    Book: section 6.5.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """The quadratic forms of every example, without F.bilinear, and without a Python loop over numbers.

        Whatever the sizes are, about the same number of torch's operators is called.

        Args:
            X: Examples, [..., in_features], of the parameters' dtype. There may be any number of axes before the last,
                also none.

        Returns:
            Tensor [..., out_features] of that dtype. X stays as it is.
        """
        raise NotImplementedError

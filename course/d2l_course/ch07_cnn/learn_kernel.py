"""A convolutional layer finds its kernel from examples (section 7.2)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv2D(nn.Module):
    """Cross-correlation with a kernel that can be learned, plus a bias.

    Both are parameters of the module, so that `parameters()` finds them: `weight`, [kh, kw], drawn at random,
    and `bias`, [1].

    Args:
        kernel_size: Rows and columns of the kernel, (kh, kw).

    Example:
        >>> layer = Conv2D((1, 2))
        >>> [(name, tuple(p.shape)) for name, p in sorted(layer.named_parameters())]
        [('bias', (1,)), ('weight', (1, 2))]

    Book: section 7.2.
    """

    def __init__(self, kernel_size: tuple[int, int]) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Slide the kernel, as it is, over the last two axes of X and add the bias; no padding.

        Args:
            X: Images, [..., h, w], with any number of leading axes (also none): each image is treated alike.

        Returns:
            [..., h - kh + 1, w - kw + 1].
        """
        raise NotImplementedError


def learn_kernel(
    X: Tensor, Y: Tensor, kernel_size: tuple[int, int], lr: float = 0.1, steps: int = 300, seed: int = 0
) -> Conv2D:
    """Find the kernel and the bias that turn X into Y, by gradient descent.

    The loss is the mean squared error over all output pixels. Each step moves every parameter by -lr times
    its gradient, computed from all of X; with `steps=0` the layer comes back as it was drawn. `seed` decides
    what is drawn: the same arguments give the same layer.

    Args:
        X: Images, [..., h, w], float32.
        Y: What the layer should answer, [..., h - kh + 1, w - kw + 1], float32.
        kernel_size: Rows and columns of the kernel, (kh, kw).
        lr: The learning rate.
        steps: How many steps to take.
        seed: Seed of the layer's first weights.

    Returns:
        The trained layer.

    Example:
        >>> X = torch.tensor([[0.0, 1.0, 1.0, 0.0, 2.0]])
        >>> layer = learn_kernel(X, X[:, :-1] - X[:, 1:], kernel_size=(1, 2))
        >>> [round(value, 1) for value in layer.weight.flatten().tolist()]
        [1.0, -1.0]

    Book: section 7.2.
    """
    raise NotImplementedError

"""An autoencoder whose encoder and decoder share a weight (section 6.2)."""

import torch
from torch import Tensor, nn


class TiedAutoencoder(nn.Module):
    """Squeeze vectors into a few numbers and restore them, both with one weight.

    An autoencoder is trained to give back its input through a narrow middle. Here the decoder uses the encoder's
    weight, transposed: W is a single parameter in two places. It gets the sum of the gradients of both, and
    whatever changes it (training, loading, another dtype) changes it in both.

    There are exactly three parameters: W of shape [h, d], c of shape [h], and b of shape [d], where d is
    `num_inputs` and h is `num_hiddens`. Their names are up to you.

    W starts at small random numbers: each is drawn for itself, with mean 0 and a standard deviation from 0.001 to
    3 / sqrt(d), and another network gets others. The usual ways to start a weight do that. c and b may start
    anywhere near 0.

    Args:
        num_inputs: d, the length of the vectors.
        num_hiddens: h, how many numbers are kept of each.

    Example:
        >>> net = TiedAutoencoder(4, 2)
        >>> net.encode(torch.zeros(3, 4)).shape, net(torch.zeros(3, 4)).shape
        (torch.Size([3, 2]), torch.Size([3, 4]))
        >>> sum(p.numel() for p in net.parameters())
        14

    Book: section 6.2.
    """

    def __init__(self, num_inputs: int, num_hiddens: int) -> None:
        super().__init__()
        raise NotImplementedError

    def encode(self, X: Tensor) -> Tensor:
        """Squeeze: tanh(X W^T + c).

        Args:
            X: The vectors, [n, d].

        Returns:
            What is kept of them, [n, h].
        """
        raise NotImplementedError

    def decode(self, H: Tensor) -> Tensor:
        """Restore: H W + b, with the weight of `encode`; nothing follows, since inputs may have any size.

        Args:
            H: What was kept, [n, h].

        Returns:
            The vectors, [n, d].
        """
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Encode, then decode: [n, d] to [n, d]."""
        raise NotImplementedError

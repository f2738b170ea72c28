"""LeNet-5, the first convolutional network in daily use (section 7.6)."""

import torch
from torch import Tensor, nn


class LeNet(nn.Module):
    """Two convolutional blocks see, three dense layers decide.

    Each block is a convolution, a sigmoid and an average pooling that halves height and width: the image gets
    smaller while the channels get more. These are the twelve layers, in order:

        1  Conv2d, 1 to 6 channels, kernel 5, padding 2      7  Flatten
        2  Sigmoid                                           8  Linear to 120 features
        3  AvgPool2d, window 2, stride 2                     9  Sigmoid
        4  Conv2d, 6 to 16 channels, kernel 5               10  Linear to 84 features
        5  Sigmoid                                          11  Sigmoid
        6  AvgPool2d, window 2, stride 2                    12  Linear to `num_classes`

    For ten classes that makes 61,706 parameters. There is no softmax at the end: the cross-entropy loss wants
    logits. The weights (not the biases) of all convolutions and dense layers start from the Xavier uniform
    distribution, so that signals keep their size from layer to layer: numbers between -a and a, where a is
    the square root of 6 / (fan_in + fan_out).

    Args:
        num_classes: The number of logits per image.

    Example:
        >>> net = LeNet()
        >>> net(torch.zeros(3, 1, 28, 28)).shape
        torch.Size([3, 10])
        >>> net.layer_summary((3, 1, 28, 28))[:2]
        [('Conv2d', (3, 6, 28, 28)), ('Sigmoid', (3, 6, 28, 28))]
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, X: Tensor) -> Tensor:
        """Classify images.

        Args:
            X: The images, [n, 1, 28, 28].

        Returns:
            The logits, [n, num_classes]. An image's logits do not depend on the other images of the batch.
        """
        raise NotImplementedError

    def layer_summary(self, X_shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
        """Follow the shape of a batch through the network.

        Args:
            X_shape: The shape of a batch of images, (n, 1, 28, 28).

        Returns:
            For each of the twelve layers, in order: the name of its class and the shape of what comes *out*
            of it, batch axis included.
        """
        raise NotImplementedError

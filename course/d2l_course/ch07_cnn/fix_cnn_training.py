"""This network does not learn; find out why (section 7.6).

The code below should read handwritten digits with an accuracy of well over 90 %. It holds seven faults, each
of a kind that people put into real programs. The first ones raise an error; once these are gone, the others
do not, and the network merely fails to learn, or does worse than it could. The docstrings say what is meant;
they are right, the code is not. Repair the code and keep the design: two blocks of convolution, ReLU and
pooling, then dropout and a dense layer.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def to_images(X: Tensor) -> Tensor:
    """Turn rows of pixels into images.

    Args:
        X: [n, 64], 8 x 8 pixels, row after row, from 0 to 16.

    Returns:
        [n, 1, 8, 8] with pixels from 0 to 1: the layout and the range that the network is made for.

    Example:
        >>> to_images(torch.full((5, 64), 8.0)).shape
        torch.Size([5, 1, 8, 8])
        >>> to_images(torch.full((5, 64), 8.0)).max()
        tensor(0.5000)
    """
    return X.reshape(-1, 8, 8, 1)


def _block(in_channels: int, out_channels: int) -> nn.Module:
    """Convolution, ReLU and pooling: twice as many features, half the height and width."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2))


def build(num_classes: int = 10) -> nn.Module:
    """Build the network: two blocks, dropout, a dense layer.

    Returns:
        A network that maps images [n, 1, 8, 8] to logits [n, num_classes], as `F.cross_entropy` wants them.
        Outside of training, an image's logits do not depend on the other images of the batch.
    """
    return nn.Sequential(
        _block(1, 16),
        _block(16, 32),
        nn.Flatten(0),
        nn.Dropout(0.25),
        nn.Linear(32 * 2 * 2, num_classes),
        nn.Softmax(dim=1),
    )


def train(X: Tensor, y: Tensor, epochs: int = 12, lr: float = 0.2, batch_size: int = 32, seed: int = 0) -> nn.Module:
    """Train a new network by minibatch stochastic gradient descent on the cross-entropy.

    Args:
        X: [n, 64], pixels from 0 to 16.
        y: int64 [n], the digits shown.
        epochs: How often every image is used.
        lr: Learning rate.
        batch_size: Images per step.
        seed: The same seed gives the same network, another seed another one.

    Returns:
        The trained network.
    """
    torch.manual_seed(seed)
    net = build()
    net.train()
    optimizer = torch.optim.SGD(build().parameters(), lr=lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(batch_size):
            loss = F.cross_entropy(net(to_images(X[rows])), y[rows])
            loss.backward()
            optimizer.step()
    return net


def predict(net: nn.Module, X: Tensor) -> Tensor:
    """Say which digit each image shows.

    Args:
        net: A network as `build` and `train` return it, in training mode or not.
        X: [n, 64], pixels from 0 to 16.

    Returns:
        int64 [n], the digit with the largest logit. The same rows get the same answer every time.
    """
    return net(to_images(X)).argmax(dim=1)

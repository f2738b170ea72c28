"""This classifier goes wrong; find out why (section 4.5)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def build(num_inputs: int = 64, num_classes: int = 10) -> nn.Module:
    """Make a linear classifier: one nn.Linear with its bias, whose outputs are logits.

    The code in this file should do what its docstrings say, and holds five faults, each of a kind that people put
    into real programs. The docstrings are right, the code is not.

    Args:
        num_inputs: Number of inputs, d.
        num_classes: Number of classes, C.

    Returns:
        A network that takes [n, d] to logits [n, C].

    Book: section 4.5.
    """
    return nn.Sequential(nn.Linear(num_inputs, num_classes), nn.Softmax(dim=1))


def train(X: Tensor, y: Tensor, epochs: int = 15, lr: float = 0.3, batch_size: int = 32, seed: int = 0) -> nn.Module:
    """Train a new network for ten classes by minibatch stochastic gradient descent on the mean cross-entropy.

    Args:
        X: Inputs, [n, d].
        y: Labels, int64 [n], from 0 to 9.
        epochs: How often all rows are visited, in a new random order each time; with 0 the network is as it was built.
        lr: The learning rate.
        batch_size: Rows in a batch; the last may be smaller.
        seed: Decides the first weights and the order of the rows: the same seed gives the same network.

    Returns:
        The trained network, as `build` makes it.
    """
    torch.manual_seed(seed)
    net = build(X.shape[1])
    optimizer = torch.optim.SGD(build(X.shape[1]).parameters(), lr=lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(X)).split(batch_size):
            loss = F.cross_entropy(net(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
    return net


def predict_proba(net: nn.Module, X: Tensor) -> Tensor:
    """Give each class its probability.

    Args:
        net: A network that answers with logits.
        X: Inputs, [n, d].

    Returns:
        The probabilities, [n, C]; each row sums to 1. They carry no graph.

    Example:
        >>> predict_proba(nn.Identity(), torch.tensor([[0.0, 0.0], [1000.0, 0.0]]))  # the inputs are the logits
        tensor([[0.5000, 0.5000],
                [1.0000, 0.0000]])
    """
    with torch.no_grad():
        return net(X).softmax(dim=0)


def accuracy(net: nn.Module, X: Tensor, y: Tensor) -> float:
    """Say which share of the rows gets its label from the network.

    Args:
        net: A network that answers with logits.
        X: Inputs, [n, d].
        y: Labels, int64 [n].

    Returns:
        The share, from 0 to 1, a Python float.

    Example:
        >>> accuracy(nn.Identity(), torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0]]), torch.tensor([0, 1, 0]))
        1.0
    """
    with torch.no_grad():
        return (net(X).argmax(dim=0) == y).float().mean().item()

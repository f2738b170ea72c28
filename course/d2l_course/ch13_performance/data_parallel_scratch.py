"""Data parallel training by hand: split the batch, replicate the weights, add up the gradients (section 13.5)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def mlp(X: Tensor, params: list[Tensor]) -> Tensor:
    """Compute the logits of a network with one hidden layer. It is given: leave it as it is.

    Args:
        X: Examples, [n, features].
        params: Weight and bias of the hidden layer, then those of the output layer.

    Returns:
        Logits, [n, classes].
    """
    W1, b1, W2, b2 = params
    return torch.relu(X @ W1 + b1) @ W2 + b2


def get_params(params: list[Tensor], devices: list[str]) -> list[list[Tensor]]:
    """Make a replica of the parameters for each device.

    Replicas are independent: even two on one device share no memory with each other or with `params`, which stay
    as they are. Each tensor of a replica is a leaf that requires gradients.

    Args:
        params: The parameters.
        devices: Names of devices, such as "cuda:0"; one may occur several times.

    Returns:
        For each device the list of its parameters.

    Book: section 13.5.
    """
    raise NotImplementedError


def allreduce(data: list[Tensor]) -> None:
    """Let every tensor of the list become the sum of all, in place.

    Afterwards the tensors are bitwise equal. Each stays the tensor it was, on its own device.

    Args:
        data: Tensors of one shape and dtype, one for each device.

    Example:
        >>> data = [torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])]
        >>> allreduce(data)
        >>> data
        [tensor([11., 22.]), tensor([11., 22.])]

    Book: section 13.5.
    """
    raise NotImplementedError


def split_batch(X: Tensor, y: Tensor, devices: list[str]) -> tuple[list[Tensor], list[Tensor]]:
    """Cut a batch into a share for each device, in the order of the examples.

    Shares differ by at most one example, the larger ones come first: 5 examples on 3 devices are 2, 2 and 1.

    Args:
        X: Examples, [n, ...].
        y: Labels, [n].
        devices: Names of devices.

    Returns:
        The shares of X and those of y, each on its device.

    Raises:
        ValueError: There are more devices than examples; the message names both numbers.

    Book: section 13.5.
    """
    raise NotImplementedError


def train_batch(X: Tensor, y: Tensor, device_params: list[list[Tensor]], devices: list[str], lr: float) -> float:
    """Take one step of gradient descent on a batch, with all devices together.

    Each device computes the gradient on its share of the batch, with its own replica of the network `mlp`. Then
    gradients are added up over the devices, and every replica takes the same step: p becomes p - lr * g. Here g is
    the gradient of the mean cross-entropy over the *whole batch*: every example weighs the same, on whichever device
    it was. So the result is that of a single device, and replicas stay bitwise equal.

    Parameters are changed in place, and no gradient is left behind for the next step.

    Args:
        X: Examples, [n, features].
        y: Labels, whole numbers, [n].
        device_params: What `get_params` returned.
        devices: Names of devices.
        lr: Learning rate.

    Returns:
        The mean loss of the batch before the step.

    Raises:
        ValueError: There are more devices than examples.

    Book: section 13.5.
    """
    raise NotImplementedError

"""Data parallel training, the short way: DistributedDataParallel and DistributedSampler (section 13.6)."""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


def train_worker(
    net: nn.Module,
    X: Tensor,
    y: Tensor,
    X_test: Tensor,
    y_test: Tensor,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> dict[str, Any]:
    """Train a classifier on all ranks together, and test it on all ranks together.

    It is called on every rank of a process group that is ready. All ranks are given the same data, but each its own
    network, and these differ: training starts from rank 0's. Wrap the network in DistributedDataParallel, which sees to
    that, and to the mean of the gradients over the ranks. A step is plain stochastic gradient descent, with the rate
    lr, on the mean cross-entropy of each rank's batch.

    In every epoch the examples are shuffled anew and dealt out, so that each rank has its own share, a different one in
    each epoch. Shares are of one size, as all ranks take the same number of steps: where the examples do not divide,
    up to n - 1 of them occur twice. None is left out, so the last batch of a share may be short. The order depends on
    seed and epoch alone: the same seed gives the same training, another seed another order.

    Afterwards the test examples are shared out, each to one rank: no rank puts more than ceil(len(X_test) / n) of them
    through the network. Here each counts once, so no example may count twice. A rank's share may be empty.

    The network trains in training mode and is tested in evaluation mode. What is returned is the same on every rank.

    Args:
        net: This rank's network, from [m, ...] to logits [m, classes]. It has no buffers.
        X: Training examples, [len(X), ...].
        y: Their labels, whole numbers, [len(X)].
        X_test: Test examples, [len(X_test), ...].
        y_test: Their labels, [len(X_test)].
        epochs: How often each example is seen.
        batch_size: Examples in a batch of one rank.
        lr: Learning rate.
        seed: Decides on the order of the examples.

    Returns:
        "state": The trained parameters, as the state_dict of a network that is not wrapped: its names.
        "loss": For each epoch, the mean cross-entropy over all examples that all ranks trained on, as a float; of each
        example at the time when it was seen.
        "accuracy": The share of the test examples that are classified rightly, as a float.

    Example:
        With 10 examples, 2 ranks and batches of 2, each rank takes 3 steps in an epoch, on 2, 2 and 1 examples. If of 5
        test examples rank 0 has 3 and gets 3 right, and rank 1 has 2 and gets 1 right, the accuracy is 4 / 5.

    Book: section 13.6.
    """
    raise NotImplementedError

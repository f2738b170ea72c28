"""A concise MLP with dropout, trained until it stops getting better (sections 5.5 to 5.7)."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EarlyStopping:
    """Watch the validation loss: keep a copy of the best weights, and say when to give up.

    An epoch makes progress if its loss is below the best one so far by more than min_delta. NaN and infinity are never
    progress.

    Attributes:
        best: The loss of the latest epoch that made progress; infinite at first.
        best_epoch: The number of that epoch; the first step is number 0.

    Args:
        patience: After so many epochs in a row without progress it is time to stop.
        min_delta: Progress must be larger than this.

    Raises:
        ValueError: patience is below 1; the message names it.

    Example:
        >>> model, stopper = nn.Linear(2, 1), EarlyStopping(patience=2)
        >>> [stopper.step(loss, model) for loss in (0.5, 0.4, 0.6, 0.45)]
        [False, False, False, True]
        >>> stopper.best, stopper.best_epoch
        (0.4, 1)

    Book: section 5.5.
    """

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        raise NotImplementedError

    def step(self, val_loss: float, model: nn.Module) -> bool:
        """Take note of one epoch. If it made progress, its weights are the ones to keep.

        Args:
            val_loss: The epoch's validation loss.
            model: The model as it is now. It will go on changing, in place, after this call.

        Returns:
            Whether to stop: the last `patience` epochs, this one included, made no progress.
        """
        raise NotImplementedError

    def restore(self, model: nn.Module) -> None:
        """Give a model the best epoch's weights, and its buffers: all that `state_dict()` holds.

        The model may be trained further and be restored again, to the same weights.

        Raises:
            RuntimeError: No epoch has made progress yet, so that there is nothing to restore.
        """
        raise NotImplementedError


def build_mlp(num_inputs: int, num_outputs: int, hiddens: tuple[int, ...] = (64,), p: float = 0.2) -> nn.Sequential:
    """Build a network of torch's own layers.

    `nn.Flatten` comes first; then `nn.Linear`, `nn.ReLU` and `nn.Dropout`, in this order, for each hidden layer;
    an `nn.Linear` comes last.

    Args:
        num_inputs: Numbers in one input, after flattening.
        num_outputs: Number of classes.
        hiddens: Units of each hidden layer; there may be none.
        p: Probability to drop, of each `nn.Dropout`.

    Example:
        >>> model = build_mlp(64, 10, hiddens=(32, 16))
        >>> len(model), model(torch.ones(5, 1, 8, 8)).shape
        (8, torch.Size([5, 10]))

    Book: section 5.6.
    """
    raise NotImplementedError


def fit(
    model: nn.Module,
    X: Tensor,
    y: Tensor,
    X_val: Tensor,
    y_val: Tensor,
    max_epochs: int = 60,
    patience: int = 5,
    lr: float = 0.1,
    batch_size: int = 32,
    seed: int = 0,
) -> list[float]:
    """Train a classifier by plain SGD on the cross-entropy until its validation loss stops falling.

    An epoch visits all rows of X once, in training mode, in a new random order and in batches, the last one smaller
    if need be: a step for each batch. Then it measures the validation loss in evaluation mode, without tracking
    gradients: the mean cross-entropy of all rows of X_val. After `patience` epochs in a row without a new lowest
    validation loss, however little lower, there is no further epoch. However training ends, the model is left with
    the weights of the epoch whose validation loss was lowest, and in evaluation mode. Where no validation loss is a
    number, there are no such weights: what happens then is left open. Gradients that earlier work has left on the
    parameters do not count.

    Args:
        model: It is changed. It may be in either mode.
        X: Inputs to train on, n rows.
        y: Their classes, [n], int64.
        X_val: Inputs to validate on, m rows.
        y_val: Their classes, [m], int64.
        max_epochs: Number of epochs at most.
        patience: As for `EarlyStopping`.
        lr: The learning rate.
        batch_size: Rows in a batch.
        seed: Decides the order of the rows: the same seed gives the same. What dropout draws is up to torch.

    Returns:
        The validation losses of all epochs, as Python floats (instances of float).

    Example:
        >>> X = torch.tensor([[-1.0], [1.0]])
        >>> y = torch.tensor([0, 1])
        >>> losses = fit(build_mlp(1, 2), X, y, X, 1 - y, patience=4)  # the better it gets, the worse it validates
        >>> len(losses), losses[0] == min(losses)
        (5, True)

    Book: sections 5.5 and 5.6.
    """
    raise NotImplementedError

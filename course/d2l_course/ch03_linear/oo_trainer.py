"""A training loop that works for every model and every data set (section 3.2)."""

from typing import Any

import torch
from torch import nn


class Trainer:
    """Trains any model on any data, as long as both keep to a small interface.

    The model offers
        * `training_step(batch)` and `validation_step(batch)`: the loss of a batch, a tensor without axes,
        * `configure_optimizers()`: a new optimizer over its parameters,
        * `train()` and `eval()`, as every `nn.Module` does.

    The data offers
        * `train_dataloader()` and `val_dataloader()`: at every call something new that yields batches, once. The
          batches may be others at the next call. There may be no validation batches at all.

    Attributes:
        max_epochs: How often the training data are gone through.
        history: {"train_loss": [...], "val_loss": [...]}, one Python float for each epoch: the mean of the losses
            of its batches. Both lists are empty before the first `fit`.

    Args:
        max_epochs: At least 1.

    Raises:
        ValueError: max_epochs is below 1; the message names its value.

    Example:
        >>> trainer = Trainer(max_epochs=3)
        >>> trainer.history
        {'train_loss': [], 'val_loss': []}

        After `trainer.fit(model, data)` it has three numbers in each list, such as
        {'train_loss': [2.5, 1.2, 0.7], 'val_loss': [1.4, 0.8, 0.6]}.

    Book: section 3.2.
    """

    def __init__(self, max_epochs: int) -> None:
        raise NotImplementedError

    def fit(self, model: nn.Module, data: Any) -> dict[str, list[float]]:
        """Train the model for `max_epochs` epochs with one optimizer, and keep the history.

        An epoch goes through the training batches in training mode, with one update for each batch, from the
        gradients of this batch alone, whatever gradients the model came with. Then it goes through the validation
        batches in evaluation mode, without tracking gradients and without changing the model. The losses of an
        epoch are those computed on the way.

        Args:
            model: See above; it is changed.
            data: See above.

        Returns:
            The history of this training; `val_loss` stays empty if there are no validation batches. A second `fit`
            starts a new history, and what the first one returned stays as it is.
        """
        raise NotImplementedError

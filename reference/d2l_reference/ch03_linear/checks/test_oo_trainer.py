"""Hidden checks of ch03/oo_trainer."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def trained(module, X, y, batches, validation, max_epochs, momentum, fits):
    """Train a linear model that writes down what happens to it; data come from generators that can be used once."""

    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(X.shape[1]))
            self.log = []

        def loss(self, batch, kind):
            mode = "training" if self.training else "evaluation"
            self.log.append(f"{kind} in {mode} mode, gradients {'on' if torch.is_grad_enabled() else 'off'}")
            return ((batch[0] @ self.w - batch[1]) ** 2).mean()

        def training_step(self, batch):
            return self.loss(batch, "training_step")

        def validation_step(self, batch):
            return self.loss(batch, "validation_step")

        def configure_optimizers(self):
            self.log.append("configure_optimizers")
            return torch.optim.SGD(self.parameters(), lr=0.05, momentum=momentum)

    class Data:
        def __init__(self):
            self.epoch = 0

        def train_dataloader(self):
            self.epoch += 1
            order = [(i + self.epoch) % len(batches) for i in range(len(batches))]
            return ((X[batches[i]], y[batches[i]]) for i in order)

        def val_dataloader(self):
            return ((X[rows], y[rows]) for rows in validation)

    trainer, before = module.Trainer(max_epochs), module.Trainer(max_epochs).history
    for _ in range(fits):
        model = Recorder()
        returned = trainer.fit(model, Data())
    return {"returned": returned, "history": trainer.history, "before": before, "w": model.w.detach(), "log": model.log}


@probe
def make(module, max_epochs):
    return module.Trainer(max_epochs).max_epochs


def by_hand(X, y, batches, validation, max_epochs, momentum):
    w, velocity = torch.zeros(X.shape[1]), torch.zeros(X.shape[1])
    history = {"train_loss": [], "val_loss": []}
    for epoch in range(1, max_epochs + 1):
        losses = []
        for i in range(len(batches)):
            rows = batches[(i + epoch) % len(batches)]
            residuals = X[rows] @ w - y[rows]
            losses.append((residuals**2).mean().item())
            velocity = momentum * velocity + 2 * X[rows].T @ residuals / len(rows)
            w = w - 0.05 * velocity
        history["train_loss"].append(sum(losses) / len(losses))
        losses = [((X[rows] @ w - y[rows]) ** 2).mean().item() for rows in validation]
        if losses:
            history["val_loss"].append(sum(losses) / len(losses))
    return history, w


def rows(*sizes):
    return list(torch.arange(sum(sizes)).split(list(sizes)))


@pytest.mark.weight(2)
@pytest.mark.needs("several_epochs")
def test_any_number_of_epochs_and_batches(submission, rng):
    """Other numbers of epochs and batches, also a single batch, with momentum."""
    for sizes, validation, epochs in [((5,), (3,), 1), ((2, 1, 4), (2, 3), rng.integers(5, 9))]:
        pieces = rows(*sizes, *validation)
        batches, held_out = pieces[: len(sizes)], pieces[len(sizes) :]
        X, y = rng.normal(sum((*sizes, *validation)), 4), rng.normal(sum((*sizes, *validation)), mean=2.0)
        history, w = by_hand(X, y, batches, held_out, epochs, 0.5)
        found = submission.run(trained, X, y, batches, held_out, epochs, 0.5, 1)
        assert_close(found["returned"], history, what="what fit returns")
        assert_close(found["w"], w, what="the weights after the last epoch")


@pytest.mark.needs("one_epoch")
def test_without_validation_data(submission, rng):
    """If there are no validation batches, only the training losses are kept."""
    X, y = rng.normal(6, 2), rng.normal(6, mean=2.0)
    batches = rows(3, 3)
    history, _ = by_hand(X, y, batches, [], 3, 0.0)
    found = submission.run(trained, X, y, batches, [], 3, 0.0, 1)
    assert_equal(found["returned"]["val_loss"], [], what="validation losses")
    assert_close(found["returned"]["train_loss"], history["train_loss"], what="training losses")


@pytest.mark.needs("several_epochs", "history_is_kept")
def test_a_second_fit_starts_anew(submission, rng):
    """Fitting a second model with the same Trainer starts a new history."""
    X, y = rng.normal(8, 2), rng.normal(8, mean=2.0)
    *batches, last = rows(3, 3, 2)
    history, w = by_hand(X, y, batches, [last], 2, 0.9)
    found = submission.run(trained, X, y, batches, [last], 2, 0.9, 2)
    assert_close(found["returned"], history, what="what the second fit returns")
    assert_close(found["history"], history, what="history after the second fit")
    assert_close(found["w"], w, what="the second model's weights")


@pytest.mark.needs("one_epoch")
def test_refuses_negative_epochs(submission, rng):
    """A Trainer for a negative number of epochs is a ValueError that names the number."""
    number = rng.integers(2, 50)
    assert_equal(submission.run(make, number), number, what="max_epochs")
    assert_raises(ValueError, submission.run, make, -number, mentions=(f"-{number}",))

"""Public checks of ch03/oo_trainer."""

import pytest
import torch
from d2l_kit.checks import assert_close, assert_equal, assert_raises, probe
from torch import nn


@probe
def trained(module, X, y, batches, validation, max_epochs, momentum, starts):
    """Train linear models that write down what happens to them; data come from generators that can be used once.

    One model is fitted after the other with the same Trainer, each starting from its number in `starts`. The batches
    are others in every epoch: those for training come in another order, those for validation have larger targets.
    """

    class Recorder(nn.Module):
        def __init__(self, start):
            super().__init__()
            self.w = nn.Parameter(torch.full((X.shape[1],), start))
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
            return ((X[rows], y[rows] + max(self.epoch - 1, 0)) for rows in validation)

    trainer, before = module.Trainer(max_epochs), module.Trainer(max_epochs).history
    returned = []
    for start in starts:
        model = Recorder(start)
        returned.append(trainer.fit(model, Data()))
    kinds = {"float" if isinstance(x, float) else type(x).__name__ for losses in returned[-1].values() for x in losses}
    return {
        "returned": returned,
        "history": trainer.history,
        "before": before,
        "w": model.w.detach(),
        "log": model.log,
        "kinds": sorted(kinds),
    }


@probe
def trained_with_old_gradients(module, X, y):
    """The weights after one step from 0 of a model that already has gradients when it comes."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(X.shape[1]))
            self.w.grad = torch.ones(X.shape[1])

        def training_step(self, batch):
            return ((batch[0] @ self.w - batch[1]) ** 2).mean()

        validation_step = training_step

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.05)

    class Data:
        def train_dataloader(self):
            return iter([(X, y)])

        val_dataloader = train_dataloader

    model = Model()
    module.Trainer(1).fit(model, Data())
    return model.w.detach()


@probe
def make(module, max_epochs):
    return module.Trainer(max_epochs).max_epochs


def by_hand(X, y, batches, validation, max_epochs, momentum, start=0.0):
    """The history and the final weights, from the gradient on paper and the rule of SGD with momentum."""
    w, velocity = torch.full((X.shape[1],), start), torch.zeros(X.shape[1])
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
        losses = [((X[rows] @ w - y[rows] - (epoch - 1)) ** 2).mean().item() for rows in validation]
        if losses:
            history["val_loss"].append(sum(losses) / len(losses))
    return history, w


def rows(*sizes):
    """Row numbers 0, 1, 2, ... in pieces of these sizes."""
    return list(torch.arange(sum(sizes)).split(list(sizes)))


@pytest.mark.weight(2)
def test_one_epoch(submission, rng):
    """One epoch takes one step for each batch, then validates; fit returns the mean losses."""
    X, y = rng.normal(14, 2), rng.normal(14, mean=3.0)
    *batches, a, b = rows(4, 3, 2, 3, 2)
    history, w = by_hand(X, y, batches, [a, b], 1, 0.0)
    found = submission.run(trained, X, y, batches, [a, b], 1, 0.0, [0.0])
    assert_close(found["returned"][0], history, what="history that fit returns")
    assert_close(found["w"], w, what="weights after the epoch")


@pytest.mark.weight(3)
@pytest.mark.needs("one_epoch")
def test_several_epochs(submission, rng):
    """Over several epochs the batches come anew, and the optimizer's momentum survives."""
    X, y = rng.normal(12, 3), rng.normal(12, mean=2.0)
    *batches, last = rows(3, 3, 2, 4)
    history, w = by_hand(X, y, batches, [last], 4, 0.9)
    found = submission.run(trained, X, y, batches, [last], 4, 0.9, [0.0])
    assert_close(found["returned"][0], history, what="history that fit returns")
    assert_close(found["w"], w, what="weights after the last epoch")


@pytest.mark.observed
@pytest.mark.weight(2)
@pytest.mark.needs("one_epoch")
def test_modes_are_switched(submission, rng):
    """Training steps run in training mode; validation runs in evaluation mode without tracking gradients."""
    X, y = rng.normal(7, 2), rng.normal(7, mean=2.0)
    *batches, last = rows(2, 3, 2)
    found = submission.run(trained, X, y, batches, [last], 2, 0.0, [0.0])
    epoch = ["training_step in training mode, gradients on"] * 2
    epoch += ["validation_step in evaluation mode, gradients off"]
    assert_equal(found["log"], ["configure_optimizers", *epoch, *epoch], what="sequence of calls on the model")


@pytest.mark.needs("one_epoch")
def test_history_is_kept(submission, rng):
    """`history` is empty at first and then holds what fit returned, as floats; none for validation without batches."""
    X, y = rng.normal(5, 2), rng.normal(5, mean=2.0)
    first, second, last = rows(2, 2, 1)
    history, _ = by_hand(X, y, [first, second], [last], 2, 0.0)
    found = submission.run(trained, X, y, [first, second], [last], 2, 0.0, [0.0])
    assert_equal(found["before"], {"train_loss": [], "val_loss": []}, what="history before fit")
    assert_close(found["history"], history, what="history after fit")
    assert_equal(found["kinds"], ["float"], what="types of the losses in the history")
    found = submission.run(trained, X, y, [first, second], [], 2, 0.0, [0.0])
    assert_equal(found["history"]["val_loss"], [], what="validation losses if there are no validation batches")


@pytest.mark.needs("one_epoch")
def test_old_gradients_do_not_count(submission, rng):
    """Gradients that the model has before fit leave no trace: the first step is along those of the first batch."""
    X, y = rng.normal(6, 3), rng.normal(6, mean=2.0)
    found = submission.run(trained_with_old_gradients, X, y)
    assert_close(found, 0.05 * 2 * X.T @ y / 6, what="weights after one step")


@pytest.mark.needs("one_epoch")
def test_refuses_zero_epochs(submission):
    """A Trainer for 0 epochs is a ValueError that says so."""
    assert_equal(submission.run(make, 1), 1, what="max_epochs")
    assert_raises(ValueError, submission.run, make, 0, mentions=("0",))


@pytest.mark.needs("one_epoch")
def test_refuses_negative_epochs(submission):
    """A Trainer for a negative number of epochs is a ValueError that names its value."""
    assert_equal(submission.run(make, 7), 7, what="max_epochs")
    assert_raises(ValueError, submission.run, make, -3, mentions=("-3",))

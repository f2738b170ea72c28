"""One method for each part; gradients are cleared before the first step and after each."""

import torch


class Trainer:
    def __init__(self, max_epochs):
        if not max_epochs >= 1:
            raise ValueError("cannot train for %r epochs" % max_epochs)
        self.max_epochs = max_epochs
        self.history = dict(train_loss=[], val_loss=[])

    def fit(self, model, data):
        self.history = dict(train_loss=[], val_loss=[])
        self.model, self.optimizer = model, model.configure_optimizers()
        self.optimizer.zero_grad()
        for epoch in range(1, self.max_epochs + 1):
            self._epoch(data.train_dataloader(), True)
            self._epoch(data.val_dataloader(), False)
        return self.history

    def _epoch(self, batches, training):
        self.model.train() if training else self.model.eval()
        total, count = 0.0, 0
        with torch.set_grad_enabled(training):
            for batch in batches:
                total += self._train_on(batch) if training else float(self.model.validation_step(batch))
                count += 1
        if count:
            self.history["train_loss" if training else "val_loss"].append(total / count)

    def _train_on(self, batch):
        loss = self.model.training_step(batch)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(loss.detach())

"""A dictionary of cloned tensors; slices of a shuffled list; validation in inference mode."""

import random

import torch
from torch import nn


class EarlyStopping:
    def __init__(self, patience=3, min_delta=0.0):
        if not patience >= 1:
            raise ValueError("a patience of %r makes no sense" % patience)
        self.patience = patience
        self.min_delta = min_delta
        self.losses = []
        self.best, self.best_epoch = float("inf"), None
        self.saved = {}

    def step(self, val_loss, model):
        self.losses.append(val_loss)
        if self.best - val_loss > self.min_delta:
            self.best, self.best_epoch = val_loss, len(self.losses) - 1
            self.saved = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        start = -1 if self.best_epoch is None else self.best_epoch
        return len(self.losses) - 1 - start >= self.patience

    def restore(self, model):
        if not self.saved:
            raise RuntimeError("nothing was saved")
        with torch.no_grad():
            for name, tensor in model.state_dict().items():
                tensor.copy_(self.saved[name])


def build_mlp(num_inputs, num_outputs, hiddens=(64,), p=0.2):
    model = nn.Sequential(nn.Flatten())
    sizes = [num_inputs, *hiddens]
    for i in range(len(hiddens)):
        model.append(nn.Linear(sizes[i], sizes[i + 1]))
        model.append(nn.ReLU())
        model.append(nn.Dropout(p=p))
    model.append(nn.Linear(sizes[-1], num_outputs))
    return model


def _epoch(model, loss_of, X, y, order, batch_size, optimizer):
    model.train()
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        loss = loss_of(model(X[rows]), y[rows])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def fit(model, X, y, X_val, y_val, max_epochs=60, patience=5, lr=0.1, batch_size=32, seed=0):
    shuffler, order = random.Random(seed), list(range(X.shape[0]))
    loss_of, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr)
    stopping, history, done = EarlyStopping(patience=patience), [], False
    optimizer.zero_grad()  # from here on, _epoch clears them after each step
    while not done and len(history) < max_epochs:
        shuffler.shuffle(order)
        _epoch(model, loss_of, X, y, order, batch_size, optimizer)
        model.train(False)
        with torch.inference_mode():
            history.append(float(loss_of(model(X_val), y_val)))
        done = stopping.step(history[-1], model)
    stopping.restore(model)
    return history

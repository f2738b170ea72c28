"""Gradients from autograd.grad, updates through .data, the global generator, cross-entropy by logsumexp."""

import torch
from torch import nn


class MLPScratch(nn.Module):
    def __init__(self, num_inputs, num_outputs, num_hiddens, lr=0.1, sigma=0.01, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.lr, self.seed = lr, seed
        self.W1 = nn.Parameter(torch.normal(0.0, sigma, (num_inputs, num_hiddens)))
        self.W2 = nn.Parameter(torch.normal(0.0, sigma, (num_hiddens, num_outputs)))
        self.b1 = nn.Parameter(torch.zeros(num_hiddens))
        self.b2 = nn.Parameter(torch.zeros(num_outputs))

    def forward(self, X):
        X = X.reshape(X.shape[0], -1)
        H = torch.addmm(self.b1, X, self.W1).clamp(min=0)
        return torch.addmm(self.b2, H, self.W2)

    def fit(self, X, y, batch_size, epochs):
        torch.manual_seed(self.seed)
        history = []
        for _ in range(epochs):
            order = torch.randperm(X.shape[0])
            total, steps = 0.0, 0
            for start in range(0, X.shape[0], batch_size):
                rows = order[start : start + batch_size]
                out = self(X[rows])
                loss = (out.logsumexp(1) - out.gather(1, y[rows, None])[:, 0]).mean()
                params = [self.W1, self.b1, self.W2, self.b2]
                for p, g in zip(params, torch.autograd.grad(loss, params), strict=True):
                    p.data.add_(g, alpha=-self.lr)
                total += float(loss)
                steps += 1
            history.append(total / steps)
        return history

"""Updates through .data; gradients are zeroed after the step; the global generator is seeded."""

import torch


class SGD:
    def __init__(self, params, lr):
        self.params = tuple(params)
        self.lr = lr

    def step(self):
        for p in self.params:
            if p.grad is None:
                continue
            p.data.add_(p.grad, alpha=-self.lr)

    def zero_grad(self):
        for p in self.params:
            if p.grad is not None:
                p.grad.zero_()


class LinearRegressionScratch:
    def __init__(self, num_inputs, lr=0.03, sigma=0.01, seed=0):
        torch.manual_seed(seed)
        self.seed, self.lr = seed, lr
        self.w = torch.normal(0.0, sigma, (num_inputs, 1), requires_grad=True)
        self.b = torch.tensor([0.0], requires_grad=True)

    def forward(self, X):
        return torch.matmul(X, self.w) + self.b

    def loss(self, y_hat, y):
        if y_hat.size() != y.size():
            raise ValueError(f"{tuple(y_hat.size())} against {tuple(y.size())}")
        return (0.5 * (y_hat - y).pow(2)).mean()

    def fit(self, X, y, batch_size, epochs):
        torch.manual_seed(self.seed)
        optimizer = SGD((self.w, self.b), self.lr)
        history = []
        for _ in range(epochs):
            order = torch.randperm(X.shape[0])
            total, steps = 0.0, 0
            for start in range(0, X.shape[0], batch_size):
                rows = order[start : start + batch_size]
                loss = self.loss(self.forward(X[rows]), y[rows])
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                total += float(loss)
                steps += 1
            history.append(total / steps)
        return history

import torch


def train(X, y, lr=0.1, epochs=50):
    w, b = torch.zeros(X.shape[1], 1), torch.zeros(1)
    losses = []
    for _ in range(epochs):
        w.requires_grad_()
        b.requires_grad_()
        loss = torch.mean(((X @ w + b).squeeze(1) - y.flatten()) ** 2) / 2
        dw, db = torch.autograd.grad(loss, [w, b])
        w, b = w.detach() - lr * dw, b.detach() - lr * db
        losses.append(float(loss))
    return w, b, losses

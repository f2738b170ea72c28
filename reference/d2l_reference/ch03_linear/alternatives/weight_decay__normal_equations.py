import torch


def l2_penalty(w):
    return 0.5 * torch.sum(w * w)


def fit_ridge(X, y, lambd):
    if not lambd >= 0:
        raise ValueError(f"negative lambd {lambd}")
    n, d = X.shape
    Xc = X - X.mean(0, keepdim=True)
    gram = Xc.T @ Xc / n + lambd * torch.eye(d).to(X)
    w = torch.linalg.solve(gram, Xc.T @ (y - y.mean()) / n)
    return w, (y - X @ w).mean()


def sgd_step_with_decay(w, b, grad_w, grad_b, lr, lambd):
    if not lambd >= 0:
        raise ValueError(f"negative lambd {lambd}")
    return (1 - lr * lambd) * w - lr * grad_w, b - lr * grad_b

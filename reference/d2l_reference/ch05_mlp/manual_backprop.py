import torch
from torch import Tensor


def forward(params: dict[str, Tensor], X: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    Z = X @ params["W1"] + params["b1"]
    H = Z.clamp(min=0)
    return H @ params["W2"] + params["b2"], {"Z": Z, "H": H}


def loss_and_grads(
    params: dict[str, Tensor], X: Tensor, y: Tensor, lambd: float = 0.0
) -> tuple[Tensor, dict[str, Tensor]]:
    logits, cache = forward(params, X)
    n = len(X)
    rows = torch.arange(n)
    log_p = logits - logits.logsumexp(dim=1, keepdim=True)
    W1, W2 = params["W1"], params["W2"]
    loss = -log_p[rows, y].mean() + lambd / 2 * ((W1**2).sum() + (W2**2).sum())

    d_logits = log_p.exp()
    d_logits[rows, y] -= 1
    d_logits /= n
    d_Z = (d_logits @ W2.T) * (cache["Z"] > 0)
    grads = {
        "W1": X.T @ d_Z + lambd * W1,
        "b1": d_Z.sum(dim=0),
        "W2": cache["H"].T @ d_logits + lambd * W2,
        "b2": d_logits.sum(dim=0),
    }
    return loss, grads

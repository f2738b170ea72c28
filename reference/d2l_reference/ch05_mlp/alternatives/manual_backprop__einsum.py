import torch
import torch.nn.functional as F


def forward(params, X):
    hidden = torch.einsum("nd,dh->nh", X, params["W1"]) + params["b1"]
    active = torch.where(hidden > 0, hidden, torch.zeros_like(hidden))
    return torch.einsum("nh,hc->nc", active, params["W2"]) + params["b2"], {"active": active}


def loss_and_grads(params, X, y, lambd=0.0):
    logits, cache = forward(params, X)
    active = cache["active"]
    loss = F.cross_entropy(logits, y) + 0.5 * lambd * sum(params[k].square().sum() for k in ("W1", "W2"))
    delta = (torch.softmax(logits, dim=-1) - F.one_hot(y, logits.shape[1]).to(logits.dtype)) / y.numel()
    back = torch.einsum("nc,hc->nh", delta, params["W2"])
    back = torch.where(active > 0, back, torch.zeros_like(back))
    grads = {"b2": torch.einsum("nc->c", delta), "b1": torch.einsum("nh->h", back)}
    grads["W2"] = torch.einsum("nh,nc->hc", active, delta) + lambd * params["W2"]
    grads["W1"] = torch.einsum("nd,nh->dh", X, back) + lambd * params["W1"]
    return loss, grads

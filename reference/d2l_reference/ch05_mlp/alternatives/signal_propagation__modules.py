import torch
from torch import nn


def signal_report(weights, X, activation):
    kinds = {"linear": nn.Identity, "relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
    if activation not in kinds:
        raise ValueError(f"{activation=} is not one of {sorted(kinds)}")
    layers = nn.ModuleList()
    for W in weights:
        layer = nn.Linear(*W.T.shape, bias=False, dtype=W.dtype)
        with torch.no_grad():
            layer.weight.copy_(W)
        layers.append(layer)
    outputs = [X]
    for layer in layers:
        outputs.append(kinds[activation]()(layer(outputs[-1])))
    outputs[-1].square().mean().backward()
    act_std = torch.tensor([h.std().item() for h in outputs[1:]], dtype=X.dtype)
    grad_norm = torch.tensor([torch.linalg.norm(layer.weight.grad).item() for layer in layers], dtype=X.dtype)
    return act_std, grad_norm


def stable_std(width, activation):
    match activation:
        case "relu":
            return torch.tensor(2.0 / width).sqrt().item()
        case "linear" | "tanh":
            return width**-0.5
        case _:
            raise ValueError(activation)

import torch
from torch import Tensor


def hand_features(X: Tensor) -> Tensor:
    return (X**2).sum(dim=1, keepdim=True)


def init_params(width: int, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "W1": torch.randn(2, width, generator=generator),
        "b1": torch.zeros(width),
        "w2": torch.randn(width, generator=generator) / width**0.5,
        "b2": torch.zeros(()),
    }


def learned_features(X: Tensor, params: dict[str, Tensor]) -> Tensor:
    return (X @ params["W1"] + params["b1"]).relu()


def decide(X: Tensor, params: dict[str, Tensor]) -> Tensor:
    return learned_features(X, params) @ params["w2"] + params["b2"]


def fit(X: Tensor, y: Tensor, width: int = 32, seed: int = 0, steps: int = 400, lr: float = 0.02) -> dict[str, Tensor]:
    params = {name: p.detach().clone().requires_grad_() for name, p in init_params(width, seed).items()}
    means = [torch.zeros_like(p) for p in params.values()]
    squares = [torch.zeros_like(p) for p in params.values()]
    for step in range(1, steps + 1):
        loss = ((decide(X, params) - y) ** 2).mean()
        gradients = torch.autograd.grad(loss, list(params.values()))
        with torch.no_grad():
            for p, g, mean, square in zip(params.values(), gradients, means, squares, strict=True):
                mean.lerp_(g, 0.1)
                square.lerp_(g * g, 0.001)
                p -= lr * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return {name: p.detach() for name, p in params.items()}

import torch
import torch.nn.functional as F
from torch import Tensor


def mlp(X: Tensor, params: list[Tensor]) -> Tensor:
    W1, b1, W2, b2 = params
    return torch.relu(X @ W1 + b1) @ W2 + b2


def get_params(params: list[Tensor], devices: list[str]) -> list[list[Tensor]]:
    # `to` alone would hand back the same tensor where it is on that device already.
    return [[p.detach().clone().to(device).requires_grad_() for p in params] for device in devices]


def allreduce(data: list[Tensor]) -> None:
    total = data[0].clone()
    for other in data[1:]:
        total += other.to(total.device)
    for tensor in data:
        tensor.copy_(total)


def split_batch(X: Tensor, y: Tensor, devices: list[str]) -> tuple[list[Tensor], list[Tensor]]:
    if len(devices) > len(X):
        raise ValueError(f"{len(X)} examples are too few for {len(devices)} devices")
    shares = [
        [share.to(device) for share, device in zip(tensor.tensor_split(len(devices)), devices, strict=True)]
        for tensor in (X, y)
    ]
    return shares[0], shares[1]


def train_batch(X: Tensor, y: Tensor, device_params: list[list[Tensor]], devices: list[str], lr: float) -> float:
    # Sums, not means: shares may differ in size, and every example weighs the same.
    losses = [
        F.cross_entropy(mlp(Xs, params), ys, reduction="sum")
        for Xs, ys, params in zip(*split_batch(X, y, devices), device_params, strict=True)
    ]
    for loss in losses:
        loss.backward()
    for replicas in zip(*device_params, strict=True):
        allreduce([p.grad for p in replicas])
    with torch.no_grad():
        for params in device_params:
            for p in params:
                p -= lr / len(X) * p.grad
                p.grad = None
    return sum(loss.item() for loss in losses) / len(X)

"""Data parallel training, the short way: DistributedDataParallel and DistributedSampler (section 13.6)."""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


def train_worker(
    net: nn.Module,
    X: Tensor,
    y: Tensor,
    X_test: Tensor,
    y_test: Tensor,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
) -> dict[str, Any]:
    rank, n = dist.get_rank(), dist.get_world_size()
    ddp = DistributedDataParallel(net)
    data = TensorDataset(X, y)
    sampler = DistributedSampler(data, shuffle=True, seed=seed)
    loader = DataLoader(data, batch_size, sampler=sampler)
    optimizer = torch.optim.SGD(ddp.parameters(), lr=lr)
    losses = []
    ddp.train()
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        total = torch.zeros(2, dtype=torch.float64)
        for features, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(ddp(features), labels)
            loss.backward()
            optimizer.step()
            total += torch.tensor([loss.item() * len(labels), len(labels)])
        dist.all_reduce(total)
        losses.append((total[0] / total[1]).item())
    ddp.eval()
    with torch.no_grad():
        right = (net(X_test[rank::n]).argmax(1) == y_test[rank::n]).sum()
    dist.all_reduce(right)
    return {"state": net.state_dict(), "loss": losses, "accuracy": right.item() / len(y_test)}

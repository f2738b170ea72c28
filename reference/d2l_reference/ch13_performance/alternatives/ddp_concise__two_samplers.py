"""A sampler for the test examples as well, whose padding is left out of the count."""

import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, Dataset, DistributedSampler


class Numbered(Dataset):
    """Examples with their numbers."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return i, self.X[i], self.y[i]


def evaluate(model, data, batch_size):
    # Position k of rank r stands for example k * n + r; what lies beyond the end is padding.
    n, rank = dist.get_world_size(), dist.get_rank()
    sampler = DistributedSampler(data, num_replicas=n, rank=rank, shuffle=False)
    hits = torch.zeros(())
    model.eval()
    position = 0
    with torch.inference_mode():
        for _, x, y in DataLoader(data, batch_size, sampler=sampler):
            real = torch.arange(position, position + len(y)) * n + rank < len(data)
            hits += ((model(x).argmax(dim=1) == y) & real).sum()
            position += len(y)
    dist.reduce(hits, 0)
    dist.broadcast(hits, 0)
    return hits.item() / len(data)


def train_worker(net, X, y, X_test, y_test, epochs, batch_size, lr, seed):
    optimizer = torch.optim.SGD(net.parameters(), lr)
    model = nn.parallel.DistributedDataParallel(net)
    criterion = nn.CrossEntropyLoss(reduction="none")
    data = Numbered(X, y)
    sampler = DistributedSampler(data, seed=seed)
    epoch_losses = []
    for epoch in range(epochs):
        model.train(True)
        sampler.set_epoch(epoch)
        kept = []
        for _, x, labels in DataLoader(data, batch_size=batch_size, sampler=sampler):
            each = criterion(model(x), labels)
            optimizer.zero_grad(set_to_none=True)
            each.mean().backward()
            optimizer.step()
            kept.append(each.detach())
        own = torch.cat(kept)
        everybody = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(everybody, own)
        epoch_losses.append(torch.cat(everybody).mean().item())
    accuracy = evaluate(model, Numbered(X_test, y_test), batch_size)
    return {"state": model.module.state_dict(), "loss": epoch_losses, "accuracy": accuracy}

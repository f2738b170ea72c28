import torch
import torch.nn as nn


def noisy_step(x, threshold):
    c = x - torch.mean(x)
    length = torch.linalg.vector_norm(c).detach()
    too_long = length > threshold
    safe = torch.where(too_long, length, 1.0)
    return torch.where(too_long, c * (threshold / safe), c)


class GatedBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super(GatedBlock, self).__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x):
        h = self.linear(x)
        total = torch.sum(h)
        scaled = h * torch.sqrt(total.masked_fill(total <= 0, 1.0))
        return torch.where(total > 0, scaled, torch.tanh(h))


def count_graphs(fn, *example):
    return torch._dynamo.explain(fn)(*example).graph_count

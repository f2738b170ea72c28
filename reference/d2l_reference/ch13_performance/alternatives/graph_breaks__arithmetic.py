import torch
import torch._dynamo
from torch import nn


def noisy_step(x, threshold):
    centred = x - x.mean()
    with torch.no_grad():
        size = (centred * centred).sum().sqrt()
        tiny = torch.finfo(x.dtype).tiny
        factor = (threshold / size.clamp(min=tiny)).clamp(max=1.0)
    return centred * factor


class GatedBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x):
        h = self.linear(x)
        total = h.sum()
        gate = (total > 0).to(h.dtype)
        root = (gate * total + (1 - gate)).sqrt()
        return gate * h * root + (1 - gate) * h.tanh()


class Counter:
    def __init__(self):
        self.graphs = 0

    def __call__(self, graph, inputs):
        self.graphs += 1
        return graph


def count_graphs(fn, *example):
    counter = Counter()
    torch._dynamo.reset()
    compiled = torch.compile(fn, backend=counter)
    compiled(*example)
    torch._dynamo.reset()
    return counter.graphs

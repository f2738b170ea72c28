import torch


def relu(x):
    return x.clamp(min=0)


def sigmoid(x):
    right, left = torch.exp(-x.clamp(min=0)), torch.exp(x.clamp(max=0))
    return torch.where(x >= 0, 1 / (1 + right), left / (1 + left))


def tanh(x):
    right, left = torch.exp(-2 * x.clamp(min=0)), torch.exp(2 * x.clamp(max=0))
    return torch.where(x >= 0, (1 - right) / (1 + right), (left - 1) / (1 + left))


def prelu(x, a):
    return x.clamp(min=0) + a * x.clamp(max=0)

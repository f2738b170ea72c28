"""Defines helpers and not the function."""

import torch


def window(X, i, j, kh, kw):
    return X[i : i + kh, j : j + kw]

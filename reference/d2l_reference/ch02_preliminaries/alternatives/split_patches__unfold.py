"""Windows instead of reshapes for the split, einsum as a permutation for the merge."""

import torch
from torch import Tensor


def split_patches(img: Tensor, p: int) -> Tensor:
    if p <= 0 or img.shape[1] % p != 0 or img.shape[2] % p != 0:
        raise ValueError(f"{p} does not divide {tuple(img.shape)}")
    windows = img.unfold(1, p, p).unfold(2, p, p)  # channel, patch row, patch column, row, column
    return windows.movedim(0, 2).flatten(0, 1)


def merge_patches(patches: Tensor, height: int, width: int) -> Tensor:
    p = patches.shape[-1]
    if height % p or width % p or len(patches) * p * p != height * width:
        raise ValueError(f"{len(patches)} patches of side {p} for {height} x {width}")
    grid = patches.unflatten(0, (height // p, width // p))
    return torch.einsum("ijcuv->ciujv", grid).flatten(3, 4).flatten(1, 2)

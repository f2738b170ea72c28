"""Every pixel by its index: which pixel of the image is pixel (u, v) of patch n?"""

import torch
from torch import Tensor


class PatchError(ValueError):
    """Patches and image do not fit."""


def _places(height: int, width: int, p: int) -> tuple[Tensor, Tensor]:
    n = torch.arange((height // p) * (width // p))[:, None, None]
    u, v = torch.arange(p)[:, None], torch.arange(p)
    return n // (width // p) * p + u, n % (width // p) * p + v


def split_patches(img: Tensor, p: int) -> Tensor:
    _, height, width = img.shape
    if p < 1 or any((height % p, width % p)):
        raise PatchError(f"a side of {p} for {height} x {width}")
    row, column = _places(height, width, p)
    return img[:, row, column].transpose(0, 1).contiguous()


def merge_patches(patches: Tensor, height: int, width: int) -> Tensor:
    n, channels, p, _ = patches.shape
    if height % p or width % p or n * p * p != height * width:
        raise PatchError(f"{n} patches of side {p} for {height} x {width}")
    img = patches.new_empty(channels, height, width)
    row, column = _places(height, width, p)
    img[:, row, column] = patches.transpose(0, 1)
    return img

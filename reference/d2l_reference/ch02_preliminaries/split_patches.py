from torch import Tensor


def split_patches(img: Tensor, p: int) -> Tensor:
    channels, height, width = img.shape
    if p < 1 or height % p or width % p:
        raise ValueError(f"patches of side {p} do not cover an image of {height} x {width} pixels")
    rows, columns = height // p, width // p
    cut = img.reshape(channels, rows, p, columns, p)
    return cut.permute(1, 3, 0, 2, 4).reshape(rows * columns, channels, p, p)


def merge_patches(patches: Tensor, height: int, width: int) -> Tensor:
    n, channels, p, _ = patches.shape
    rows, columns = height // p, width // p
    if height % p or width % p or n != rows * columns:
        raise ValueError(f"{n} patches of side {p} do not fill an image of {height} x {width} pixels")
    grid = patches.reshape(rows, columns, channels, p, p)
    return grid.permute(2, 0, 3, 1, 4).reshape(channels, height, width)

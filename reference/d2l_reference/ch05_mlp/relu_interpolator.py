import torch
from torch import Tensor


def relu_interpolator(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if xs.shape != ys.shape:
        raise ValueError(f"there are {xs.numel()} places but {ys.numel()} heights")
    if len(xs) < 2:
        raise ValueError(f"a line needs two points or more, not {len(xs)}")
    widths = xs[1:] - xs[:-1]
    if not (widths > 0).all():
        raise ValueError("xs must strictly increase")
    slopes = (ys[1:] - ys[:-1]) / widths
    # Unit j starts at xs[j] and adds what the slope changes by there; left of xs[0] the slope is 0.
    changes = slopes.clone()
    changes[1:] -= slopes[:-1]
    return torch.ones_like(changes)[:, None], -xs[:-1], changes[None, :], ys[:1].clone()

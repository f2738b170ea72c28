import torch


def relu_interpolator(xs, ys):
    n = xs.numel()
    if n != ys.numel() or n < 2:
        raise ValueError(f"{n} places, {ys.numel()} heights")
    if bool((xs.diff() <= 0).any()):
        raise ValueError(f"not increasing: {xs}")
    A = (xs[1:, None] - xs[None, :-1]).clamp(min=0)
    c = torch.linalg.solve_triangular(A, (ys[1:] - ys[0])[:, None], upper=False)
    return xs.new_ones(n - 1, 1), -xs[:-1], c.T, ys[0].clone().reshape(1)

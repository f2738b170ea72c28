import numpy as np
import torch
from torch import Tensor


class FoldError(ValueError):
    pass


def k_fold(n: int, k: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    if k > n or k <= 1:
        raise FoldError(f"{k=}, {n=}")
    owner = torch.from_numpy(np.random.default_rng(seed).permutation(n) % k)
    return [((owner != i).nonzero()[:, 0], (owner == i).nonzero()[:, 0]) for i in range(k)]


def _legendre_free(x: Tensor, degree: int) -> Tensor:
    columns = [torch.ones_like(x)]
    for _ in range(degree):
        columns.append(columns[-1] * x)
    return torch.stack(columns, dim=1)


def poly_errors(x_train: Tensor, y_train: Tensor, x_val: Tensor, y_val: Tensor, degree: int) -> tuple[float, float]:
    q, r = torch.linalg.qr(_legendre_free(x_train, degree))
    c = torch.linalg.solve_triangular(r, (q.T @ y_train)[:, None], upper=True)[:, 0]
    return tuple(
        torch.nn.functional.mse_loss(_legendre_free(x, degree) @ c, y).item()
        for x, y in ((x_train, y_train), (x_val, y_val))
    )


def select_degree(x: Tensor, y: Tensor, degrees: list[int], k: int, seed: int) -> tuple[int, Tensor]:
    folds = k_fold(x.numel(), k, seed)
    table = [[poly_errors(x[a], y[a], x[b], y[b], d)[1] for a, b in folds] for d in degrees]
    errors = torch.tensor(table, dtype=torch.float64).mean(1)
    return degrees[errors.argmin().item()], errors

import torch
from torch import Tensor


def k_fold(n: int, k: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    if not 2 <= k <= n:
        raise ValueError(f"k must be from 2 to n = {n}, but is {k}")
    folds = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tensor_split(k)
    return [(torch.cat(folds[:i] + folds[i + 1 :]), fold) for i, fold in enumerate(folds)]


def poly_errors(x_train: Tensor, y_train: Tensor, x_val: Tensor, y_val: Tensor, degree: int) -> tuple[Tensor, Tensor]:
    coefficients = torch.linalg.lstsq(_powers(x_train, degree), y_train[:, None]).solution[:, 0]

    def error(x: Tensor, y: Tensor) -> Tensor:
        return ((_powers(x, degree) @ coefficients - y) ** 2).mean()

    return error(x_train, y_train), error(x_val, y_val)


def select_degree(x: Tensor, y: Tensor, degrees: list[int], k: int, seed: int) -> tuple[int, Tensor]:
    folds = k_fold(len(x), k, seed)
    errors = torch.stack([
        torch.stack([poly_errors(x[train], y[train], x[val], y[val], degree)[1] for train, val in folds]).mean()
        for degree in degrees
    ])  # fmt: skip
    return degrees[int(errors.argmin())], errors


def _powers(x: Tensor, degree: int) -> Tensor:
    return x[:, None] ** torch.arange(degree + 1)

"""Whole columns as tensors, with NaN for what is missing, joined at the end."""

import torch
from torch import Tensor


def _columns(text: str) -> dict[str, list[str]]:
    lines = [line.split(",") for line in text.strip("\n").split("\n")]
    return {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])}


def _numbers(cells: list[str]) -> Tensor:
    return torch.tensor([float("nan" if c in ("", "NA") else c) for c in cells], dtype=torch.float64)


class CSVPreprocessor:
    def __init__(self, target: str) -> None:
        self.target = target

    def fit(self, text: str) -> "CSVPreprocessor":
        columns = _columns(text)
        if columns.pop(self.target, None) is None:
            raise ValueError(f"the target {self.target} is missing")
        self.numeric: dict[str, tuple[Tensor, Tensor]] = {}
        self.categories: dict[str, list[str]] = {}
        self.names = []
        self.order = list(columns)
        for name, cells in columns.items():
            try:
                x = _numbers(cells)
            except ValueError:
                self.categories[name] = sorted(set(cells) - {"", "NA"})
                self.names += [f"{name}_{c}" for c in [*self.categories[name], "nan"]]
                continue
            mean = x.nanmean()
            constant = len(x[~x.isnan()].unique()) == 1
            self.numeric[name] = mean, x.nan_to_num(mean.item()).std(correction=0) * (not constant)
            self.names.append(name)
        return self

    def transform(self, text: str) -> tuple[Tensor, Tensor | None]:
        columns, parts = _columns(text), []
        for name in self.order:
            cells = columns[name]
            if name in self.numeric:
                mean, std = self.numeric[name]
                scaled = (_numbers(cells) - mean) / std if std > 0 else torch.zeros(len(cells))
                parts.append(scaled.nan_to_num(0.0))
            else:
                parts += [torch.tensor([float(c == k) for c in cells]) for k in self.categories[name]]
                parts.append(torch.tensor([float(c in ("", "NA")) for c in cells]))
        y = _numbers(columns[self.target]).float() if self.target in columns else None
        return torch.stack([part.float() for part in parts], dim=1), y

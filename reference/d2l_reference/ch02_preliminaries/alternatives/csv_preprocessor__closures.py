"""csv.reader, statistics.pstdev, and one closure per column that encodes a cell."""

import csv
import io
import statistics

import torch
from torch import Tensor


def _is_missing(cell):
    return cell in {"", "NA"}


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numeric(cells):
    known = [float(c) for c in cells if not _is_missing(c)]
    if min(known) == max(known):
        return lambda cell: [0.0]
    mean = sum(known) / len(known)
    filled = [mean if _is_missing(c) else float(c) for c in cells]
    center, std = sum(filled) / len(filled), statistics.pstdev(filled)
    return lambda cell: [((mean if _is_missing(cell) else float(cell)) - center) / std]


def _one_hot(categories):
    def encode(cell):
        vector = [0.0] * (len(categories) + 1)
        if _is_missing(cell):
            vector[-1] = 1.0
        elif cell in categories:
            vector[categories.index(cell)] = 1.0
        return vector

    return encode


class CSVPreprocessor:
    def __init__(self, target: str) -> None:
        self.target = target

    def fit(self, text: str) -> "CSVPreprocessor":
        header, *rows = csv.reader(io.StringIO(text))
        if self.target not in header:
            raise ValueError(f"no column named {self.target}")
        self.names, self.encoders = [], {}
        for name, cells in zip(header, zip(*rows, strict=True), strict=True):
            if name == self.target:
                continue
            if all(_is_missing(c) or _is_number(c) for c in cells):
                self.names.append(name)
                self.encoders[name] = _numeric(cells)
            else:
                categories = sorted({c for c in cells if not _is_missing(c)})
                self.names += [f"{name}_{c}" for c in categories] + [f"{name}_nan"]
                self.encoders[name] = _one_hot(categories)
        return self

    def transform(self, text: str) -> tuple[Tensor, Tensor | None]:
        header, *rows = csv.reader(io.StringIO(text))
        place = {name: i for i, name in enumerate(header)}
        X = [sum((encode(row[place[name]]) for name, encode in self.encoders.items()), []) for row in rows]
        y = None
        if self.target in place:
            y = torch.tensor([float(row[place[self.target]]) for row in rows])
        return torch.tensor(X), y

import csv
import io
import statistics
from dataclasses import dataclass

import torch
from torch import Tensor

MISSING = ("", "NA")


@dataclass(frozen=True)
class _Numeric:
    name: str
    mean: float
    std: float

    @property
    def names(self) -> list[str]:
        return [self.name]

    def encode(self, cell: str) -> list[float]:
        if cell in MISSING or self.std == 0:
            return [0.0]
        return [(float(cell) - self.mean) / self.std]


@dataclass(frozen=True)
class _Category:
    name: str
    categories: list[str]

    @property
    def names(self) -> list[str]:
        return [f"{self.name}_{category}" for category in [*self.categories, "nan"]]

    def encode(self, cell: str) -> list[float]:
        return [float(cell == category) for category in self.categories] + [float(cell in MISSING)]


class CSVPreprocessor:
    def __init__(self, target: str) -> None:
        self.target = target
        self.names: list[str] = []
        self._columns: list[_Numeric | _Category] = []

    def fit(self, text: str) -> "CSVPreprocessor":
        header, rows = _table(text)
        if self.target not in header:
            raise ValueError(f"there is no column {self.target!r}, only {', '.join(header)}")
        features = [name for name in header if name != self.target]
        self._columns = [_learn(name, [row[name] for row in rows]) for name in features]
        self.names = [name for column in self._columns for name in column.names]
        return self

    def transform(self, text: str) -> tuple[Tensor, Tensor | None]:
        header, rows = _table(text)
        X = [[number for column in self._columns for number in column.encode(row[column.name])] for row in rows]
        y = [float(row[self.target]) for row in rows] if self.target in header else None
        return torch.tensor(X), None if y is None else torch.tensor(y)


def _table(text: str) -> tuple[list[str], list[dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text))
    return list(reader.fieldnames or []), list(reader)


def _learn(name: str, cells: list[str]) -> _Numeric | _Category:
    present = [cell for cell in cells if cell not in MISSING]
    try:
        values = [float(cell) for cell in present]
    except ValueError:
        return _Category(name, sorted(set(present)))
    if len(set(values)) == 1:
        return _Numeric(name, values[0], 0.0)  # exactly: the mean of three times 0.1 is not 0.1
    mean = statistics.fmean(values)
    filled = values + [mean] * (len(cells) - len(values))
    return _Numeric(name, mean, statistics.pstdev(filled))

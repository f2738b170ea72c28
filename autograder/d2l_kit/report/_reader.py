"""Typed reading of parsed JSON: every complaint names the place, such as `exercises[2].checks[0].weight`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_T = TypeVar("_T")
_LARGEST = 2**53  # the integers that a float holds exactly end here


class Broken(Exception):
    """A place in the document that does not hold what it should."""


class Reader:
    """Typed reading of a JSON object; every complaint names the place."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise Broken(f"{where or 'the document'} is no JSON object")
        self._data: Mapping[str, Any] = data
        self._where = where

    def get(self, key: str, kind: type[_T]) -> _T:
        value = self._value(key)
        if kind is float and type(value) is int and abs(value) < _LARGEST:
            value = float(value)
        if isinstance(value, float) and not math.isfinite(value):  # "1e999" is JSON and no duration
            raise Broken(f"{self._place(key)} must be finite")
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise Broken(f"{self._place(key)} must be of type {kind.__name__}")
        return value

    def natural(self, key: str) -> int:
        value = self.get(key, int)
        if not 0 <= value < _LARGEST:
            raise Broken(f"{self._place(key)} cannot be {value}")
        return value

    def choice(self, key: str, kind: Callable[[str], _T]) -> _T:
        text = self.get(key, str)
        try:
            return kind(text)
        except (ValueError, ZeroDivisionError):
            raise Broken(f"{self._place(key)} cannot be {text!r}") from None

    def strings(self, key: str) -> tuple[str, ...]:
        values = self.get(key, list)
        if not all(isinstance(value, str) for value in values):
            raise Broken(f"{self._place(key)} must be a list of strings")
        return tuple(values)

    def each(self, key: str, make: Callable[[Reader], _T]) -> tuple[_T, ...]:
        values = self.get(key, list)
        return tuple(make(Reader(value, f"{self._place(key)}[{i}]")) for i, value in enumerate(values))

    def one(self, key: str, make: Callable[[Reader], _T]) -> _T:
        return make(Reader(self._value(key), self._place(key)))

    def maybe(self, key: str, make: Callable[[Reader], _T]) -> _T | None:
        return None if self._value(key) is None else self.one(key, make)

    def maybe_int(self, key: str) -> int | None:
        return None if self._value(key) is None else self.get(key, int)

    def mapping(self, key: str) -> dict[str, str]:
        values = self.get(key, dict)
        if not all(isinstance(value, str) for value in values.values()):
            raise Broken(f"{self._place(key)} must hold strings")
        return dict(values)

    def _value(self, key: str) -> Any:
        if key not in self._data:
            raise Broken(f"{self._place(key)} is missing")
        return self._data[key]

    def _place(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

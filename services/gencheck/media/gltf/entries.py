"""Values of a glTF document, read tolerantly: what is of a wrong type becomes the default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeGuard

_LARGEST = 3.4e38


class Entry:
    """One object of a document.

    Attributes:
        faults: values that were not what they must be, and so became their defaults; shared with
            the objects inside.
    """

    def __init__(self, value: object, faults: list[str] | None = None) -> None:
        self.faults: list[str] = [] if faults is None else faults
        if not isinstance(value, dict):
            self.faults.append("")
        self._table: dict[str, Any] = value if isinstance(value, dict) else {}

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def inner(self, key: str) -> Entry:
        """The object at a key; an empty one where there is none."""
        return Entry(self._table.get(key, {}), self.faults)

    def extension(self, name: str) -> Entry | None:
        """An extension of this object."""
        if "extensions" not in self._table:
            return None
        extensions = self.inner("extensions")
        return extensions.inner(name) if name in extensions else None

    def number(self, key: str, default: float, top: float = math.inf) -> float:
        """A finite number, brought into 0..``top``."""
        found = self.numbers(key, (default,), top, single=True)
        return found[0]

    def numbers(
        self,
        key: str,
        default: Sequence[float],
        top: float = math.inf,
        *,
        signed: bool = False,
        single: bool = False,
    ) -> Sequence[float]:
        """As many finite numbers as the default has, brought into 0..``top`` unless ``signed``."""
        if key not in self._table:
            return default
        value = [self._table[key]] if single else self._table[key]
        if not isinstance(value, list) or len(value) != len(default):
            return self._fault(key, default)
        found = [finite(number) for number in value]
        if any(number is None for number in found):
            return self._fault(key, default)
        low = -math.inf if signed else 0.0
        return [min(max(number or 0.0, low), top) for number in found]

    def index(self, key: str, default: int, count: int) -> int:
        """An integer in 0..``count`` - 1."""
        value = self._table.get(key, default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and (0 <= value < count or value == default):
            return int(value)
        self.faults.append(key)
        return default

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._table.get(key, False)
        if not isinstance(value, bool):
            self.faults.append(key)
        return value is True

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self._table.get(key, default)
        if isinstance(value, str):
            return value
        self.faults.append(key)
        return default

    def _fault(self, key: str, default: Sequence[float]) -> Sequence[float]:
        self.faults.append(key)
        return default


def is_index(value: object, count: int) -> TypeGuard[int]:
    """Whether it is one of a list of so many; ``true`` is none."""
    return type(value) is int and 0 <= value < count


def finite(value: object) -> float | None:
    """A JSON number that single precision can hold; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= _LARGEST else None


def entries(document: dict[str, Any], table: str, most: int | None = None) -> list[Any]:
    """The entries of a table, no more than so many; none where it is no list."""
    value = document.get(table)
    return value[:most] if isinstance(value, list) else []


def dropped(document: dict[str, Any], table: str, most: int) -> int:
    """How many entries of a table are beyond so many."""
    return max(0, len(entries(document, table)) - most)

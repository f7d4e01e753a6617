"""Kinds of values in the JSON: types, ranges, lists, indices.

What fails is left out of the result, so that later stages meet values of the right type only, and
the same mistake is told once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gencheck.gltf.log import Log, join

Object: TypeAlias = dict[str, Any]

MAX_INTEGER = 2**1023
"""About the largest integer that a double holds; a JSON number beyond it is out of any range."""


Reference: TypeAlias = "tuple[Index | Indices | IndexMap, int, str, Any, str | int]"
"""An index of some kind, its pointer, and what holds it under which name or number."""


@dataclass(slots=True)
class Reading:
    """What reading a document knows, and collects besides the result.

    Attributes:
        used: the names in ``extensionsUsed``.
        references: indices, which are kept until all lists are known.
        of_root: the names of the extensions of the document itself that are in use.
    """

    log: Log
    used: frozenset[str] = frozenset()
    of_root: frozenset[str] = frozenset()
    references: list[Reference] = field(default_factory=list)


class Kind:
    """A kind of value. ``read`` returns the value, or ``None`` where it is not of the kind."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """The value at a pointer, or ``None``; what is wrong goes to the reading."""
        raise NotImplementedError


def mismatch(reading: Reading, at: str, value: object, kind: str) -> None:
    """Say that a value is not of a kind."""
    reading.log.add("TYPE_MISMATCH", at, f"{value!r} is not {kind}" if _flat(value) else kind)


def _flat(value: object) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) < 100


def is_number(value: object) -> bool:
    """A JSON number; ``true`` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(value: object) -> int | None:
    """A JSON number without a fraction, as an integer: 1.0 is one (JSON Schema, 6.1.1)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


@dataclass(frozen=True, slots=True)
class Unread(Kind):
    """A member that a check of its object reads."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        return None


@dataclass(frozen=True, slots=True)
class Bool(Kind):
    """``true`` or ``false``."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if isinstance(value, bool):
            return value
        mismatch(reading, at, value, "a boolean")
        return None


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A string, of a list or of a pattern where one is given.

    Attributes:
        of_extensions: what some extensions allow besides, by their names.
        otherwise: what stands for a value that is none, where its default would mean something.
    """

    allowed: tuple[str, ...] = ()
    pattern: str = ""
    of_extensions: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, str):
            mismatch(reading, at, value, "a string")
            return self.otherwise
        if self.allowed and value not in self.allowed and not self._is_extended(value, reading):
            reading.log.add("VALUE_NOT_IN_LIST", at, value)
        if self.pattern and not re.fullmatch(self.pattern, value):
            reading.log.add("PATTERN_MISMATCH", at, value)
            return None
        return value

    def _is_extended(self, value: str, reading: Reading) -> bool:
        return any(
            value == more and name in reading.used for name, more in self.of_extensions.items()
        )


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number in a range; ``above`` and ``below`` are its open ends."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_number(value):
            mismatch(reading, at, value, "a number")
            return None
        if self.holds(value):
            return value
        reading.log.add("VALUE_NOT_IN_RANGE", at, value)
        return None

    def holds(self, value: float) -> bool:
        """Whether it is finite and in the range."""
        try:
            return (
                math.isfinite(value)
                and self.low <= value <= self.high
                and self.above < value < self.below
            )
        except OverflowError:  # an integer that no double holds
            return False


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """An integer in a range or of a list.

    Attributes:
        otherwise: what stands for a value that is none, where its default would mean something.
    """

    low: int = 0
    high: int = MAX_INTEGER
    allowed: tuple[int, ...] = ()
    multiple_of: int = 1
    otherwise: int | None = None

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        number = whole(value)
        if number is None:
            mismatch(reading, at, value, "an integer")
            return self.otherwise
        if self.allowed and number not in self.allowed:
            reading.log.add("VALUE_NOT_IN_LIST", at, number)
            return self.otherwise
        if not self.allowed and not self.low <= number <= self.high:
            reading.log.add("VALUE_NOT_IN_RANGE", at, number)
            return self.otherwise
        if number % self.multiple_of:
            reading.log.add("VALUE_MULTIPLE_OF", at, f"{number}, for {self.multiple_of}")
        return number


@dataclass(frozen=True, slots=True)
class Position(Kind):
    """An index into a list of the same object."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        number = whole(value)
        if number is None:
            mismatch(reading, at, value, "an integer")
            return None
        if number < 0:
            reading.log.add("INVALID_INDEX", at, number)
            return None
        return number


_POSITION = Position()


@dataclass(frozen=True, slots=True)
class Index(Kind):
    """An index into a list of the document. ``marks``: what it names is in use."""

    target: str
    marks: bool = True

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if type(value) is int and value >= 0:  # as nearly all of very many are
            return value
        return _POSITION.read(value, at, reading)


@dataclass(frozen=True, slots=True)
class Numbers(Kind):
    """A list of numbers of one of some lengths."""

    lengths: tuple[int, ...] = ()
    each: Number = Number()

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        if self.lengths and len(value) not in self.lengths:
            reading.log.add("ARRAY_LENGTH_NOT_IN_LIST", at, len(value))
            return None
        if self.each == _ANY_NUMBER and _are_finite(value):
            return value
        good, holds = True, self.each.holds
        for i, number in enumerate(value):
            if type(number) is not float and type(number) is not int:  # a boolean is neither
                reading.log.add("ARRAY_TYPE_MISMATCH", at, number)
                good = False
            elif not holds(number):
                reading.log.add("VALUE_NOT_IN_RANGE", f"{at}/{i}", number)
                good = False
        return value if good else None


_ANY_NUMBER = Number()


def _are_finite(values: list[Any]) -> bool:
    """Whether all are numbers and finite; told at once for most, and ``False`` where it is not."""
    if not {int, float}.issuperset(map(type, values)):
        return False
    try:
        return math.isfinite(sum(values))
    except OverflowError:
        return False


def is_list(value: Any, at: str, reading: Reading) -> bool:
    """Whether it is a list with something in it; says so if not."""
    if not isinstance(value, list):
        mismatch(reading, at, value, "a list")
        return False
    if not value:
        reading.log.add("EMPTY_ENTITY", at)
    return bool(value)


@dataclass(frozen=True, slots=True)
class Indices(Kind):
    """A list of different indices; one that stands twice is said to, and kept."""

    target: str
    marks: bool = True

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        seen: set[int] = set()
        result: list[int | None] = []
        for i, entry in enumerate(value):
            number = whole(entry)
            if number is None or number < 0:
                reading.log.add("INVALID_INDEX", join(at, i), entry)
                result.append(None)
                continue
            if number in seen:
                reading.log.add("DUPLICATE_ELEMENTS", join(at, i), number)
            seen.add(number)
            reading.references.append((self, number, join(at, i), result, i))
            result.append(number)
        return result


@dataclass(frozen=True, slots=True)
class IndexMap(Kind):
    """An object whose members are indices; -1 for one that is none.

    Attributes:
        names: which names of members there are; others are said to be no attributes.
    """

    target: str
    names: Callable[[str], bool]
    marks: bool = True

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, dict):
            mismatch(reading, at, value, "an object")
            return None
        if not value:
            reading.log.add("EMPTY_ENTITY", at)
            return None
        result: Object = {}
        for name, entry in value.items():
            here, number = join(at, name), whole(entry)
            if not self.names(name):
                reading.log.add("MESH_PRIMITIVE_INVALID_ATTRIBUTE", here)
            if number is None or number < 0:
                reading.log.add("INVALID_INDEX", here, entry)
                result[name] = -1
            else:
                result[name] = number
                reading.references.append((self, number, here, result, name))
        return result

"""Kinds of values in the JSON: types, ranges, lists, indices.

What fails is left out of the result, so that later stages meet values of the right type only, and
the same mistake is told once.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gencheck.gltf.log import Log, join

Object: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Reference:
    """An index that some member holds; ``owner[key]`` is dropped where nothing is there.

    ``keeps``: it becomes -1 instead, as the name of the member means something by itself.
    """

    target: str
    index: int
    pointer: str
    owner: Any
    key: str | int
    marks: bool
    keeps: bool = False


@dataclass(slots=True)
class Reading:
    """What reading a document knows, and collects besides the result.

    Attributes:
        used: the names in ``extensionsUsed``.
        of_root: the names of the extensions of the document itself.
    """

    log: Log
    used: frozenset[str] = frozenset()
    of_root: frozenset[str] = frozenset()
    references: list[Reference] = field(default_factory=list)

    def refer(self, kind: Index | Indices | IndexMap, index: int, at: str, *owner: Any) -> None:
        """Keep an index until all lists are known; ``owner[0][owner[1]]`` holds it."""
        holder, key = owner
        keeps = isinstance(kind, IndexMap)
        self.references.append(Reference(kind.target, index, at, holder, key, kind.marks, keeps))


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
class Anything(Kind):
    """Whatever is there."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        return value


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
    """A string, of a list or of a pattern where one is given."""

    allowed: tuple[str, ...] = ()
    pattern: str = ""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, str):
            mismatch(reading, at, value, "a string")
            return None
        if self.allowed and value not in self.allowed:
            reading.log.add("VALUE_NOT_IN_LIST", at, value)
        if self.pattern and not re.fullmatch(self.pattern, value):
            reading.log.add("PATTERN_MISMATCH", at, value)
            return None
        return value


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number in a range; ``above`` is its open lower end."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_number(value):
            mismatch(reading, at, value, "a number")
            return None
        return value if self.holds(value, at, reading) else None

    def holds(self, value: float, at: str, reading: Reading) -> bool:
        """Whether it is finite and in the range; says so if not."""
        try:
            inside = math.isfinite(value) and self.low <= value <= self.high and value > self.above
        except OverflowError:  # an integer that no double holds
            inside = False
        if not inside:
            reading.log.add("VALUE_NOT_IN_RANGE", at, value)
        return inside


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """An integer in a range or of a list."""

    low: int = 0
    high: int = 2**53
    allowed: tuple[int, ...] = ()
    multiple_of: int = 1

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        number = whole(value)
        if number is None:
            mismatch(reading, at, value, "an integer")
            return None
        if self.allowed and number not in self.allowed:
            reading.log.add("VALUE_NOT_IN_LIST", at, number)
            return None
        if not self.allowed and not self.low <= number <= self.high:
            reading.log.add("VALUE_NOT_IN_RANGE", at, number)
            return None
        if number % self.multiple_of:
            reading.log.add("VALUE_MULTIPLE_OF", at, f"{number} of {self.multiple_of}")
        return number


@dataclass(frozen=True, slots=True)
class Index(Kind):
    """An index into a list of the document. ``marks``: what it names is in use."""

    target: str
    marks: bool = True

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
        good = True
        for i, number in enumerate(value):
            if not is_number(number):
                reading.log.add("ARRAY_TYPE_MISMATCH", at, number)
                good = False
            else:
                good &= self.each.holds(number, join(at, i), reading)
        return value if good else None


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
    """A list of different indices."""

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
                number = None
            elif number in seen:
                reading.log.add("DUPLICATE_ELEMENTS", join(at, i), number)
                number = None
            if number is not None:
                seen.add(number)
                reading.refer(self, number, join(at, i), result, i)
            result.append(number)
        return result


@dataclass(frozen=True, slots=True)
class Texts(Kind):
    """A list of different strings."""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        seen: set[str] = set()
        for i, entry in enumerate(value):
            if not isinstance(entry, str):
                reading.log.add("ARRAY_TYPE_MISMATCH", join(at, i), entry)
            elif entry in seen:
                reading.log.add("DUPLICATE_ELEMENTS", join(at, i), entry)
            else:
                seen.add(entry)
        return [entry if isinstance(entry, str) else None for entry in value]


@dataclass(frozen=True, slots=True)
class IndexMap(Kind):
    """An object whose members, of any name, are indices."""

    target: str
    marks: bool = True

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, dict):
            mismatch(reading, at, value, "an object")
            return None
        if not value:
            reading.log.add("EMPTY_ENTITY", at)
        result: Object = {}
        for name, entry in value.items():
            here, number = join(at, name), whole(entry)
            if number is None or number < 0:
                reading.log.add("INVALID_INDEX", here, entry)
            else:
                result[name] = number
                reading.refer(self, number, here, result, name)
        return result

"""JSON texts of any origin (RFC 8259), within one bound for all who read them."""

from __future__ import annotations

import json
from typing import Any

MAX_VALUES = 1_000_000
"""Values of a text, by its brackets and commas: each takes memory, and time of every rule.

Geometry lies in buffers, which do not count; a long data URI is one value.
"""
_LONG = 400
"""Digits that no double holds."""


class TooMuch(Exception):
    """A text beyond the bound; says what is too much."""


def parse_json(data: bytes | memoryview) -> Any:
    """The value of a UTF-8 text; of two equal names in an object the last counts.

    A byte order mark is passed over, as readers may (8.1).

    Raises:
        TooMuch: more values than ``MAX_VALUES``, or nested more deeply than can be read.
        ValueError: no JSON.
    """
    text = str(data, "utf-8-sig")
    if (values := sum(text.count(mark) for mark in "{[,")) > MAX_VALUES:
        raise TooMuch(f"a JSON of some {values:,} values; at most {MAX_VALUES:,} are read")
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise TooMuch("a JSON that is nested too deeply to be read") from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than Python reads at once, or a constant
        return json.loads(text, parse_constant=_refuse, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONG else float(digits)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")

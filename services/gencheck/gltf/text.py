"""JSON texts of any origin (RFC 8259): no constants that are none, no number too long to read."""

from __future__ import annotations

import json
from typing import Any

_LONG = 400
"""Digits that no double holds."""


def parse_json(data: bytes) -> Any:
    """The value of a UTF-8 text; of two equal names in an object the last counts.

    Raises:
        ValueError: no JSON.
        RecursionError: nested more deeply than can be read.
    """
    text = data.decode("utf-8")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of more digits than Python reads at once, or a constant
        return json.loads(text, parse_constant=_refuse, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONG else float(digits)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")

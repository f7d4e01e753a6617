"""Which attributes have an order, such as tones and ages, and which one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gencheck.errors import InvalidArgument

_NUMBER = re.compile(r"(\d+)(?:\s*(?:-|–|to)\s*\d+|\s*\+)?")


def order_of(
    attribute: str, categories: Sequence[str], orders: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The categories from one end to the other; empty where they have no order.

    An order is told by the caller, or by the names: numbers (``7``), ranges (``20-29``) and open
    ends (``60+``), as those of the Monk scale and of ages are; also after a word
    (``light (1-3)``).

    Raises:
        InvalidArgument: the order told does not have exactly the categories audited.
    """
    if attribute in orders:
        told = tuple(orders[attribute])
        if sorted(told) != sorted(categories):
            raise InvalidArgument(
                f"the order of '{attribute}' has {_words(told)}, audited are {_words(categories)}",
                where="orders",
                fix="Name every category once, from one end to the other.",
            )
        return told
    starts = {category: _start(category) for category in categories}
    numbers = [start for start in starts.values() if start is not None]
    if len(numbers) < len(categories) or len(set(numbers)) < len(numbers):
        return ()
    return tuple(sorted(categories, key=lambda category: starts[category] or 0))


def _start(category: str) -> int | None:
    inner = re.fullmatch(r"[^()\d]*\(([^()]*)\)", category)
    found = _NUMBER.fullmatch((inner[1] if inner else category).strip())
    return int(found[1]) if found and len(found[1]) < 10 else None


def _words(categories: Sequence[str]) -> str:
    shown = ", ".join(f"'{category}'" for category in categories[:5])
    return shown + (" …" if len(categories) > 5 else "")

"""Numbers in words and digits: ``twenty-five``, ``two hundred``, ``two or three``, ``2-3``."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NUMBER = 1_000_000
_TIMES = {"hundred": 100, "thousand": 1000, "dozen": 12}
NUMBERS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
}
"""Single words that are numbers."""
_RANGE = frozenset({"or", "to", "-", "–"})
_BETWEEN = ".."


def read_number(words: Sequence[str]) -> tuple[int, str]:
    """The number at the front: how many words it takes, and it in digits (``2..3`` for a range).

    Returns:
        ``(0, "")`` where no number stands there.
    """
    length, low = _one(words)
    if length and len(words) > length + 1 and words[length] in _RANGE:
        more, high = _one(words[length + 1 :])
        if more and low < high:
            return length + 1 + more, f"{low}{_BETWEEN}{high}"
    return length, str(low) if length else ""


def ends(value: str) -> tuple[int, int] | None:
    """The least and the most that a number read by ``read_number`` may mean."""
    low, _, high = value.partition(_BETWEEN)
    return (int(low), int(high or low)) if low.isdecimal() else None


def _one(words: Sequence[str]) -> tuple[int, int]:
    n = _simple(words[0]) if words else None
    if n is None:
        return 0, 0
    length = 1
    while len(words) > length and words[length] in _TIMES and n < 1000:
        n *= _TIMES[words[length]]
        length += 1
    return length, min(n, MAX_NUMBER)


def _simple(word: str) -> int | None:
    if word in NUMBERS:
        return NUMBERS[word]
    tens, _, ones = word.partition("-")
    if 20 <= NUMBERS.get(tens, 0) < 100 and 0 < NUMBERS.get(ones, 0) < 10:
        return NUMBERS[tens] + NUMBERS[ones]
    digits = word.replace(",", "")
    return int(digits) if digits.isdecimal() and len(digits) <= 7 else None

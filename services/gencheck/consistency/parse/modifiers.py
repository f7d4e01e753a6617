"""What stands before a noun: how many there are, and what they are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gencheck.consistency.claims import Comparator
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.numbers import ends
from gencheck.consistency.parse.units import Tag, Unit

_COLOURED = ("color", "colour", "colored", "coloured")
_ASIDE = ("left", "right", "leftmost", "rightmost")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property as the phrase names it, with the units that say it."""

    kind: str
    value: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number as the phrase names it; ``most``: of a range such as ``two or three``."""

    n: int
    comparator: Comparator
    units: tuple[Unit, ...]
    most: int | None = None


def count_of(before: Sequence[Unit], head: str) -> Count | None:
    """The number that units before a noun name, if any does."""
    add, bound, bounds = 0, None, []
    for i, unit in enumerate(before):
        if _of_group(before, i):
            bounds.append(unit)
        elif unit.value in grammar.BOUNDS and i + 1 < len(before):
            add, bound = grammar.BOUNDS[unit.value]
            bounds.append(unit)
        elif unit.tag is Tag.QUANTIFIER and _number_follows(before, i):
            bounds.append(unit)
        elif unit.tag is Tag.QUANTIFIER:
            n, comparator = grammar.QUANTIFIERS[unit.value]
            if unit.value.endswith("pair of") and head in grammar.PAIRED_NOUNS:
                n = 1
            return Count(n, bound or comparator, (*bounds, unit))
        elif unit.tag is Tag.NUMBER:
            between = ends(unit.value)
            group = before[i + 1] if _group_follows(before, i) else None
            if between is not None and group is not None:
                return _of_groups(between[0], group, head, (*bounds, unit, group))
            if between is not None:
                low, high = between
                if high > low:
                    return Count(low, Comparator.AT_LEAST, (*bounds, unit), high)
                return Count(max(0, low + add), bound or Comparator.EQUAL, (*bounds, unit))
    return None


def _group_follows(before: Sequence[Unit], i: int) -> bool:
    """``three rows of`` chairs."""
    return i + 1 < len(before) and before[i + 1].tag is Tag.QUANTIFIER


def _of_groups(n: int, group: Unit, head: str, units: tuple[Unit, ...]) -> Count:
    """``two pairs of shoes`` are four, ``three rows of chairs`` six or more."""
    each, comparator = grammar.QUANTIFIERS[group.value]
    if group.value == "pairs of" and head in grammar.PAIRED_NOUNS:
        each = 1
    return Count(n * each, comparator, units)


def _of_group(before: Sequence[Unit], i: int) -> bool:
    """Whether a size is that of a group: ``a large group of`` men, who need not be large."""
    if visual.ATTRIBUTES.get(before[i].value) != "size":
        return False
    return any(u.tag is Tag.QUANTIFIER and u.value.endswith(" of") for u in before[i:])


def _number_follows(before: Sequence[Unit], i: int) -> bool:
    """``a set of nine labels`` are nine."""
    return i + 1 < len(before) and before[i + 1].tag is Tag.NUMBER


def attributes_of(before: Sequence[Unit]) -> list[Attribute]:
    """The properties that units before a noun name."""
    found: list[Attribute] = []
    i = 0
    while i < len(before):
        unit = before[i]
        participle = i + 1 < len(before) and before[i + 1].value.endswith(("ed", "lit", "en"))
        manner = unit.tag is Tag.ADVERB and unit.value.endswith("ly") and participle
        if not _of_group(before, i) and (unit.tag in (Tag.ADJECTIVE, Tag.NOUN) or manner):
            found.append(attribute(before[i:]))
            i += len(found[-1].units)
        else:
            i += 1
    return found


def attribute(units: Sequence[Unit]) -> Attribute:
    """The property that the first unit names; ``dark green`` is one colour."""
    first = units[0]
    if (
        len(units) > 1
        and first.value in visual.COLOUR_MODIFIERS
        and units[1].value in visual.COLOURS
    ):
        value = visual.SPELLINGS.get(units[1].value, units[1].value)
        return Attribute("colour", f"{first.value} {value}", (first, units[1]))
    if len(units) > 1 and units[1].value in _COLOURED:
        value = visual.SPELLINGS.get(first.value, first.value)
        return Attribute("colour", value, (first, units[1]))
    if len(units) > 1 and first.tag is Tag.ADVERB and units[1].tag is Tag.ADJECTIVE:
        return Attribute("quality", f"{first.value} {units[1].value}", (first, units[1]))
    if first.value in _ASIDE:
        return Attribute("position", first.value, (first,))
    kind = visual.ATTRIBUTES.get(first.value)
    value = visual.SPELLINGS.get(first.value, first.value)
    if kind is None:
        stem, _, last = first.value.rpartition("-")
        if stem in visual.COLOURS and last in ("colored", "coloured"):
            return Attribute("colour", visual.SPELLINGS.get(stem, stem), (first,))
        kind = "shape" if last == "shaped" else "quality"
    return Attribute(kind, value, (first,))

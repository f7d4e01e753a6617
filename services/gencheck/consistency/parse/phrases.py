"""Noun phrases: how many of what, and what it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gencheck.consistency.claims import Comparator
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.numbers import ends
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import in_dictionary, singular

_COLOUR_WORDS = ("color", "colour")
_COLOURED = ("color", "colour", "colored", "coloured")
_ASIDE = ("left", "right", "leftmost", "rightmost")
_MAX_UNITS = 24
"""Longest noun phrase that is read; it keeps hostile prompts from costing seconds."""


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


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A thing with what is said of it before its noun.

    Attributes:
        name: singular; compounds in full (``fire hydrant``).
        head: the units of the name.
        definite: whether it stands with ``the`` or a possessive: it may have been named before.
        bare: neither article nor number stands before it.
        plural: whether the name was written in the plural.
        owner: who has it by a genitive, ``the old man's hair``; with ``owner_units`` that say so,
            and what is said of him.
        possessive: ``his``, ``their`` and the like before it.
        article: the determiner before it, such as ``a`` or ``another``.
    """

    name: str
    head: tuple[Unit, ...]
    attributes: tuple[Attribute, ...] = ()
    count: Count | None = None
    definite: bool = False
    bare: bool = False
    plural: bool = False
    owner: str = ""
    owner_units: tuple[Unit, ...] = field(default=())
    owner_attributes: tuple[Attribute, ...] = ()
    possessive: Unit | None = None
    article: str = ""

    @property
    def single(self) -> bool:
        """Whether it is one thing that is named for the first time: ``a dog``, ``another dog``."""
        return self.article in ("a", "an", "another")

    @property
    def another(self) -> bool:
        """Whether it is said to be none of those before."""
        return self.article == "another"

    @property
    def start(self) -> int:
        """First character of the name."""
        return self.head[0].start

    @property
    def end(self) -> int:
        """One past the last character of the name."""
        return self.head[-1].end

    @property
    def claims_presence(self) -> bool:
        """Whether at least one is to be seen: "at most two" and "zero" do not say so."""
        count = self.count
        return count is None or (count.comparator is not Comparator.AT_MOST and count.n > 0)

    @property
    def asset(self) -> bool:
        """Whether it is the picture itself: ``this image``, ``the photo``."""
        return self.definite and self.name in ("image", "picture", "photo", "photograph")

    @property
    def animate(self) -> bool:
        """Whether it can act."""
        return self.name.rpartition(" ")[2] in visual.ANIMATE


_BEFORE_NOUN = {
    Tag.DETERMINER,
    Tag.POSSESSIVE,
    Tag.NUMBER,
    Tag.QUANTIFIER,
    Tag.BOUND,
    Tag.ADJECTIVE,
    Tag.ADVERB,
    Tag.NOUN,
}


def read_phrase(units: Sequence[Unit], at: int) -> tuple[NounPhrase, int] | None:
    """The noun phrase that starts at a unit, and the index after it; ``None`` if none does."""
    end = _end(units, at)
    if end is None or (units[at].tag is Tag.ADVERB and units[at].value in grammar.PARTICLES):
        return None
    part = units[at:end]
    first_noun = len(part)
    while first_noun > 0 and part[first_noun - 1].tag is Tag.NOUN:
        first_noun -= 1
    before, nouns = list(part[:first_noun]), list(part[first_noun:])
    owner, owners, before = _genitive(before)
    before, nouns = _material_first(before, _without_colour_word(before, nouns))
    before, nouns = _side_of_body(before, nouns)
    if not owner[0]:
        owner, nouns = _owner(nouns, before)
        owners, before = (before, []) if owner[0] else ([], before)
    determiners = [u for u in before if u.tag in (Tag.DETERMINER, Tag.POSSESSIVE)]
    count = _count(before, nouns[-1].value)
    written = " ".join(unit.value for unit in nouns)
    proper = nouns[-1].text[:1].isupper() and not in_dictionary(nouns[-1].value)
    name = written if proper else singular(written)  # "Paris"
    phrase = NounPhrase(
        name=name,
        head=tuple(nouns),
        attributes=tuple(_attributes(before)),
        count=count,
        definite=any(u.value not in ("a", "an") for u in determiners),
        bare=not determiners and count is None,
        plural=name != written,
        owner=owner[0],
        owner_units=owner[1],
        owner_attributes=tuple(_attributes(owners)),
        possessive=next((u for u in before if u.tag is Tag.POSSESSIVE), None),
        article=_article(determiners),
    )
    return phrase, end


def _article(determiners: Sequence[Unit]) -> str:
    """Its first determiner; ``the other`` is another."""
    said = [unit.value for unit in determiners]
    return "another" if "other" in said else said[0] if said else ""


def _end(units: Sequence[Unit], at: int) -> int | None:
    """One past the last noun of the phrase; what may stand before a noun must lead to one."""
    i, end = at, None
    described = False
    while i < min(len(units), at + _MAX_UNITS):
        tag = units[i].tag
        if tag is Tag.NOUN:
            end, i, described = i + 1, i + 1, True
            if _is_genitive(units[i - 1]) and _leads_on(units, i):
                end = None
            continue
        if end is not None or tag not in _BEFORE_NOUN:
            if end is None and described and _joins(units, i):
                i += 1
                continue
            break
        if tag in (Tag.DETERMINER, Tag.POSSESSIVE) and described:
            break
        if tag in (Tag.ADJECTIVE, Tag.NUMBER, Tag.QUANTIFIER):
            group = units[i].value.endswith(" of")  # "a vintage set of"
            if tag is not Tag.ADJECTIVE and described and not group:
                break
            described = tag is Tag.ADJECTIVE or (described and not group)
        i += 1
    return end


def _leads_on(units: Sequence[Unit], i: int) -> bool:
    """Whether a noun follows a genitive after adjectives: ``the man's old hat``."""
    at = i
    while at < min(len(units), i + _MAX_UNITS) and units[at].tag is Tag.ADJECTIVE:
        at += 1
    return i < at < len(units) and units[at].tag is Tag.NOUN


def _joins(units: Sequence[Unit], i: int) -> bool:
    """``black and white cat``, ``sleek, streamlined shape``, ``blue, white and red stripes``."""
    if units[i].tag not in (Tag.COMMA, Tag.CONJUNCTION) or units[i].text not in (
        ",",
        "and",
        "&",
        "or",
    ):
        return False
    following = i + 1
    while following < len(units) and units[following].tag in (Tag.CONJUNCTION, Tag.ADVERB):
        following += 1
    return (
        units[i - 1].tag is Tag.ADJECTIVE
        and following < len(units)
        and units[following].tag is Tag.ADJECTIVE
    )


def _material_first(before: list[Unit], nouns: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """A material or colour before another noun is a property: ``glass table``, ``orange cat``."""
    while len(nouns) > 1 and nouns[0].value in visual.ATTRIBUTES:
        before, nouns = [*before, nouns[0]], nouns[1:]
    return before, nouns


def _without_colour_word(before: Sequence[Unit], nouns: list[Unit]) -> list[Unit]:
    """``white color background`` is a white background."""
    named = bool(before) and before[-1].value in visual.COLOURS
    return nouns[1:] if named and len(nouns) > 1 and nouns[0].value in _COLOUR_WORDS else nouns


def _side_of_body(before: list[Unit], nouns: list[Unit]) -> tuple[list[Unit], list[Unit]]:
    """``left arm`` names a thing: the other arm is another."""
    if before and before[-1].value in ("left", "right") and singular_head(nouns) in visual.BODY:
        return before[:-1], [before[-1], *nouns]
    return before, nouns


def singular_head(nouns: Sequence[Unit]) -> str:
    """The last noun in the singular."""
    return singular(nouns[-1].value)


def _genitive(
    before: list[Unit],
) -> tuple[tuple[str, tuple[Unit, ...]], list[Unit], list[Unit]]:
    """Split ``the old man's grey`` into the owner, what is said of him, and of his thing."""
    at = next((i for i, u in enumerate(before) if u.tag is Tag.NOUN and _is_genitive(u)), None)
    if at is None:
        return ("", ()), [], before
    start = at
    while start > 0 and before[start - 1].tag is Tag.NOUN:
        start -= 1
    return _owner_of(before[start : at + 1]), before[:start], before[at + 1 :]


def _is_genitive(unit: Unit) -> bool:
    return unit.value.endswith(("'s", "s'"))


def _owner_of(units: Sequence[Unit]) -> tuple[str, tuple[Unit, ...]]:
    words = [unit.value for unit in units]
    words[-1] = words[-1].removesuffix("'s").removesuffix("'")
    return singular(" ".join(words)), tuple(units)


def _owner(
    nouns: list[Unit], before: Sequence[Unit]
) -> tuple[tuple[str, tuple[Unit, ...]], list[Unit]]:
    """Split ``the man's hair`` into owner and thing; ``a conductor's hat`` is a kind of hat."""
    for i, unit in enumerate(nouns[:-1]):
        if _is_genitive(unit):
            a_kind = any(u.value in ("a", "an") for u in before)
            classifying = a_kind and singular_head(nouns) not in visual.BODY
            if classifying:
                break
            return _owner_of(nouns[: i + 1]), nouns[i + 1 :]
    return ("", ()), nouns


def _count(before: Sequence[Unit], head: str) -> Count | None:
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


def _attributes(before: Sequence[Unit]) -> list[Attribute]:
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

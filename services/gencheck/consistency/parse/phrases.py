"""Noun phrases: how many of what, and what it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gencheck.consistency.claims import Comparator
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.modifiers import Attribute, Count, attributes_of, count_of
from gencheck.consistency.parse.owners import is_genitive, singular_head, split_before, split_nouns
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import in_dictionary, singular

_COLOUR_WORDS = ("color", "colour")
_MAX_UNITS = 24
"""Longest noun phrase that is read; it keeps hostile prompts from costing seconds."""


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
    owner, owners, before = split_before(before)
    before, nouns = _material_first(before, _without_colour_word(before, nouns))
    before, nouns = _side_of_body(before, nouns)
    if not owner[0]:
        owner, nouns = split_nouns(nouns, before)
        owners, before = (before, []) if owner[0] else ([], before)
    determiners = [u for u in before if u.tag in (Tag.DETERMINER, Tag.POSSESSIVE)]
    count = count_of(before, nouns[-1].value)
    written = " ".join(unit.value for unit in nouns)
    proper = nouns[-1].text[:1].isupper() and not in_dictionary(nouns[-1].value)
    name = written if proper else singular(written)  # "Paris"
    phrase = NounPhrase(
        name=name,
        head=tuple(nouns),
        attributes=tuple(attributes_of(before)),
        count=count,
        definite=any(u.value not in ("a", "an") for u in determiners),
        bare=not determiners and count is None,
        plural=name != written,
        owner=owner[0],
        owner_units=owner[1],
        owner_attributes=tuple(attributes_of(owners)),
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
            if is_genitive(units[i - 1]) and _leads_on(units, i):
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

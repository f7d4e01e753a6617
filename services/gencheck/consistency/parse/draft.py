"""Where claims are gathered while a prompt is read, and which words they have used up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from gencheck.consistency.claims import (
    AbsenceClaim,
    AttributeClaim,
    Claim,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    SceneClaim,
    Statement,
)
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.modifiers import Attribute
from gencheck.consistency.parse.phrases import NounPhrase
from gencheck.consistency.parse.scene_words import WHOLE_PICTURE
from gencheck.consistency.parse.tokens import Token, join
from gencheck.consistency.parse.units import Tag, Unit

_PROPERTY_PREDICATES = {"made of": "material", "in the shape of": "shape"}
"""Predicates that say what a thing is like, not where another is."""
_FREE = "-free"
"""``a car-free street``."""


class Draft:
    """Claims so far. The same statement twice is one claim, with its first span."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._claims: dict[Statement, Claim] = {}
        self._used: set[Token] = set()

    def use(self, units: Iterable[Unit]) -> None:
        """These words stand in a claim."""
        for unit in units:
            self._used.update(unit.tokens)

    def used(self, token: Token) -> bool:
        """Whether a word stands in a claim."""
        return token in self._used

    def add(self, statement: Statement, start: int, end: int, units: Iterable[Unit] = ()) -> None:
        """Claim something, with the characters of the prompt that say it."""
        self._claims.setdefault(statement, Claim(join(self._text, start, end), statement))
        self.use(units)

    def take_degrees(self, units: Sequence[Unit]) -> None:
        """What says how much or which of them before a claim's words is one of them.

        ``partially covered with``, ``two cats, one black``.
        """
        before = {
            after.start: unit
            for unit, after in pairwise(units)
            if (unit.tag is Tag.ADVERB and unit.value in grammar.DEGREES)
            or (unit.tag is Tag.DETERMINER and unit.value == "1")
        }
        for statement, claim in self._claims.items():
            unit = before.get(claim.span.start)
            if unit is not None:
                span = join(self._text, unit.start, claim.span.end)
                self._claims[statement] = replace(claim, span=span)
                self.use([unit])

    def recount(self, total: CountClaim, start: int, end: int) -> None:
        """Claim a number of things in all, in place of numbers of parts of them."""
        parts = [said for said in self._claims if isinstance(said, CountClaim)]
        for said in parts:
            if said.name == total.name:
                del self._claims[said]
        self.add(total, start, end)

    def claims(self) -> tuple[Claim, ...]:
        """All claims in the order of the text."""
        return tuple(sorted(self._claims.values(), key=lambda claim: claim.span.start))

    def absence(self, phrase: NounPhrase) -> None:
        """Nothing of the kind is to be seen; its properties narrow what must not be there."""
        units = [unit for attribute in phrase.attributes for unit in attribute.units]
        words = " ".join(unit.value for unit in units)
        name = f"{words} {phrase.name}" if words else phrase.name
        start = min([phrase.start, *(unit.start for unit in units)])
        self.add(AbsenceClaim(name), start, phrase.end, [*units, *phrase.head])

    def thing(self, phrase: NounPhrase) -> None:
        """What a noun phrase says by itself: the thing, how many, and what it is like."""
        whole = phrase.name in WHOLE_PICTURE
        if not whole and phrase.claims_presence:
            self.add(ObjectClaim(phrase.name), phrase.start, phrase.end, phrase.head)
        if phrase.count is not None:
            count = phrase.count
            start = min(unit.start for unit in count.units)
            claim = CountClaim(phrase.name, count.n, count.comparator)
            self.add(claim, start, phrase.end, [*count.units, *phrase.head])
            if count.most is not None:
                claim = CountClaim(phrase.name, count.most, Comparator.AT_MOST)
                self.add(claim, start, phrase.end)
        if phrase.owner:
            start = phrase.owner_units[0].start
            self.add(ObjectClaim(phrase.owner), start, phrase.owner_units[-1].end)
            claim_of = RelationClaim(phrase.owner, "has", phrase.name)
            self.add(claim_of, start, phrase.end, phrase.owner_units)
            for found in phrase.owner_attributes:
                told = AttributeClaim(phrase.owner, found.kind, found.value)
                first = found.units[0].start
                self.add(told, first, phrase.owner_units[-1].end, found.units)
        self._properties(phrase)
        if whole and phrase.attributes:
            self.use(phrase.head)

    def _properties(self, phrase: NounPhrase) -> None:
        for attribute in phrase.attributes:
            if attribute.value.endswith(_FREE):
                name, unit = attribute.value.removesuffix(_FREE), attribute.units[0]
                self.add(AbsenceClaim(name), unit.start, unit.end, [unit])
                continue
            start, end = attribute.units[0].start, attribute.units[-1].end
            self.property(phrase, attribute, min(start, phrase.start), max(end, phrase.end))

    def property(self, phrase: NounPhrase, attribute: Attribute, start: int, end: int) -> None:
        """A thing has a property."""
        claim = AttributeClaim(phrase.name, attribute.kind, attribute.value)
        self.add(claim, start, end, attribute.units)

    def scene(self, phrase: NounPhrase) -> None:
        """A noun phrase names the place or time of the whole picture."""
        self.add(SceneClaim(phrase.name), phrase.start, phrase.end, phrase.head)
        self._properties(phrase)

    def relation(
        self, subject: NounPhrase, predicate: Unit, thing: NounPhrase, *, start: int | None = None
    ) -> None:
        """One thing stands to another; the span runs from the predicate to the second thing."""
        low = predicate.start if start is None else start
        low, high = min(low, thing.start), max(predicate.end, thing.end)
        if start is not None:
            high = max(high, subject.end)
        kind = _PROPERTY_PREDICATES.get(predicate.value)
        if kind is not None:
            value = visual.SPELLINGS.get(thing.name, thing.name)
            claim = AttributeClaim(subject.name, kind, value)
            self.add(claim, low, high, (predicate, *thing.head))
            return
        self.add(RelationClaim(subject.name, predicate.value, thing.name), low, high, (predicate,))

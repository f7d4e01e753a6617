"""A word among its neighbours: what taggers ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb, parts_of

OPENS_NOUN_PHRASE = frozenset(
    {Tag.DETERMINER, Tag.POSSESSIVE, Tag.NUMBER, Tag.QUANTIFIER, Tag.ADJECTIVE}
)
NO_NOUN = (Tag.COMMA, Tag.STOP, Tag.CONJUNCTION, Tag.PREDICATE, Tag.POSITION)
_DENIES_VERB = ("not", "never", "cannot")


@dataclass(frozen=True, slots=True)
class Spot:
    """A word among its neighbours."""

    word: str
    before: Unit | None
    after: Unit | None
    later: Unit | None
    left: Sequence[Unit]
    name: bool = False  # written with a capital, where capitals mark names

    @property
    def in_phrase(self) -> bool:
        """Whether what stands before opens a noun phrase."""
        before = self.before
        if before is not None and before.tag is Tag.NEGATION:
            return not self.verb_denied
        if before is not None and before.tag is Tag.ADJECTIVE and self._after_copula:
            return False  # "that is brown chases"
        return before is not None and before.tag in OPENS_NOUN_PHRASE

    @property
    def _after_copula(self) -> bool:
        rest = list(self.left)
        while rest and rest[-1].tag in (Tag.ADVERB, Tag.ADJECTIVE):
            rest.pop()
        return bool(rest) and rest[-1].tag is Tag.AUXILIARY

    @property
    def verb_denied(self) -> bool:
        """Whether a "not" stands before."""
        value = self.before.value if self.follows(Tag.NEGATION) and self.before else ""
        return value in _DENIES_VERB or value.endswith("n't")

    @property
    def has_thing(self) -> bool:
        """Whether a thing, not the picture itself, stands shortly before."""
        pictures = grammar.FRAME_NOUNS | scenes.MEDIA.keys()
        return any(unit.tag is Tag.NOUN and unit.value not in pictures for unit in self.left)

    @property
    def noun_next(self) -> bool:
        """Whether a noun, or what may be one, comes next; ``holds a`` is none."""
        if self.after is None or not can_be_noun(self.after):
            return False
        opens = self.later is not None and self.later.tag in (Tag.DETERMINER, Tag.POSSESSIVE)
        word = self.after.value
        unknown = self.after.tag is Tag.UNKNOWN
        return not (opens and unknown and word.endswith("s") and depicts(word))

    @property
    def predicative(self) -> bool:
        """Whether the word stands after a form of "be": ``is calm``, ``is quiet and calm``."""
        rest = list(self.left)
        while rest and rest[-1].tag in (Tag.ADVERB, Tag.CONJUNCTION, Tag.COMMA, Tag.ADJECTIVE):
            rest.pop()
        joined = self.before is not None and self.before.tag is not Tag.ADJECTIVE
        return joined and bool(rest) and rest[-1].tag is Tag.AUXILIARY

    def follows(self, *tags: Tag) -> bool:
        """Whether the unit before plays one of these parts."""
        return self.before is not None and self.before.tag in tags

    def precedes(self, *tags: Tag) -> bool:
        """Whether the unit after plays one of these parts."""
        return self.after is not None and self.after.tag in tags


def ing(word: str) -> bool:
    """Whether it ends like ``running``."""
    return word.endswith("ing")


def depicts(word: str) -> bool:
    """Whether it is a form of a verb that can be seen."""
    return lemma_of_verb(word) in visual.VERBS


def can_be_noun(unit: Unit) -> bool:
    """Whether a unit is a noun or, not yet tagged, may be one or lead to one."""
    if unit.tag in (Tag.NOUN, Tag.STYLE):
        return True
    if unit.tag is not Tag.UNKNOWN:
        return False
    word = unit.value
    if word in visual.ATTRIBUTES or word in grammar.SHOWING:
        return word in visual.ATTRIBUTES
    parts = parts_of(word)
    if word.endswith("ing") and "VERB" in parts and word not in visual.NOUNS_IN_ING:
        return False
    return bool(parts & {"NOUN", "ADJ"})

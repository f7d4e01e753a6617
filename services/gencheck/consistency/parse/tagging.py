"""Which part each word plays: lexicon, a morphological dictionary, and the words around it.

There is no statistical model here: of the parts that a form can play, neighbours decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import (
    NOT_PARTICIPLES,
    lemma_of_verb,
    participle,
    parts_of,
)

_OPENS_NOUN_PHRASE = {
    Tag.DETERMINER,
    Tag.POSSESSIVE,
    Tag.NUMBER,
    Tag.QUANTIFIER,
    Tag.ADJECTIVE,
}
_NO_NOUN = (Tag.COMMA, Tag.STOP, Tag.CONJUNCTION, Tag.PREDICATE, Tag.POSITION)
_DENIES_VERB = ("not", "never", "cannot")
_NEVER_NOUNS = grammar.words("wear hold carry eat sit stand lie ride throw catch read write use")
_NOUN_DONE = ([Tag.NOUN, Tag.VERB], [Tag.NOUN, Tag.ADJECTIVE])
_NOUNS_FIRST = grammar.words("top front back side level base bottom cream")
_ENDS = (Tag.STOP, Tag.COMMA, Tag.CONJUNCTION)
_HEIGHTS = grammar.words("high low deep still")
_PLURALS = ("s", "ople", "en")
_PARTICIPLES_TOO = grammar.words("spread cut set put shut split hung hurt")


@dataclass(frozen=True, slots=True)
class _Spot:
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
        return before is not None and before.tag in _OPENS_NOUN_PHRASE

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
        if self.after is None or not _can_be_noun(self.after):
            return False
        opens = self.later is not None and self.later.tag in (Tag.DETERMINER, Tag.POSSESSIVE)
        word = self.after.value
        unknown = self.after.tag is Tag.UNKNOWN
        return not (opens and unknown and word.endswith("s") and _depicts(word))

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


def tag_units(units: Sequence[Unit]) -> list[Unit]:
    """The same units with every ``UNKNOWN`` tag decided, left to right."""
    named = _names_are_capital(units)
    tagged: list[Unit] = []
    for at, unit in enumerate(units):
        before = tagged[-1] if tagged else None
        after = units[at + 1] if at + 1 < len(units) else None
        later = units[at + 2] if at + 2 < len(units) else None
        tag = _by_neighbours(unit, before, after, later)
        if tag is Tag.UNKNOWN:
            inner = before is not None and before.tag is not Tag.STOP
            name = named and inner and unit.text[:1].isupper() and not unit.value.endswith("ing")
            tag = _decide(_Spot(unit.value, before, after, later, tagged[-4:], name))
        tagged.append(replace(unit, tag=tag))
        if _compound(tagged):
            noun, done = tagged[-3:-1]
            whole = Unit((*noun.tokens, *done.tokens), Tag.ADJECTIVE, f"{noun.value} {done.value}")
            tagged[-3:-1] = [whole]
    return tagged


def _compound(units: Sequence[Unit]) -> bool:
    """Whether noun and participle before the last noun say how it is: ``a snow covered street``."""
    if [unit.tag for unit in units[-3:-1]] not in _NOUN_DONE or units[-1].tag is not Tag.NOUN:
        return False
    noun, done = units[-3:-1]
    opens = len(units) == 3 or units[-4].tag in (*_OPENS_NOUN_PHRASE, *_NO_NOUN)
    names = noun.text[:1].isupper() or noun.value.endswith("s") or noun.value in visual.ANIMATE
    return opens and not names and done.value.endswith("ed") and " " not in done.value


def _names_are_capital(units: Sequence[Unit]) -> bool:
    """Whether capitals mark names: not in a Prompt That Writes All Its Words So."""
    words = [unit.text for unit in units if unit.tag is Tag.UNKNOWN]
    return 4 * sum(word[:1].isupper() for word in words) <= 3 * len(words)


def _by_neighbours(unit: Unit, before: Unit | None, after: Unit | None, later: Unit | None) -> Tag:
    """The tag of a word of the lexicon, which a few change by what stands beside them."""
    if unit.value in ("colored", "coloured") and after and after.value in visual.COLOURS:
        return Tag.ADVERB  # "is colored yellow"
    if unit.value == "to" and _infinitive(after):
        return Tag.CONJUNCTION  # "jumping to catch a ball"
    if unit.value == "has" and before is not None and _perfect(after, later):
        return Tag.AUXILIARY  # "has placed a cup"
    if before is not None:
        if unit.value in ("all", "both") and before.tag is Tag.AUXILIARY:
            return Tag.ADVERB  # "they are all wearing"
        ends = after is None or after.tag in _NO_NOUN
        aside = unit.tag is Tag.UNKNOWN and unit.value in ("left", "right")
        if aside and before.tag is Tag.VERB and ends:
            return Tag.ADVERB  # "facing left", "crashed right through"
        if unit.value == "back" and before.tag in _OPENS_NOUN_PHRASE:
            return Tag.NOUN
        if unit.value == "missing" and before.tag is Tag.NOUN:
            return Tag.NEGATION
    if unit.tag is Tag.ADVERB and unit.value.endswith(" of") and _ends(after):
        return Tag.FOREIGN  # "different kinds of …": of what is not said
    if unit.value == "can" and _is_tin(before, after):
        return Tag.NOUN
    return unit.tag


def _infinitive(after: Unit | None) -> bool:
    if after is None or after.tag is not Tag.UNKNOWN:
        return False
    word = after.value
    return word in visual.VERBS and lemma_of_verb(word) == word and "VERB" in parts_of(word)


def _perfect(after: Unit | None, later: Unit | None) -> bool:
    if after is None or later is None or after.tag is not Tag.UNKNOWN:
        return False
    opens = later.tag in (Tag.DETERMINER, Tag.POSSESSIVE)
    return opens and participle(after.value, parts_of(after.value))


def _ends(after: Unit | None) -> bool:
    return after is None or after.tag is Tag.STOP


def _is_tin(before: Unit | None, after: Unit | None) -> bool:
    """Whether ``can`` is a thing: "a can", "can on table"."""
    opened = before is not None and before.tag in (*_OPENS_NOUN_PHRASE, Tag.PREDICATE)
    return opened or after is None or after.tag in (Tag.PREDICATE, *_ENDS)


def _decide(spot: _Spot) -> Tag:
    if spot.word in visual.ATTRIBUTES:
        return _attribute(spot)
    if spot.word in _HEIGHTS and spot.follows(Tag.VERB, Tag.NOUN) and spot.precedes(Tag.PREDICATE):
        return Tag.ADVERB if spot.follows(Tag.VERB) else Tag.ADJECTIVE
    if spot.word in grammar.SHOWING:
        if spot.word == "show" and spot.follows(Tag.NOUN) and not spot.noun_next:
            return Tag.NOUN  # "a fashion show"
        return Tag.VERB if spot.has_thing else Tag.ADVERB
    parts = parts_of(spot.word)
    if _listed(spot, parts):
        return Tag.ADJECTIVE
    if _is_verb_here(spot, parts):
        return Tag.VERB
    if "NOUN" in parts and not _describes(spot, parts):
        predicative = spot.predicative and "ADJ" in parts and not spot.noun_next
        return Tag.ADJECTIVE if predicative else Tag.NOUN
    if _heads_phrase(spot):
        return Tag.NOUN
    if "ADJ" in parts or _describes(spot, parts):
        return Tag.ADJECTIVE
    if "ADV" in parts:
        return Tag.ADVERB
    if "VERB" in parts:
        if spot.noun_next and not spot.name:
            return Tag.ADJECTIVE
        return Tag.NOUN if spot.in_phrase or spot.name else Tag.VERB
    return Tag.NOUN


def _describes(spot: _Spot, parts: frozenset[str]) -> bool:
    """Whether a word that may be a noun is a property of the noun after it."""
    may = "ADJ" in parts or spot.word in scenes.STYLES
    if spot.precedes(Tag.NUMBER, Tag.QUANTIFIER) and may:
        return True  # "top five", "a vintage set of"
    if not spot.noun_next or spot.word in visual.ANIMATE or spot.word in visual.BODY:
        return False
    if spot.word in scenes.STYLES or spot.word.endswith("-free"):
        return True
    if spot.word in visual.NOUNS_IN_ING:
        return "ADJ" in parts
    if spot.word in _NOUNS_FIRST and spot.follows(Tag.NOUN):
        return False  # "a stove top oven"
    opened = spot.in_phrase or spot.follows(Tag.PREDICATE)
    return "ADJ" in parts or (participle(spot.word, parts) and opened)


def _heads_phrase(spot: _Spot) -> bool:
    """``a remote``, ``two knifes``: what a phrase has opened for, with no noun to come."""
    opened = spot.follows(Tag.DETERMINER, Tag.POSSESSIVE, Tag.NUMBER, Tag.QUANTIFIER)
    opened = opened or (spot.before is not None and spot.before.value in ("no", "without"))
    if not opened or spot.noun_next or spot.precedes(Tag.ADJECTIVE, Tag.QUANTIFIER):
        return False
    if not spot.precedes(Tag.COMMA, Tag.CONJUNCTION) or spot.later is None:
        return True
    return spot.later.tag not in (Tag.UNKNOWN, Tag.ADJECTIVE, Tag.CONJUNCTION)


def _with_colour(spot: _Spot) -> bool:
    """``orange and white``, ``white and orange``: both are colours."""
    later = spot.precedes(Tag.CONJUNCTION) and spot.later is not None
    before = spot.follows(Tag.CONJUNCTION) and len(spot.left) > 1
    other = spot.later if later else spot.left[-2] if before else None
    plain = other is not None and other.tag in (Tag.UNKNOWN, Tag.ADJECTIVE)
    return plain and other is not None and other.value in visual.COLOURS - visual.NOUN_TOO


def _attribute(spot: _Spot) -> Tag:
    if spot.word in visual.COLOURS and _with_colour(spot):
        return Tag.ADJECTIVE
    if spot.word in visual.NOUN_TOO and not spot.noun_next:
        return Tag.ADJECTIVE if spot.follows(Tag.AUXILIARY) else Tag.NOUN
    if spot.word.endswith("ing") and spot.follows(Tag.NOUN, Tag.AUXILIARY):
        return Tag.VERB
    if spot.word in ("cut", "parked", "lit") and spot.follows(Tag.NOUN):
        return Tag.VERB
    return Tag.ADJECTIVE


def _listed(spot: _Spot, parts: frozenset[str]) -> bool:
    """``happy, surprised and sobbing men``: a participle among adjectives."""
    joined = spot.follows(Tag.COMMA, Tag.CONJUNCTION) and len(spot.left) > 1
    if not joined or spot.left[-2].tag is not Tag.ADJECTIVE or not participle(spot.word, parts):
        return False
    return spot.noun_next or (spot.precedes(Tag.CONJUNCTION) and not _ing(spot.word))


def _never_verb(spot: _Spot, parts: frozenset[str]) -> bool:
    """Whether what stands beside it makes a noun or a property of a form that may be a verb."""
    word = spot.word
    owner = spot.before is not None and spot.before.value.endswith(("'s", "s'"))
    if word in NOT_PARTICIPLES or owner or spot.name:
        return True
    if word == "shot" and (spot.after is None or spot.precedes(*_NO_NOUN)):
        return True  # "a wide lens shot"
    done = participle(word, parts) and spot.noun_next
    # "with buttered toast", "with glowing eyes"; ", framed photo"
    return done and (spot.follows(Tag.PREDICATE) or (spot.follows(Tag.COMMA) and not _ing(word)))


def _is_verb_here(spot: _Spot, parts: frozenset[str]) -> bool:
    word = spot.word
    if "VERB" not in parts or _never_verb(spot, parts):
        return False
    to_or_has = spot.before is not None and spot.before.value in ("to", "has")
    if to_or_has and spot.follows(Tag.CONJUNCTION, Tag.AUXILIARY):
        return True  # as _by_neighbours tells
    if word == "lay" and spot.follows(Tag.NOUN) and spot.precedes(Tag.PREDICATE):
        return True
    only = parts <= {"VERB"}
    depicting = lemma_of_verb(word) in visual.VERBS
    has_subject = not spot.in_phrase and any(
        unit.tag in (Tag.NOUN, Tag.PRONOUN) for unit in spot.left
    )
    if word.endswith("ing"):
        if word in visual.NOUNS_IN_ING:
            return has_subject and spot.precedes(Tag.DETERMINER, Tag.POSSESSIVE)
        return not spot.in_phrase or (not spot.noun_next and only)
    if participle(word, parts):
        free = not spot.in_phrase and (has_subject or not spot.noun_next)
        return free and ("ADJ" not in parts or depicting)
    if spot.follows(Tag.AUXILIARY, Tag.RELATIVE, Tag.PRONOUN) or spot.verb_denied:
        return "NOUN" not in parts or depicting or word in _PARTICIPLES_TOO
    if not has_subject or spot.before is None or spot.follows(Tag.PREDICATE):
        return False
    agrees = word.endswith("s") != spot.before.value.endswith(_PLURALS)
    opens = spot.precedes(Tag.DETERMINER, Tag.POSSESSIVE)
    if agrees and opens and spot.follows(Tag.NOUN, Tag.ADVERB, Tag.ADJECTIVE):
        return True  # "a boy grips a ball", "boys grip a ball"
    if word.endswith("s") and spot.follows(Tag.NOUN, Tag.ADVERB, Tag.CONJUNCTION):
        return only or (depicting and not _plural_like(spot))
    if spot.before.value in visual.ANIMATE:  # telegraphic: "person wear hat", "bear walk on road"
        placed = depicting and not word.endswith("s") and spot.precedes(Tag.PREDICATE)
        if word in _NEVER_NOUNS or placed:
            return True
    several = spot.follows(Tag.NOUN, Tag.ADVERB) and spot.before.value.endswith(_PLURALS)
    return only or (depicting and several)


def _ing(word: str) -> bool:
    return word.endswith("ing")


def _plural_like(spot: _Spot) -> bool:
    """Whether the word reads as a plural head after a noun, as in ``card games``."""
    ends = spot.after is None or spot.precedes(Tag.COMMA, Tag.STOP, Tag.CONJUNCTION)
    ends = ends or (spot.after is not None and _ing(spot.after.value))  # "water drops falling"
    animate = spot.before is not None and spot.before.value in visual.ANIMATE
    return spot.follows(Tag.NOUN) and ends and not animate


def _depicts(word: str) -> bool:
    return lemma_of_verb(word) in visual.VERBS


def _can_be_noun(unit: Unit) -> bool:
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

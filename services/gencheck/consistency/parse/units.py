"""Tokens folded into units: one unit for ``in front of``, for ``hot dog``, for ``oil painting``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from gencheck.consistency.parse import fixed_phrases as fixed
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import places
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse.numbers import read_number
from gencheck.consistency.parse.tokens import Kind, Token


class Tag(Enum):
    """The part that a unit plays in the sentence."""

    DETERMINER = "determiner"
    POSSESSIVE = "possessive"
    NUMBER = "number"
    QUANTIFIER = "quantifier"
    BOUND = "bound"
    ADJECTIVE = "adjective"
    NOUN = "noun"
    VERB = "verb"
    ADVERB = "adverb"
    PREDICATE = "predicate"
    CONJUNCTION = "conjunction"
    COMMA = "comma"
    STOP = "stop"
    PRONOUN = "pronoun"
    AUXILIARY = "auxiliary"
    RELATIVE = "relative"
    NEGATION = "negation"
    STYLE = "style"
    ORIENTATION = "orientation"
    POSITION = "position"
    STATE = "state"
    PARAMETER = "parameter"
    TEXT = "text"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


FUNCTION_TAGS = frozenset(
    {
        Tag.DETERMINER,
        Tag.POSSESSIVE,
        Tag.ADVERB,
        Tag.CONJUNCTION,
        Tag.COMMA,
        Tag.STOP,
        Tag.PRONOUN,
        Tag.AUXILIARY,
        Tag.RELATIVE,
        Tag.BOUND,
    }
)
"""What carries no content of its own."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One or more tokens that act as one word.

    Attributes:
        value: the canonical form where the lexicon has one (``left of``), else the lower case.
    """

    tokens: tuple[Token, ...]
    tag: Tag
    value: str

    @property
    def start(self) -> int:
        """First character in the prompt."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """One past the last character in the prompt."""
        return self.tokens[-1].end

    @property
    def text(self) -> str:
        """The words as written, a space between them."""
        return " ".join(token.text for token in self.tokens)


_NEGATIVE = {
    **dict.fromkeys(("free of", "devoid of", "empty of", "none of", "except for"), "without"),
    **dict.fromkeys(("instead of", "rather than", "in place of", "lack of"), "without"),
    "no one": "nobody",
}
_FRAMES = (
    "can be seen",
    "not only",
    "kind of",
    "kinds of",
    "type of",
    "types of",
    "sort of",
    "sorts of",
    "variety of",
    "varieties of",
    "nothing but",
    "in color",
    "in colour",
    "in the style of",
    "a lot",
)


OPENERS = (
    "there is",
    "there are",
    "there was",
    "there were",
    "there's",
    "we can see",
    "i can see",
    "you can see",
    "we can observe",
    "i can observe",
    "as we can see",
    "we see",
    "i see",
    "you see",
)
"""What follows these is new, whatever stood before."""


_SEEMING = {
    f"{seems} {be}"
    for seems in ("appears to", "appear to", "seems to", "seem to", "looks to", "happens to")
    for be in ("be", "have been")
}


@cache
def _table() -> dict[tuple[str, ...], tuple[Tag, str]]:
    table: dict[tuple[str, ...], tuple[Tag, str]] = {}

    def add(phrases: Mapping[str, object] | Iterable[str], tag: Tag) -> None:
        for phrase in phrases:
            value = phrases[phrase] if isinstance(phrases, Mapping) else phrase
            text = value if isinstance(value, str) else phrase
            table[tuple(phrase.split())] = (tag, text)

    add(_FRAMES, Tag.ADVERB)
    add(OPENERS, Tag.STOP)
    add({"each other": "each other", "one another": "each other"}, Tag.PRONOUN)
    add(_SEEMING, Tag.AUXILIARY)
    add(fixed.NAMES, Tag.NOUN)
    add(fixed.STATES, Tag.ADJECTIVE)
    add(fixed.STATES_AFTER, Tag.STATE)
    add(fixed.MATERIALS, Tag.UNKNOWN)
    add(fixed.COLOURS, Tag.ADJECTIVE)
    add(grammar.PREDICATES, Tag.PREDICATE)
    add(_placed(), Tag.PREDICATE)
    add(grammar.QUANTIFIERS, Tag.QUANTIFIER)
    add((p for p in grammar.BOUNDS if " " in p), Tag.BOUND)
    add({s: look for s, look in scenes.STYLES.items() if " " in s}, Tag.STYLE)
    add(scenes.ORIENTATIONS, Tag.ORIENTATION)
    add(_NEGATIVE, Tag.NEGATION)
    return table


@cache
def _longest() -> dict[str, int]:
    """How many words the longest phrase has that begins with a word."""
    longest: dict[str, int] = {}
    for words in _table():
        longest[words[0]] = max(len(words), longest.get(words[0], 0))
    return longest


def _placed() -> dict[str, str]:
    """``placed on``, ``located next to``: the place says it all."""
    return {
        f"{verb} {place}": predicate
        for verb in ("placed", "located", "situated", "positioned", "kept", "mounted", "set up")
        for place, predicate in grammar.PREDICATES.items()
        if place.split()[0] not in ("has", "have", "made", "of", "for", "like", "about")
    }


class Folder:
    """Folds tokens by the lexicon, longest phrase first."""

    def __init__(self) -> None:
        self._table = _table()
        self._longest = _longest()

    def fold(self, tokens: Sequence[Token]) -> list[Unit]:
        """Units in order; words outside the lexicon get the tag ``UNKNOWN``."""
        units: list[Unit] = []
        at = 0
        while at < len(tokens):
            unit = _place(tokens, at) or self._phrase(tokens, at) or _number(tokens, at)
            units += [unit] if unit else _single(tokens[at])
            at += len(unit.tokens) if unit else 1
        return units

    def _phrase(self, tokens: Sequence[Token], at: int) -> Unit | None:
        longest = self._longest.get(tokens[at].lower, 0)
        for length in range(min(longest, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            entry = self._table.get(tuple(token.lower for token in part))
            if entry is None and length > 1:
                entry = self._plural(part)
            of = tokens[at + length : at + length + 1]
            if entry is not None and entry[0] is Tag.STATE and of and of[0].lower == "of":
                entry = None  # "in a row of stones"
            if entry is not None:
                return Unit(tuple(part), *entry)
        return None

    def _plural(self, part: Sequence[Token]) -> tuple[Tag, str] | None:
        """``hot dogs`` is ``hot dog`` too."""
        last = part[-1].lower
        for stem in (last.removesuffix("es"), last.removesuffix("s")):
            name = " ".join((*(token.lower for token in part[:-1]), stem))
            if stem != last and name in fixed.NAMES:
                return Tag.NOUN, name
        return None


_FARTHEST = 8


def _place(tokens: Sequence[Token], at: int) -> Unit | None:
    """``in this picture`` says nothing, ``in the top right corner`` where in the picture."""
    words = [token.lower for token in tokens[at : at + _FARTHEST]]
    length, value = places.position(words)
    if length:
        return Unit(tuple(tokens[at : at + length]), Tag.POSITION, value)
    length = places.asset(words)
    return Unit(tuple(tokens[at : at + length]), Tag.ADVERB, words[-1]) if length else None


def _number(tokens: Sequence[Token], at: int) -> Unit | None:
    words = [token.lower for token in tokens[at : at + _FARTHEST]]
    length, value = read_number(words)
    if not length:
        return None
    old = next((n for n in (1, 2) if " ".join(words[length : length + n]) in _OLD), 0)
    part = tuple(tokens[at : at + length + old])
    if old:
        return Unit(part, Tag.ADJECTIVE, " ".join(token.lower for token in part))
    return Unit(part, Tag.NUMBER, value)


_OLD = {f"{time}{plural} old" for time in ("year", "month", "week", "day") for plural in ("", "s")}
_CONTRACTED = grammar.PRONOUNS | grammar.RELATIVES
_CLOSED: tuple[tuple[frozenset[str], Tag], ...] = (
    (grammar.NEGATIONS | {"nobody", "none", "nothing"}, Tag.NEGATION),
    (grammar.POSSESSIVES, Tag.POSSESSIVE),
    (grammar.RELATIVES, Tag.RELATIVE),
    (grammar.DETERMINERS, Tag.DETERMINER),
    (grammar.AUXILIARIES, Tag.AUXILIARY),
    (grammar.CONJUNCTIONS, Tag.CONJUNCTION),
    (grammar.PRONOUNS, Tag.PRONOUN),
    (grammar.ADVERBS, Tag.ADVERB),
)


def _single(token: Token) -> list[Unit]:
    """The unit of one word; ``it's`` and ``who's`` are two."""
    word, mark, rest = token.lower.partition("'")
    if mark and word in _CONTRACTED and rest in ("s", "re", "m") and token.lower != "one's":
        tag = Tag.RELATIVE if word in grammar.RELATIVES else Tag.PRONOUN
        return [Unit((token,), tag, word), Unit((token,), Tag.AUXILIARY, "is")]
    return [_one(token)]


def _one(token: Token) -> Unit:
    if token.lower in ("someone", "somebody"):
        return Unit((token,), Tag.NOUN, "person")
    if token.kind is Kind.WORD:
        tag = next((tag for table, tag in _CLOSED if token.lower in table), Tag.UNKNOWN)
    elif token.kind is Kind.PUNCT:
        tag = Tag.COMMA if token.text in ",/-–()[]{}|+*" else Tag.STOP
        tag = Tag.CONJUNCTION if token.text == "&" else tag
        tag = Tag.ADVERB if token.text in "'\"“”‘’#$%" else tag
    else:
        tag = {
            Kind.NUMBER: Tag.NUMBER,
            Kind.FOREIGN: Tag.FOREIGN,
            Kind.PARAMETER: Tag.PARAMETER,
        }[token.kind]
    return Unit((token,), tag, token.lower)

"""A language model's answer as claims, of which only those are kept that the prompt itself makes.

Neither the model nor the prompt that it read is trusted. A claim must quote the prompt, and may
name nothing, count nothing and deny nothing that the prompt does not. So an answer can mix up what
a prompt says, and leave out some, which is then said to be uncovered; it can add nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    Claim,
    Comparator,
    CountClaim,
    ObjectClaim,
    ParsedPrompt,
    RelationClaim,
    SceneClaim,
    Statement,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.coverage import covered
from gencheck.consistency.parse.numbers import ends
from gencheck.consistency.parse.parser import read_units
from gencheck.consistency.parse.tokens import Token, join, tokenise
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb, singular
from gencheck.errors import ModelError

MOST_CLAIMS = 200
_LONGEST = 200
_KINDS = grammar.words("colour material shape texture size state quality position brightness")
_DENIES = grammar.NEGATIONS | grammar.words("nobody none nothing free missing instead rather empty")


def claims_of(reply: Mapping[str, Any], prompt: str) -> ParsedPrompt:
    """The claims that a reply holds and the prompt makes, in the order of the text.

    Raises:
        ModelError: the reply has not the form of a chat's, or its words are no JSON of claims.
    """
    units, _ = read_units(prompt)
    reader = _Reader(prompt, units)
    found: dict[Statement, Claim] = {}
    for entry in _entries(reply):
        claim = reader.claim(entry)
        if claim is not None:
            found.setdefault(claim.claim, claim)
    claims = tuple(sorted(found.values(), key=lambda claim: claim.span.start))

    def used(token: Token) -> bool:
        return any(c.span.start <= token.start and token.end <= c.span.end for c in claims)

    return covered(claims, units, used)


def _entries(reply: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    try:
        said = json.loads(content) if isinstance(content, str) else None
    except (ValueError, RecursionError):
        said = None
    claims = said.get("claims") if isinstance(said, dict) else None
    if not isinstance(claims, list):
        raise ModelError("the endpoint's answer holds no claims", where="prompt parser")
    for entry in claims[:MOST_CLAIMS]:
        if isinstance(entry, dict):
            yield entry


class _Reader:
    """Turns entries of an answer into claims of one prompt."""

    def __init__(self, prompt: str, units: Sequence[Unit]) -> None:
        self._prompt = prompt
        self._words = {token.lower for token in tokenise(prompt)}
        self._lemmas = {lemma for word in self._words for lemma in _lemmas(word)}
        self._numbers = set(_numbers(units))

    def claim(self, entry: Mapping[str, Any]) -> Claim | None:
        """The claim that an entry makes; ``None`` if it makes none, or not one of this prompt."""
        words = entry.get("words")
        kind = entry.get("kind")
        make = _MAKERS.get(kind) if isinstance(kind, str) else None
        if make is None or not isinstance(words, str) or not words.strip():
            return None
        start = self._prompt.find(words)
        if start < 0:
            return None
        statement = make(self, entry)
        span = join(self._prompt, start, start + len(words))
        return Claim(span, statement) if statement is not None else None

    def text(self, entry: Mapping[str, Any], field: str) -> str:
        """A field in lower case, all of whose words stand in the prompt; else nothing."""
        value = entry.get(field)
        if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST:
            return ""
        words = [token.lower for token in tokenise(value)]
        known = all(self._lemmas & _lemmas(w) or w in grammar.LIGHT for w in words)
        return " ".join(words) if words and known else ""

    def name(self, entry: Mapping[str, Any], field: str = "name") -> str:
        """A field that names a thing, in the singular."""
        value = self.text(entry, field)
        return singular(value) if value else ""

    def written(self, entry: Mapping[str, Any]) -> str:
        """Words to be written, exactly as the prompt has them."""
        value = entry.get("text")
        return value if isinstance(value, str) and value.strip() and value in self._prompt else ""

    def predicate(self, entry: Mapping[str, Any]) -> str:
        """A predicate in its canonical form, if the prompt has words for it."""
        value = entry.get("predicate")
        meant = grammar.PREDICATES.get(value, value) if isinstance(value, str) else None
        phrases = [p for p, canonical in grammar.PREDICATES.items() if canonical == meant]
        return str(meant) if any(self._words >= set(p.split()) for p in phrases) else ""

    def number(self, entry: Mapping[str, Any]) -> int | None:
        """A number that the prompt gives, or one beside it (``more than two`` is three)."""
        n = entry.get("n")
        if not isinstance(n, int) or isinstance(n, bool):
            return None
        return n if any(abs(n - known) <= 1 for known in self._numbers) else None

    @property
    def denies(self) -> bool:
        """Whether the prompt has a word that denies anything."""
        return bool(self._words & _DENIES) or any(word.endswith("-free") for word in self._words)


def _lemmas(word: str) -> set[str]:
    return {word, singular(word), lemma_of_verb(word), visual.SPELLINGS.get(word, word)}


def _numbers(units: Sequence[Unit]) -> Iterator[int]:
    for unit in units:
        if unit.tag is Tag.NUMBER:
            yield from ends(unit.value) or ()
        elif unit.tag is Tag.QUANTIFIER:
            yield grammar.QUANTIFIERS[unit.value][0]


def _object(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    name = reader.name(entry)
    return ObjectClaim(name) if name else None


def _count(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    name, n = reader.name(entry), reader.number(entry)
    meant = {c.value: c for c in Comparator}.get(str(entry.get("comparator", "EQUAL")))
    return CountClaim(name, n, meant) if name and n is not None and n >= 0 and meant else None


def _attribute(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    name, value, kind = reader.name(entry), reader.text(entry, "value"), entry.get("attribute")
    if not name or not value:
        return None
    kind = kind if isinstance(kind, str) and kind in _KINDS else "quality"
    return AttributeClaim(name, kind, visual.SPELLINGS.get(value, value))


def _relation(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    subject, thing = reader.name(entry, "subject"), reader.name(entry, "object")
    predicate = reader.predicate(entry)
    return RelationClaim(subject, predicate, thing) if subject and predicate and thing else None


def _action(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    subject, verb = reader.name(entry, "subject"), reader.text(entry, "verb")
    if not subject or not verb:
        return None
    return ActionClaim(subject, lemma_of_verb(verb), reader.name(entry, "object"))


def _text(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    text = reader.written(entry)
    return TextClaim(text) if text else None


def _style(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    value = reader.text(entry, "value")
    return StyleClaim(value) if value else None


def _scene(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    value = reader.text(entry, "value")
    return SceneClaim(value) if value else None


def _absence(reader: _Reader, entry: Mapping[str, Any]) -> Statement | None:
    name = reader.name(entry)
    return AbsenceClaim(name) if name and reader.denies else None


_MAKERS: dict[str, Callable[[_Reader, Mapping[str, Any]], Statement | None]] = {
    "object": _object,
    "count": _count,
    "attribute": _attribute,
    "relation": _relation,
    "action": _action,
    "text": _text,
    "style": _style,
    "scene": _scene,
    "absence": _absence,
}

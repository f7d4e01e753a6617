"""Pronouns and possessives: which thing ``it``, ``them`` and ``his`` go back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gencheck.consistency.parse.grammar_words import words
from gencheck.consistency.parse.phrases import NounPhrase

_PERSONS = words("he she him her his himself herself")
_SEVERAL = words("they them their themselves")
_ANYTHING = words("it its itself")


@dataclass
class References:
    """Things that clauses were about, in order; the nearest one that fits is meant."""

    _topics: list[NounPhrase] = field(default_factory=list)

    def add(self, phrase: NounPhrase) -> None:
        """A clause is about this."""
        self._topics.append(phrase)

    def of(
        self,
        pronoun: str,
        others: Iterable[NounPhrase] = (),
        nearest: Iterable[NounPhrase] = (),
    ) -> NounPhrase | None:
        """The thing a pronoun means; ``None`` if no thing so far fits it.

        Args:
            pronoun: lower case.
            others: what it cannot mean, being said to stand to it.
            nearest: what the clause is about that it stands in.
        """
        names = {other.name for other in others}
        topics = [*self._topics, *nearest]
        fitting = [t for t in topics if t.name not in names and _fits(pronoun, t)]
        people = [t for t in fitting if t.animate] if pronoun in _SEVERAL else []
        return next(iter([*people[-1:], *fitting[-1:]]), None)


def _fits(pronoun: str, thing: NounPhrase) -> bool:
    if pronoun in _PERSONS:
        return thing.animate
    if pronoun in _SEVERAL:
        return thing.animate or thing.plural
    return pronoun in _ANYTHING and not thing.plural

"""Things of one name that a prompt tells apart: ``a red car and a blue car`` are two cars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gencheck.consistency.claims import Comparator, CountClaim
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.grammar_words import words
from gencheck.consistency.parse.phrases import NounPhrase

_FURTHER = words(
    "first second third other different further additional more left right leftmost rightmost"
)
_EXCLUSIVE = words("colour size material shape state texture")
"""Kinds of which a thing has one: what is red is not what is blue."""


@dataclass(frozen=True, slots=True)
class _Group:
    phrase: NounPhrase
    here: bool  # in the sentence that is read

    @property
    def n(self) -> int:
        return self.phrase.count.n if self.phrase.count else 1

    @property
    def start(self) -> int:
        said = self.phrase.count.units if self.phrase.count else ()
        return min([self.phrase.start, *(unit.start for unit in said)])

    @property
    def exact(self) -> bool:
        count = self.phrase.count
        return count is not None and count.comparator is Comparator.EQUAL


@dataclass
class ToldApart:
    """Things by name, in groups of which none is part of another."""

    _groups: dict[str, list[_Group]] = field(default_factory=dict)

    def end_sentence(self) -> None:
        """What the next sentence names may be the same thing again."""
        for groups in self._groups.values():
            groups[:] = [replace(group, here=False) for group in groups]

    def one_of(self, phrase: NounPhrase) -> bool:
        """Whether it is one of several before: ``two birds. One bird is red``."""
        said = phrase.count is not None and phrase.count.n == 1 and not phrase.attributes
        return said and any(group.n > 1 for group in self._groups.get(phrase.name, ()))

    def add(self, phrase: NounPhrase, beside: Iterable[NounPhrase], draft: Draft) -> None:
        """Claim how many there are in all, where these are none of those before.

        Args:
            beside: what the phrase stands to by the predicate or verb before it.
        """
        further = any(found.value in _FURTHER for found in phrase.attributes)
        new = (phrase.count or phrase.single) and phrase.article != "the"
        if (phrase.plural and not phrase.count) or not (new or further):
            return
        groups = self._groups.setdefault(phrase.name, [])
        if further and groups and _said(phrase) in {_said(group.phrase) for group in groups}:
            return
        apart = further or phrase.another or any(one.phrase in beside for one in groups)
        if groups and not (apart or all(_differs(phrase, group) for group in groups)):
            return
        groups.append(_Group(phrase, here=True))
        if len(groups) > 1:
            exact = all(group.exact for group in groups)
            how = Comparator.EQUAL if exact else Comparator.AT_LEAST
            claim = CountClaim(phrase.name, sum(group.n for group in groups), how)
            draft.recount(claim, groups[0].start, phrase.end)


def _said(phrase: NounPhrase) -> frozenset[str]:
    return frozenset(found.value for found in phrase.attributes)


def _differs(phrase: NounPhrase, group: _Group) -> bool:
    """Whether what is said of both cannot be said of one."""
    these = {(found.kind, found.value) for found in phrase.attributes}
    those = {(found.kind, found.value) for found in group.phrase.attributes}
    if group.here:
        return bool(these and those) and these != those
    kinds = {kind for kind, _ in these & those}
    return any(
        kind == other and value != rival and kind in _EXCLUSIVE and kind not in kinds
        for kind, value in these
        for other, rival in those
    )

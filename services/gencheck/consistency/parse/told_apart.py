"""Things of one name that a prompt tells apart: ``a red car and a blue car`` are two cars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gencheck.consistency.claims import Comparator, CountClaim
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.phrases import NounPhrase


@dataclass
class ToldApart:
    """Single things of a sentence by name, as far as each is surely another one."""

    _known: dict[str, list[NounPhrase]] = field(default_factory=dict)

    def end_sentence(self) -> None:
        """What the next sentence names may be the same thing again."""
        self._known.clear()

    def add(self, phrase: NounPhrase, beside: Iterable[NounPhrase], draft: Draft) -> None:
        """Claim how many there are at the least, where this one is none of those before.

        Args:
            beside: what it stands to by the predicate or verb before it.
        """
        if phrase.count is not None or phrase.plural or not phrase.single:
            return
        known = self._known.setdefault(phrase.name, [])
        if known and not (phrase.another or any(one in known for one in beside)):
            said = _looks(phrase)
            if not said or any(not _looks(one) or _looks(one) == said for one in known):
                return
        known.append(phrase)
        if len(known) > 1 and not draft.counts(phrase.name):
            claim = CountClaim(phrase.name, len(known), Comparator.AT_LEAST)
            draft.add(claim, known[0].start, phrase.end)


def _looks(phrase: NounPhrase) -> frozenset[str]:
    return frozenset(found.value for found in phrase.attributes)

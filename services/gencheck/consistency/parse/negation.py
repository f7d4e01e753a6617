"""What is not to be seen: the words that a "no", a "not" or a "without" reaches.

Things denied become absences; denied properties, doings and places become nothing, and so count as
uncovered. Either way they are taken out of the sentence, and what is left of it is read as usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gencheck.consistency.claims import AbsenceClaim
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.phrases import NounPhrase, read_phrase
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb

_VERBAL = grammar.words("not never cannot")
_NOBODY = grammar.words("nobody none nothing")
_COMPLEMENT = grammar.words("with to at for toward of about from like")
_ALTERNATIVE = grammar.words("or nor")
_ENDS = (Tag.STOP, Tag.COMMA, Tag.CONJUNCTION, Tag.RELATIVE, Tag.AUXILIARY, Tag.NEGATION)
_OPENS = (Tag.STOP, Tag.COMMA, Tag.CONJUNCTION)


def take_out(units: Sequence[Unit], draft: Draft) -> list[Unit]:
    """Claim the absences of a prompt.

    Returns:
        The units without negations and what they deny.
    """
    return _Negations(units, draft).rest()


class _Negations:
    def __init__(self, units: Sequence[Unit], draft: Draft) -> None:
        self._units = units
        self._draft = draft
        self._kept: list[Unit] = []

    def rest(self) -> list[Unit]:
        at = 0
        while at < len(self._units):
            unit = self._units[at]
            if unit.tag is not Tag.NEGATION:
                self._kept.append(unit)
                at += 1
            elif unit.value in _VERBAL or unit.value.endswith("n't"):
                at = self._not(at)
            elif unit.value in _NOBODY:
                self._drop_verb()
                if unit.value == "nobody":
                    self._draft.add(AbsenceClaim("person"), unit.start, unit.end, [unit])
                at = self._barrier(unit, at + 1)
            else:
                at = self._no(at)
        return self._kept

    # -- "no", "without" -----------------------------------------------------------------------

    def _no(self, at: int) -> int:
        cue = self._units[at]
        found = read_phrase(self._units, at + 1)
        if found is None:
            return at + 1
        opens = not self._kept or self._kept[-1].tag in _OPENS
        self._drop_verb()
        self._draft.use([cue])
        at = self._absences(*found, every=cue.value != "no")
        return self._barrier(cue, at) if opens else at

    def _drop_verb(self) -> None:
        """``with no``, ``wearing no``: the absence says it all; ``eating no`` it does not."""
        while self._kept and self._kept[-1].tag in (Tag.PREDICATE, Tag.VERB):
            verb = self._kept.pop()
            if verb.tag is Tag.PREDICATE or _has(verb):
                self._draft.use([verb])

    def _absences(self, phrase: NounPhrase, at: int, *, every: bool) -> int:
        """Claim a list of absences, ``cars, trucks or buses``; give the index after it."""
        self._draft.absence(phrase)
        while (more := self._next_of_list(at, every=every)) is not None:
            phrase, at = more
            self._draft.absence(phrase)
        return at

    def _next_of_list(self, at: int, *, every: bool) -> tuple[NounPhrase, int] | None:
        i = at
        while i < len(self._units) and self._units[i].tag in (Tag.COMMA, Tag.CONJUNCTION):
            i += 1
        joint = {unit.value for unit in self._units[at:i]}
        found = read_phrase(self._units, i) if joint else None
        if found is None or "but" in joint:
            return None
        if joint & _ALTERNATIVE:
            return found
        if not found[0].bare:
            return None
        if "and" in joint:
            return found
        further = self._next_of_list(found[1], every=every)  # a comma: is the list closed by "or"?
        closed = {"or", "nor", "and"} if every else _ALTERNATIVE
        return found if further is not None and self._closes(found[1], closed) else None

    def _closes(self, at: int, words: frozenset[str] | set[str]) -> bool:
        """Whether a list that goes on with commas ends with one of these words."""
        while at < len(self._units):
            unit = self._units[at]
            if unit.value in words:
                return True
            if unit.tag not in (Tag.COMMA, Tag.NOUN, Tag.ADJECTIVE):
                return False
            at += 1
        return False

    def _barrier(self, cue: Unit, at: int) -> int:
        """``a bench, no people on the grass``: the bench is not on the grass."""
        if at < len(self._units) and self._units[at].tag is Tag.PREDICATE:
            self._kept.append(Unit(cue.tokens, Tag.STOP, ""))
        return at

    # -- "not", "never", "isn't" ---------------------------------------------------------------

    def _not(self, at: int) -> int:
        cue = self._units[at]
        if cue.value.endswith("n't"):
            self._kept.append(replace(cue, tag=Tag.AUXILIARY))
        at += 1
        showing = False  # "do not include text"
        while at < len(self._units) and self._units[at].tag is Tag.ADVERB:
            showing = showing or self._units[at].value in grammar.SHOWING
            at += 1
        found = read_phrase(self._units, at)
        if found is not None and (showing or not found[0].bare or found[0].plural):
            self._draft.use([cue])
            return self._absences(*found, every=True)
        verb = self._units[at] if at < len(self._units) else None
        having = verb is not None and verb.tag in (Tag.VERB, Tag.PREDICATE)
        if verb is not None and having and _has(verb):
            found = read_phrase(self._units, at + 1)
            if found is not None:
                self._draft.use([cue, verb])
                return self._absences(*found, every=True)
        return self._deny(at)

    def _deny(self, at: int) -> int:
        """Skip what is denied; a definite thing in it is there all the same."""
        first = True
        while at < len(self._units):
            unit = self._units[at]
            if unit.tag in _ENDS and not (unit.value in _ALTERNATIVE and not first):
                break
            found = read_phrase(self._units, at)
            if found is not None and not first:
                if found[0].definite:
                    self._kept.append(Unit(unit.tokens, Tag.STOP, ""))
                    break
                at = found[1]
                continue
            if not first and unit.tag is Tag.PREDICATE and not self._denied_place(at):
                break
            at += 1
            first = False
        return at

    def _denied_place(self, at: int) -> bool:
        """Whether a place belongs to what is denied: ``playing with a ball``, ``look at``.

        ``not flying on a branch`` is on the branch all the same.
        """
        verb = self._units[at - 1].tag in (Tag.VERB, Tag.PREDICATE)
        return verb and self._units[at].value in _COMPLEMENT


def _has(verb: Unit) -> bool:
    return verb.value == "has" or lemma_of_verb(verb.value) in grammar.HAVING

"""How far a sentence has been read: who it is about, and what is still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from gencheck.consistency.claims import ActionClaim, AttributeClaim
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.phrases import NounPhrase
from gencheck.consistency.parse.references import References
from gencheck.consistency.parse.told_apart import ToldApart
from gencheck.consistency.parse.units import Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb

TEXT_NAME = "text"
_NEAREST = frozenset(
    {"with", "has", "of", "made of", "left of", "right of", "above", "below", "wearing"}
    | {"filled with", "covered in", "topped with", "decorated with", "from", "hidden by"}
)
"""Predicates that belong to the thing right before them."""


_OWN = frozenset({"with", "has", "of", "made of"})
"""What these say is of the thing right before them, whatever the clause is about."""


_OF_SUBJECT = frozenset({"like", "toward", "past"})
"""What these say is of what the clause is about, whatever stands between."""


class Part(Enum):
    """What the last noun phrase was in its clause; phrases joined by "and" share it."""

    SUBJECT = "subject"
    OBJECT = "object"  # of a verb
    PLACE = "place"  # after a predicate of place


@dataclass
class Clause:
    """The clause that is being read.

    Attributes:
        subjects: what it is about.
        last: the noun phrase before.
        part: what ``last`` was.
        joined: whether "and" or a comma stood since ``last``; ``comma``: it was a comma.
        copula: whether a form of "be" stood since the subjects; ``complement``: and no noun since.
        predicated: whether anything was said of the subjects.
        related: the first sides of the last relation or action, and its predicate or verb.
        verb: a verb that waits for its object; ``actors`` do it, or have it done (``passive``).
        predicate: a predicate of place that waits for its place.
        host: what the last "with" or "has" was said of.
        outer: ``related`` before an "of": ``topped with a slice of cake and a fork``.
        peers: ``last`` and the noun phrases that "and" or commas join to it in the same part.
        introduces: whether it began with "there is": what comes next is what it is about.
    """

    subjects: list[NounPhrase] = field(default_factory=list)
    last: NounPhrase | None = None
    part: Part = Part.SUBJECT
    joined: bool = False
    comma: bool = False
    copula: bool = False
    complement: bool = False
    predicated: bool = False
    related: tuple[list[NounPhrase], Unit] | None = None
    outer: tuple[list[NounPhrase], Unit] | None = None
    verb: Unit | None = None
    actors: list[NounPhrase] = field(default_factory=list)
    passive: bool = False
    predicate: Unit | None = None
    host: list[NounPhrase] = field(default_factory=list)
    introduces: bool = False
    peers: list[NounPhrase] = field(default_factory=list)

    @property
    def nearest(self) -> list[NounPhrase]:
        """What a pronoun in this clause means first: ``a plate with toast on it``."""
        return self.subjects if self.introduces else self.host or self.subjects

    def attached(self, predicate: Unit) -> list[NounPhrase]:
        """What a predicate of place says something about."""
        own = predicate.value in _OWN and not self.complement
        if self.last is None or (self.copula and self.subjects and not own):
            return self.subjects
        finite = predicate.text.lower() in ("has", "have")
        if self.subjects and (
            finite or predicate.value in _OF_SUBJECT or (self.joined and self.comma)
        ):
            return self.subjects
        if self.joined and self.related is not None:
            return self.related[0]
        if self._whole and predicate.value == "made of":
            return self._whole
        if predicate.value in _NEAREST or self.last.name == TEXT_NAME:
            return [self.last]
        if self.part is Part.SUBJECT and len(self.subjects) > 1:
            return self.subjects
        if self.part is Part.OBJECT and predicate.value in grammar.LOCATIVE and self.subjects:
            return self.subjects
        return self._wearers or self._whole or self.peers or [self.last]

    @property
    def _whole(self) -> list[NounPhrase]:
        """What an "of" was said of: ``a bowl of soup`` is on the table."""
        owners, link = self.related or ([], None)
        of = bool(owners) and link is not None and link.value == "of"
        return owners if of and last_word(owners[0]) not in visual.BODY else []

    @property
    def _wearers(self) -> list[NounPhrase]:
        """Who has the part of a body or the clothes: ``a man with a beard`` is on the horse."""
        owners = self.related[0] if self.related else []
        worn = last_word(self.last) in visual.BODY | visual.CLOTHES
        return owners if worn and any(owner.animate for owner in owners) else []

    def doers(self, verb: Unit) -> list[NounPhrase]:
        """Who does what a verb says: ``a man in a hat riding``, ``a sofa with a dog sleeping``."""
        last = self.last
        if last is None or (self.subjects and (self.part is Part.SUBJECT or self.joined)):
            return self.subjects
        if self.related is not None and self.related[1].value == "made of":
            return self.subjects or [last]
        if any(agrees(one, verb) for one in self.subjects) and not agrees(last, verb):
            return self.subjects
        nearest = last.animate or not self.subjects or self._describes_last(verb)
        return [last] if nearest else self.subjects

    def _describes_last(self, verb: Unit) -> bool:
        """Whether the nearest thing does it: ``a bag with straps hanging``."""
        if self.copula:
            return False
        if not verb.text.lower().endswith("ing"):
            finite = verb.text.lower().endswith("s") or lemma_of_verb(verb.value) == verb.value
            return self.part is Part.PLACE and not finite
        if last_word(self.last) in visual.BODY:
            return False
        beside = self.related is not None and self.related[1].value in ("with", "has")
        return beside and not any(subject.animate for subject in self.subjects)


def agrees(phrase: NounPhrase, verb: Unit) -> bool:
    """Whether a thing can be the subject of a verb by their numbers: not of ``two dogs sits``."""
    word = verb.text.lower()
    if word.endswith(("ing", "ed")):
        return True
    several = phrase.plural or last_word(phrase) in grammar.PAIRED_NOUNS
    if lemma_of_verb(word) == word:
        return several
    return not (several and word.endswith("s"))


def last_word(phrase: NounPhrase | None) -> str:
    """The head of a name of several words."""
    return phrase.name.rpartition(" ")[2] if phrase else ""


@dataclass(frozen=True, slots=True)
class Fronted:
    """A place named before what stands there, and the verb that says how it does."""

    predicate: Unit
    place: NounPhrase
    verb: Unit | None = None


@dataclass
class Reading:
    """A prompt on its way from units to claims; ``at`` is the unit being read."""

    units: Sequence[Unit]
    draft: Draft
    at: int = 0
    now: Clause = field(default_factory=Clause)
    known: References = field(default_factory=References)
    opening: Unit | None = None  # "in the background," of all that follows
    fronted: Fronted | None = None  # "on the table there is", of all that follows
    names: list[str] = field(default_factory=list)  # of all things so far
    apart: ToldApart = field(default_factory=ToldApart)

    def unit(self, step: int) -> Unit | None:
        """The unit so many steps from the one being read."""
        at = self.at + step
        return self.units[at] if 0 <= at < len(self.units) else None

    def end_verb(self) -> None:
        """A verb without an object is an action by itself."""
        verb, self.now.verb = self.now.verb, None
        for actor in self.now.actors if verb else []:
            assert verb is not None
            self.draft.add(ActionClaim(actor.name, verb.value), verb.start, verb.end, [verb])

    def positioned(self, subject: NounPhrase, where: Unit) -> None:
        """Claim where in the picture a thing is."""
        claim = AttributeClaim(subject.name, "position", where.value)
        self.draft.add(claim, where.start, where.end, [where])

"""Who does what, and what stands where: one walk over the units of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from gencheck.consistency.claims import (
    ActionClaim,
    AttributeClaim,
    Comparator,
    CountClaim,
    RelationClaim,
    SceneClaim,
    StyleClaim,
)
from gencheck.consistency.parse import frames
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.phrases import NounPhrase, attribute, number, read_phrase
from gencheck.consistency.parse.tagging import lemma_of_verb
from gencheck.consistency.parse.units import OPENERS, Tag, Unit


class _Part(Enum):
    """What the last noun phrase was in its clause; phrases joined by "and" share it."""

    SUBJECT = "subject"
    OBJECT = "object"  # of a verb
    PLACE = "place"  # after a predicate of place


_NEAREST = frozenset(
    {"with", "has", "of", "made of", "left of", "right of", "above", "below", "wearing"}
    | {"filled with", "covered in", "topped with", "decorated with", "from", "hidden by"}
)
"""Predicates that belong to the thing right before them."""

_TEXT_NAME = "text"
_MOST_SUBJECTS = 8


class Clauses:
    """Reads tagged units from left to right and drafts their claims."""

    def __init__(self, units: Sequence[Unit], draft: Draft) -> None:
        self._units = units
        self._draft = draft
        self._at = 0
        self._topic: NounPhrase | None = None  # what the first clause is about
        self._place_of_clause: Unit | None = None  # "in the background," of all that follows
        self._start_clause()

    def _start_clause(self) -> None:
        self._subjects: list[NounPhrase] = []
        self._start_part()
        self._last: NounPhrase | None = None
        self._part = _Part.SUBJECT
        self._joined = False  # by "and" or a comma to what came before
        self._comma = False
        self._copula = False
        self._related: tuple[list[NounPhrase], Unit] | None = None

    def _start_part(self) -> None:
        self._verb: Unit | None = None
        self._actors: list[NounPhrase] = []
        self._predicate: Unit | None = None

    def read(self) -> None:
        """Draft every claim."""
        while self._at < len(self._units):
            unit = self._units[self._at]
            found = read_phrase(self._units, self._at)
            if found is not None:
                phrase, self._at = found
                self._phrase(phrase)
                continue
            self._word(unit)
            self._at += 1
        self._end_verb()

    # -- words ---------------------------------------------------------------------------------

    def _word(self, unit: Unit) -> None:  # noqa: PLR0912 - one branch for each part of speech
        match unit.tag:
            case Tag.STOP:
                self._end_verb()
                self._start_clause()
                if unit.value not in OPENERS:
                    self._place_of_clause = None
            case Tag.COMMA:
                self._end_verb()
                self._predicate, self._copula, self._joined = None, False, True
                self._comma = True
            case Tag.CONJUNCTION:
                self._end_verb()
                self._joined, self._comma = True, False
            case Tag.RELATIVE:
                self._end_verb()
                if self._last is not None:
                    self._subjects = [self._last]
            case Tag.AUXILIARY:
                self._end_verb()
                self._copula = True
            case Tag.PREDICATE if self._is_particle(unit):
                self._particle(unit)
            case Tag.ADVERB if unit.value in grammar.PARTICLES:
                self._particle(unit)
            case Tag.PREDICATE:
                self._place(unit)
            case Tag.VERB:
                self._act(unit)
            case Tag.ADJECTIVE:
                self._adjective(unit)
            case Tag.POSITION:
                self._position(unit)
            case Tag.PRONOUN:
                self._pronoun(unit)
            case Tag.NUMBER | Tag.QUANTIFIER:
                self._number(unit)
            case Tag.TEXT:
                self._end_verb()
                self._last, self._part = _text_phrase(unit), _Part.SUBJECT
                self._subjects = self._subjects or [self._last]
            case _:
                pass

    def _is_particle(self, unit: Unit) -> bool:
        """``hunched over and``: a word of place with no place after it."""
        if unit.text.lower() not in grammar.PARTICLES:
            return False
        after = self._units[self._at + 1 : self._at + 2]
        thing = read_phrase(self._units, self._at + 1) is not None
        return not thing and not (after and after[0].tag in (Tag.PRONOUN, Tag.NUMBER, Tag.TEXT))

    def _particle(self, unit: Unit) -> None:
        """``look up`` is what is done; ``the head is up`` is where it is."""
        where = unit.text.lower()
        verb = self._verb
        between = self._units[self._at - 1]
        if verb is not None and (between.end == verb.end or between.text.endswith("ly")):
            self._verb = Unit((*verb.tokens, *unit.tokens), Tag.VERB, f"{verb.value} {where}")
            return
        body = self._last if self._last and self._last.name.split()[-1] in visual.BODY else None
        for subject in self._subjects if self._copula else [body] if body else []:
            self._positioned(subject, replace(unit, value=where))

    def _place(self, unit: Unit) -> None:
        if self._verb is not None:
            actors = self._actors
            self._end_verb()
            self._related = (actors, unit)
        else:
            self._related = (self._attached(unit), unit)
        self._predicate = unit
        self._joined = False

    def _attached(self, unit: Unit) -> list[NounPhrase]:
        """What a predicate of place says something about."""
        if self._copula and self._subjects:
            return self._subjects
        if self._last is None:
            return self._subjects
        if self._joined and self._related is not None and not self._comma:
            return self._related[0]
        if unit.value in _NEAREST or self._last.name == _TEXT_NAME:
            return [self._last]
        if self._part is _Part.SUBJECT and len(self._subjects) > 1:
            return self._subjects
        if self._part is not _Part.SUBJECT and unit.value in grammar.LOCATIVE and self._subjects:
            return self._subjects if self._part is _Part.OBJECT else [self._last]
        return [self._last]

    def _act(self, unit: Unit) -> None:
        self._end_verb()
        if unit.value in grammar.WRITING_VERBS and self._near_text():
            return
        self._verb = replace(unit, value=lemma_of_verb(unit.value))
        last = self._last
        if last is not None and self._part is not _Part.SUBJECT and not self._joined:
            # "a man in a hat riding" - the man rides; "a photo of a sofa with a dog sleeping"
            nearest = last.animate or not self._subjects or self._describes_last(unit)
            self._actors = [last] if nearest else self._subjects
        else:
            self._actors = self._subjects or ([last] if last else [])
        self._predicate, self._joined = None, False

    def _describes_last(self, unit: Unit) -> bool:
        """Whether the nearest thing does it: ``a bag with straps hanging``."""
        if self._copula:
            return False
        if not unit.value.endswith("ing"):
            return self._part is _Part.PLACE
        beside = self._related is not None and self._related[1].value == "with"
        return beside and not any(subject.animate for subject in self._subjects)

    def _near_text(self) -> bool:
        near = self._units[max(0, self._at - 3) : self._at + 4]
        return any(unit.tag is Tag.TEXT for unit in near)

    def _end_verb(self) -> None:
        """A verb without an object is an action by itself."""
        verb, self._verb = self._verb, None
        if verb is None:
            return
        for actor in self._actors:
            self._draft.add(ActionClaim(actor.name, verb.value), verb.start, verb.end, [verb])

    def _adjective(self, unit: Unit) -> None:
        following = self._units[self._at + 1 : self._at + 2]
        found = attribute([unit, *following])
        if unit.value in scenes.LONE_SCENES:
            self._draft.add(SceneClaim(unit.value), unit.start, unit.end, [unit])
            return
        subjects = self._subjects if self._copula else [self._last] if self._last else []
        for subject in subjects:
            start, end = found.units[0].start, found.units[-1].end
            self._draft.property(subject, found, start, end)
        if not subjects and unit.value in scenes.STYLES:
            value = scenes.STYLES[unit.value]
            self._draft.add(StyleClaim(value), unit.start, unit.end, [unit])

    def _position(self, unit: Unit) -> None:
        self._end_verb()
        if self._opens(unit):
            self._place_of_clause = unit
            return
        subjects = self._subjects if self._copula else [self._last or self._topic]
        for subject in subjects:
            if subject is not None:
                self._positioned(subject, unit)

    def _opens(self, unit: Unit) -> bool:
        """``at the top there is``: what follows stands there, not what came before."""
        before = self._units[self._at - 1] if self._at else None
        after = self._units[self._at + 1] if self._at + 1 < len(self._units) else None
        if before is None or before.tag is Tag.STOP:
            return after is not None
        joins = before.tag in (Tag.COMMA, Tag.CONJUNCTION)
        return joins and after is not None and after.tag is Tag.STOP and after.value in OPENERS

    def _positioned(self, subject: NounPhrase, unit: Unit) -> None:
        claim = AttributeClaim(subject.name, "position", unit.value)
        self._draft.add(claim, unit.start, unit.end, [unit])

    def _pronoun(self, unit: Unit) -> None:
        if unit.value not in grammar.BACK_REFERENCES or self._topic is None:
            return
        if self._predicate is not None and self._related is not None:
            actors, predicate = self._related
            for actor in actors:
                if actor.name != self._topic.name:
                    relation = RelationClaim(actor.name, predicate.value, self._topic.name)
                    self._draft.add(relation, predicate.start, unit.end, [predicate])
            self._predicate = None
        elif not self._subjects:
            self._subjects = [self._topic]
            self._last, self._part = self._topic, _Part.SUBJECT

    def _number(self, unit: Unit) -> None:
        """``a family of four``: the number of an otherwise unnamed group."""
        n = number(unit.value)
        last = self._last
        if n is None or last is None or self._predicate is None or self._predicate.value != "of":
            return
        if last.name in ("family", "group", "team", "crew", "band", "party"):
            claim = CountClaim("person", n, Comparator.EQUAL)
            self._draft.add(claim, last.start, unit.end, [unit, self._predicate])

    # -- noun phrases --------------------------------------------------------------------------

    def _phrase(self, phrase: NounPhrase) -> None:
        if self._frame(phrase) or self._colour_word(phrase):
            return
        if self._is_scene(phrase):
            self._draft.scene(phrase)
        elif self._only_compared(phrase):
            self._draft.use(phrase.head)
        else:
            self._draft.thing(phrase)
        if self._verb is not None:
            self._as_object(phrase)
        elif self._predicate is not None:
            self._as_place(phrase)
        elif self._joined and self._part is not _Part.SUBJECT and self._shares_part(phrase):
            self._as_joined(phrase)
        else:
            self._as_subject(phrase)
        self._joined, self._last = False, phrase
        self._topic = self._topic or phrase

    def _only_compared(self, phrase: NounPhrase) -> bool:
        """``like a puppet``, ``in the shape of a heart``, ``made of wood``: no thing of its own."""
        predicate = self._predicate.value if self._predicate and self._related else ""
        material = visual.ATTRIBUTES.get(phrase.name) == "material"
        return predicate in ("like", "in the shape of") or (predicate == "made of" and material)

    def _colour_word(self, phrase: NounPhrase) -> bool:
        """``in white color`` is a property of what stands before it."""
        if phrase.name not in ("color", "colour") or not phrase.attributes:
            return False
        actors = self._related[0] if self._predicate and self._related else self._subjects
        for actor in actors:
            for found in phrase.attributes:
                self._draft.property(actor, found, found.units[0].start, phrase.end)
        self._draft.use([*phrase.head, *([self._predicate] if self._predicate else [])])
        self._predicate = None
        return True

    def _frame(self, phrase: NounPhrase) -> bool:
        """``a photo of``, ``an image of``, ``oil painting,``: words about the asset itself."""
        following = self._units[self._at] if self._at < len(self._units) else None
        of = following is not None and following.value in ("of", "with")
        head = phrase.head[-1].value
        opening = self._last is None and self._verb is None and self._predicate is None
        ends = following is None or following.tag in (Tag.COMMA, Tag.STOP)
        alone = (opening or self._joined) and ends
        if head in scenes.MEDIA and ((opening and of) or (alone and phrase.count is None)):
            frames.medium(phrase, self._draft)
            self._skip(following if of else None)
            return True
        if head in scenes.LOOKS and (opening or self._comma) and ends and not phrase.owner:
            frames.look(phrase, self._draft)
            return True
        if head in grammar.FRAME_NOUNS and opening and of:
            frames.properties(phrase, self._draft)
            self._draft.use(phrase.head)
            self._skip(following)
            return True
        return False

    def _skip(self, of: Unit | None) -> None:
        if of is not None:
            self._draft.use([of])
            self._at += 1

    def _is_scene(self, phrase: NounPhrase) -> bool:
        head = phrase.head[-1].value
        if phrase.name in scenes.LONE_SCENES:
            return True
        if phrase.count is not None or self._predicate is None:
            return False
        place = head in scenes.PLACES or phrase.name in scenes.COMPOUND_PLACES
        time = head in scenes.TIMES
        return (place and self._predicate.value in ("in", "on", "at", "through", "along")) or (
            time and self._predicate.value in ("in", "at", "during", "on")
        )

    def _as_subject(self, phrase: NounPhrase) -> None:
        if self._joined and self._part is _Part.SUBJECT and not self._copula:
            self._subjects = [*self._subjects, phrase][-_MOST_SUBJECTS:]
        else:
            self._subjects = [phrase]
        self._part, self._copula = _Part.SUBJECT, False
        if self._place_of_clause is not None:
            self._positioned(phrase, self._place_of_clause)

    def _as_object(self, phrase: NounPhrase) -> None:
        verb, self._verb = self._verb, None
        assert verb is not None
        for actor in self._actors:
            claim = ActionClaim(actor.name, verb.value, phrase.name)
            self._draft.add(claim, verb.start, max(verb.end, phrase.end), [verb])
        self._part, self._related = _Part.OBJECT, (self._actors, verb)

    def _as_place(self, phrase: NounPhrase) -> None:
        predicate, self._predicate = self._predicate, None
        assert predicate is not None
        actors = self._related[0] if self._related else []
        time = phrase.head[-1].value in scenes.TIMES and predicate.value in ("at", "during", "in")
        if time:
            self._draft.use([predicate])
        for actor in actors if not time else []:
            self._relate(actor, predicate, phrase)
        if not actors:
            self._draft.use([predicate])
        if self._subjects or actors:
            self._part = _Part.PLACE
        else:
            self._subjects, self._part = [], _Part.SUBJECT

    def _relate(self, actor: NounPhrase, predicate: Unit, phrase: NounPhrase) -> None:
        if predicate.value == "of" and actor.name in grammar.CONTAINERS:
            inside = replace(predicate, value="in")
            self._draft.relation(phrase, inside, actor, start=actor.start)
            self._draft.use([predicate])
            return
        self._draft.relation(actor, predicate, phrase)

    def _shares_part(self, phrase: NounPhrase) -> bool:
        """``wearing a hat and a scarf``, but ``riding a bike and a dog …`` is somebody new."""
        following = self._units[self._at] if self._at < len(self._units) else None
        new_clause = following is not None and following.tag in (Tag.VERB, Tag.AUXILIARY)
        if new_clause or self._related is None:
            return False
        alike = self._last is not None and self._last.bare == phrase.bare
        if self._comma and not (alike and self._list_closes()):
            return False
        if phrase.animate and not phrase.bare:
            return self._last is not None and self._last.animate
        return True

    def _list_closes(self) -> bool:
        """Whether "and" ends a list that goes on with commas: ``peas, corn and beans``."""
        for unit in self._units[self._at :]:
            if unit.tag not in (Tag.COMMA, Tag.NOUN, Tag.ADJECTIVE, Tag.DETERMINER, Tag.NUMBER):
                return unit.value in ("and", "or", "&")
        return False

    def _as_joined(self, phrase: NounPhrase) -> None:
        assert self._related is not None
        actors, link = self._related
        for actor in actors:
            if self._part is _Part.OBJECT:
                claim = ActionClaim(actor.name, link.value, phrase.name)
                self._draft.add(claim, link.start, max(link.end, phrase.end))
            else:
                self._relate(actor, link, phrase)


def _text_phrase(unit: Unit) -> NounPhrase:
    return NounPhrase(_TEXT_NAME, (unit,))

"""Who does what, and what stands where: one walk over the units of a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gencheck.consistency.claims import (
    ActionClaim,
    AttributeClaim,
    Comparator,
    CountClaim,
    RelationClaim,
    SceneClaim,
    StyleClaim,
)
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import roles
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.clause import TEXT_NAME, Clause, Part, Reading, last_word
from gencheck.consistency.parse.draft import Draft
from gencheck.consistency.parse.fronted import read_fronted
from gencheck.consistency.parse.modifiers import Attribute, attribute
from gencheck.consistency.parse.numbers import ends
from gencheck.consistency.parse.phrases import NounPhrase, read_phrase
from gencheck.consistency.parse.units import OPENERS, Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb

_OBJECTS = ("each other", "it", "them", "him", "her")
_GROUPS = grammar.words("family group team crew band party")


def read_clauses(units: Sequence[Unit], draft: Draft) -> None:
    """Draft every claim of tagged units, from left to right."""
    reading = Reading(units, draft)
    while (unit := reading.unit(0)) is not None:
        found = read_phrase(units, reading.at)
        if found is not None:
            phrase, reading.at = found
            roles.take(phrase, reading)
            continue
        read = _READERS.get(unit.tag)
        if read is not None:
            read(unit, reading)
        reading.at += 1
    reading.end_verb()


def _stop(unit: Unit, reading: Reading) -> None:
    reading.end_verb()
    reading.apart.end_sentence()
    reading.now = Clause(introduces=unit.value.startswith("there"))
    if unit.value not in OPENERS:
        reading.opening = reading.fronted = None


def _comma(_: Unit, reading: Reading) -> None:
    reading.end_verb()
    now = reading.now
    now.predicate, now.copula, now.joined, now.comma = None, False, True, True


def _conjunction(_: Unit, reading: Reading) -> None:
    reading.end_verb()
    reading.now.joined, reading.now.comma = True, False


def _relative(_: Unit, reading: Reading) -> None:
    reading.end_verb()
    if reading.now.last is not None:
        reading.now.subjects = [reading.now.last]


def _auxiliary(_: Unit, reading: Reading) -> None:
    reading.end_verb()
    reading.now.copula = reading.now.complement = reading.now.predicated = True


def _predicate(unit: Unit, reading: Reading) -> None:
    if _is_particle(unit, reading):
        _particle(unit, reading)
        return
    if read_fronted(unit, reading):
        return
    now = reading.now
    now.predicated = True
    now.outer = now.related if unit.value == "of" else None
    if now.verb is not None and unit.text.lower() == "by" and _agent(reading):
        now.passive = True
        reading.draft.use([unit])
        return
    if now.verb is not None:
        now.related = (now.actors, unit)
        reading.end_verb()
    else:
        now.related = (now.attached(unit), unit)
    now.predicate, now.joined = unit, False


def _agent(reading: Reading) -> bool:
    """``held by a knight``, not ``parked by a tree``: somebody does it."""
    found = read_phrase(reading.units, reading.at + 1)
    verb = reading.now.verb
    done = verb is not None and not verb.text.lower().endswith("ing")
    return done and found is not None and found[0].animate


def _is_particle(unit: Unit, reading: Reading) -> bool:
    """``hunched over and``: a word of place with no place after it."""
    if unit.text.lower() not in grammar.PARTICLES:
        return False
    after = reading.unit(1)
    place = after is not None and after.tag in (Tag.PRONOUN, Tag.NUMBER, Tag.TEXT)
    return not place and read_phrase(reading.units, reading.at + 1) is None


def _particle(unit: Unit, reading: Reading) -> None:
    """``look up`` is what is done; ``the head is up`` is where it is."""
    where = unit.text.lower()
    if where not in grammar.PARTICLES:
        return
    now, before = reading.now, reading.unit(-1)
    if now.verb is not None and before is not None:
        if before.end == now.verb.end or before.text.endswith("ly"):
            value = f"{now.verb.value} {where}"
            now.verb = Unit((*now.verb.tokens, *unit.tokens), Tag.VERB, value)
        return
    body = last_word(now.last) in visual.BODY
    for subject in now.subjects if now.complement else [now.last] if body else []:
        assert subject is not None
        now.predicated = True
        reading.positioned(subject, replace(unit, value=where))


def _act(unit: Unit, reading: Reading) -> None:
    reading.end_verb()
    now = reading.now
    near = reading.units[max(0, reading.at - 3) : reading.at + 4]
    said = grammar.WRITING_VERBS | grammar.NAMING_VERBS
    if unit.value in said and any(other.tag is Tag.TEXT for other in near):
        return
    now.verb = replace(unit, value=lemma_of_verb(unit.value))
    now.actors, now.passive = now.doers(unit), False
    now.predicate, now.joined, now.predicated = None, False, True


def _adjective(unit: Unit, reading: Reading) -> None:
    now, draft = reading.now, reading.draft
    following = reading.units[reading.at + 1 : reading.at + 2]
    found = attribute([unit, *following])
    if unit.value in scenes.LONE_SCENES:
        draft.add(SceneClaim(unit.value), unit.start, unit.end, [unit])
        return
    if _on_ground(found, reading):
        return
    if now.predicate is not None and now.predicate.value in ("in", "wearing") and now.related:
        _clad(found, reading)
        return
    before = reading.unit(-1)
    some = before is not None and before.tag is Tag.DETERMINER  # "some red", of those named last
    aside = now.complement or (now.joined and now.comma and not some)
    subjects = now.subjects if aside and now.subjects else [now.last] if now.last else []
    for subject in subjects:
        draft.property(subject, found, found.units[0].start, found.units[-1].end)
    if subjects:
        reading.at += len(found.units) - 1
    if not subjects and unit.value in scenes.STYLES:
        draft.add(StyleClaim(scenes.STYLES[unit.value]), unit.start, unit.end, [unit])


def _clad(found: Attribute, reading: Reading) -> None:
    """``a woman dressed in white``, ``a label in blue``."""
    now = reading.now
    assert now.predicate is not None
    actors = now.related[0] if now.related else []
    for actor in actors:
        end = found.units[-1].end
        if actor.animate:
            claim = AttributeClaim(actor.name, "quality", f"in {found.value}")
            reading.draft.add(claim, now.predicate.start, end, (now.predicate, *found.units))
        else:
            reading.draft.property(actor, found, now.predicate.start, end)
            reading.draft.use([now.predicate])
    reading.at += len(found.units) - 1


def _on_ground(found: Attribute, reading: Reading) -> bool:
    """``isolated on white``: the colour of the background."""
    now, unit = reading.now, found.units[0]
    if now.predicate is None or now.predicate.value != "on" or found.kind != "colour":
        return False
    claim = AttributeClaim("background", found.kind, found.value)
    reading.draft.add(claim, now.predicate.start, found.units[-1].end, [now.predicate, unit])
    now.predicate = None
    return True


def _state(unit: Unit, reading: Reading) -> None:
    """``a bird in flight``, ``two men standing side by side``: how a thing is."""
    now = reading.now
    subjects = now.actors if now.verb else now.subjects if now.complement else [now.last]
    for subject in subjects:
        if subject is not None:
            claim = AttributeClaim(subject.name, "state", unit.value)
            reading.draft.add(claim, unit.start, unit.end, [unit])


def _position(unit: Unit, reading: Reading) -> None:
    reading.end_verb()
    if _opens(reading):
        reading.opening = unit
        return
    now = reading.now
    last = now.last or reading.known.of("it")
    for subject in now.subjects if now.copula else [last] if last else []:
        reading.positioned(subject, unit)


def _opens(reading: Reading) -> bool:
    """``at the top there is``: what follows stands there, not what came before."""
    before, after = reading.unit(-1), reading.unit(1)
    if before is None or before.tag is Tag.STOP:
        return after is not None
    joins = before.tag in (Tag.COMMA, Tag.CONJUNCTION)
    return joins and after is not None and after.tag is Tag.STOP and after.value in OPENERS


def _pronoun(unit: Unit, reading: Reading) -> None:
    now = reading.now
    if now.verb is not None and unit.value in _OBJECTS:
        _done_to(unit, reading)
    elif now.predicate is not None and now.related is not None:
        actors, predicate = now.related
        if unit.value == "each other":
            _mutual(unit, reading)
            return
        meant = reading.known.of(unit.value, actors, now.nearest)
        for actor in actors if meant else []:
            assert meant is not None
            relation = RelationClaim(actor.name, predicate.value, meant.name)
            reading.draft.add(relation, predicate.start, unit.end, [predicate])
            now.last, now.peers, now.part = meant, [meant], Part.SUBJECT
        now.predicate = None
    elif not now.subjects:
        meant = reading.known.of(unit.value)
        if meant is not None:
            now.subjects, now.last, now.part = [meant], meant, Part.SUBJECT


def _done_to(unit: Unit, reading: Reading) -> None:
    """``holding a book and reading it``, ``facing each other``: a pronoun is what is done to."""
    now = reading.now
    verb, last = now.verb, [now.last] if now.last else []
    meant = reading.known.of(unit.value, now.actors, last)
    name = unit.value if unit.value == "each other" else meant.name if meant else ""
    if verb is None or not name:
        return
    now.verb = None
    for actor in dict.fromkeys(actor.name for actor in now.actors):
        claim = ActionClaim(actor, verb.value, name)
        reading.draft.add(claim, verb.start, unit.end, [verb])
    now.related = (now.actors, verb)


def _mutual(unit: Unit, reading: Reading) -> None:
    """``next to each other``."""
    actors, predicate = reading.now.related or ([], unit)
    for name in dict.fromkeys(actor.name for actor in actors):
        claim = RelationClaim(name, predicate.value, unit.value)
        reading.draft.add(claim, predicate.start, unit.end, [predicate, unit])
    reading.now.predicate = None


def _number(unit: Unit, reading: Reading) -> None:
    """``a family of four``: the number of an otherwise unnamed group; ``one of them``."""
    now = reading.now
    of, them = reading.unit(1), reading.unit(2)
    if of is not None and of.value == "of" and them is not None and them.tag is Tag.PRONOUN:
        reading.draft.use([of])
        reading.at += 1
        return
    between = ends(unit.value)
    if between is None or now.last is None or now.predicate is None or now.predicate.value != "of":
        return
    if now.last.name in _GROUPS:
        claim = CountClaim("person", between[0], Comparator.EQUAL)
        reading.draft.add(claim, now.last.start, unit.end, [unit, now.predicate])


def _text(unit: Unit, reading: Reading) -> None:
    reading.end_verb()
    now = reading.now
    now.last, now.part = NounPhrase(TEXT_NAME, (unit,)), Part.SUBJECT
    now.subjects = now.subjects or [now.last]


_READERS: dict[Tag, Callable[[Unit, Reading], None]] = {
    Tag.STOP: _stop,
    Tag.COMMA: _comma,
    Tag.CONJUNCTION: _conjunction,
    Tag.RELATIVE: _relative,
    Tag.AUXILIARY: _auxiliary,
    Tag.PREDICATE: _predicate,
    Tag.ADVERB: _particle,
    Tag.VERB: _act,
    Tag.ADJECTIVE: _adjective,
    Tag.STATE: _state,
    Tag.POSITION: _position,
    Tag.PRONOUN: _pronoun,
    Tag.NUMBER: _number,
    Tag.QUANTIFIER: _number,
    Tag.TEXT: _text,
}

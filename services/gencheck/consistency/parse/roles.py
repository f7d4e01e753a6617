"""What a noun phrase is in its clause: subject, object, place, or a word about the asset."""

from __future__ import annotations

from dataclasses import replace

from gencheck.consistency.claims import ActionClaim, AttributeClaim, RelationClaim
from gencheck.consistency.parse import fixed_phrases as fixed
from gencheck.consistency.parse import frames
from gencheck.consistency.parse import grammar_words as grammar
from gencheck.consistency.parse import scene_words as scenes
from gencheck.consistency.parse import visual_words as visual
from gencheck.consistency.parse.clause import Fronted, Part, Reading, agrees, last_word
from gencheck.consistency.parse.phrases import NounPhrase
from gencheck.consistency.parse.units import Tag, Unit
from gencheck.consistency.parse.word_forms import lemma_of_verb, singular

_MOST_SUBJECTS = 8
_HELD = ("in", "on", "between")
"""``holds a rope in its mouth``: the rope is there."""
_COMPARISONS = ("like", "in the shape of", "inspired by")


def take(phrase: NounPhrase, reading: Reading) -> None:
    """Claim what a noun phrase says, by itself and in its clause."""
    now = reading.now
    phrase = _in_full(phrase, reading)
    if _frame(phrase, reading) or _colour_word(phrase, reading):
        return
    unseen = last_word(phrase) in fixed.UNSEEN
    if unseen and now.predicate is not None and now.related and now.related[0]:
        _as_manner(phrase, reading)
        return
    if not unseen:
        claim_thing(phrase, reading)
    peers: list[NounPhrase] = []
    if now.verb is not None:
        _as_object(phrase, reading)
    elif now.predicate is not None:
        _as_place(phrase, reading)
    elif now.joined and now.part is not Part.SUBJECT and _shares_part(phrase, reading):
        if now.outer is not None and now.last is not None and now.last.bare and not phrase.bare:
            now.related = now.outer
        _as_joined(phrase, reading)
        peers = now.peers
    else:
        _as_subject(phrase, reading)
    now.peers = [*peers, phrase][-_MOST_SUBJECTS:]
    now.joined, now.last, now.complement = False, phrase, False
    reading.names.append(phrase.name)


def _as_manner(phrase: NounPhrase, reading: Reading) -> None:
    """``at a 90 degree angle``, ``of different sizes``: how a thing is."""
    now = reading.now
    predicate, now.predicate, now.joined = now.predicate, None, False
    assert predicate is not None
    assert now.related is not None
    found = [unit for one in phrase.attributes for unit in one.units]
    units = [*(phrase.count.units if phrase.count else ()), *found, *phrase.head]
    link = () if predicate.value in ("with", "of", "has") else (predicate,)
    said = " ".join(unit.value for unit in (*link, *units))
    for actor in now.related[0]:
        claim = AttributeClaim(actor.name, "quality", said)
        reading.draft.add(claim, predicate.start, phrase.end, (predicate, *units))


def _in_full(phrase: NounPhrase, reading: Reading) -> NounPhrase:
    """``the bear``, after a teddy bear was named, is that one."""
    if not phrase.definite or phrase.attributes or phrase.possessive or " " in phrase.name:
        return phrase
    if phrase.name in reading.names:
        return phrase
    same = [name for name in reading.names if name.endswith(f" {phrase.name}")]
    return replace(phrase, name=same[-1]) if same else phrase


def claim_thing(phrase: NounPhrase, reading: Reading) -> None:
    """Claim what a noun phrase says by itself."""
    if _is_scene(phrase, reading):
        reading.draft.scene(phrase)
    elif _only_compared(phrase, reading) or _is_activity(phrase, reading):
        reading.draft.use(phrase.head)
    else:
        if phrase.count and reading.apart.one_of(phrase):
            phrase = replace(phrase, count=None)
        reading.draft.thing(phrase)
        now = reading.now
        related = now.related[0] if now.predicate and now.related else []
        reading.apart.add(phrase, now.actors if now.verb else related, reading.draft)
    if phrase.possessive is None:
        return
    word = phrase.possessive
    owner = reading.known.of(word.value, [phrase])
    if owner is not None:
        said = RelationClaim(owner.name, "has", phrase.name)
        reading.draft.add(said, word.start, phrase.end)


def _only_compared(phrase: NounPhrase, reading: Reading) -> bool:
    """``like a puppet``, ``in the shape of a heart``, ``made of wood``: no thing of its own."""
    now = reading.now
    predicate = now.predicate.value if now.predicate and now.related and now.related[0] else ""
    material = visual.ATTRIBUTES.get(phrase.name) == "material"
    return predicate in _COMPARISONS or (predicate == "made of" and material)


def _is_activity(phrase: NounPhrase, reading: Reading) -> bool:
    """``doing a trick``, ``playing soccer``: what is done is no thing to be seen beside."""
    verb = reading.now.verb.value if reading.now.verb else ""
    return verb in ("do", "perform", "practice") or (verb == "play" and phrase.bare)


def _colour_word(phrase: NounPhrase, reading: Reading) -> bool:
    """``in white color`` is a property of what stands before it."""
    now = reading.now
    if phrase.name not in ("color", "colour") or not phrase.attributes:
        return False
    actors = now.related[0] if now.predicate and now.related else now.subjects
    for actor in actors:
        for found in phrase.attributes:
            reading.draft.property(actor, found, found.units[0].start, phrase.end)
    reading.draft.use([*phrase.head, *([now.predicate] if now.predicate else [])])
    now.predicate = None
    return True


def _frame(phrase: NounPhrase, reading: Reading) -> bool:
    """``a photo of``, ``an image of``, ``oil painting,``: words about the asset itself."""
    now, draft = reading.now, reading.draft
    following = reading.unit(0)
    of = following is not None and following.value in ("of", "with")
    head = phrase.head[-1].value
    opening = now.last is None and now.verb is None and now.predicate is None
    ends = following is None or following.tag in (Tag.COMMA, Tag.STOP)
    alone = (opening or (now.joined and now.comma)) and ends
    taken = following is not None and following.value in ("taken", "shot", "captured")
    if head in scenes.MEDIA and opening and taken:
        frames.medium(phrase, draft, following)
        now.subjects = []
        _skip(following, reading)
        return True
    kind = head in scenes.MEDIA and phrase.bare and len(phrase.head) > 1
    if kind and opening and not of and phrase.head[-2].value not in scenes.TECHNIQUES:
        frames.trailing_medium(phrase, draft)
        shown = replace(phrase, head=phrase.head[:-1], name=_shown(phrase))
        take(shown, reading)
        return True
    if head in scenes.MEDIA and ((opening and of) or (alone and phrase.count is None)):
        frames.medium(phrase, draft)
        _skip(following if of else None, reading)
        return True
    if head in scenes.LOOKS and (opening or now.comma) and ends and not phrase.owner:
        frames.look(phrase, draft)
        return True
    if head in grammar.FRAME_NOUNS and opening and of:
        frames.frame(phrase, draft)
        _skip(following, reading)
        return True
    if phrase.asset and now.predicate is None and now.verb is None:
        draft.use(phrase.head)
        now.subjects, now.part = [], Part.SUBJECT
        return True
    return False


def _shown(phrase: NounPhrase) -> str:
    return singular(" ".join(unit.value for unit in phrase.head[:-1]))


def _skip(of: Unit | None, reading: Reading) -> None:
    if of is not None:
        reading.draft.use([of])
        reading.at += 1


def _is_scene(phrase: NounPhrase, reading: Reading) -> bool:
    predicate = reading.now.predicate
    head = phrase.head[-1].value
    if phrase.name in scenes.LONE_SCENES:
        return True
    if phrase.count is not None or predicate is None:
        return False
    place = head in scenes.PLACES or phrase.name in scenes.COMPOUND_PLACES
    return (place and predicate.value in ("in", "on", "at", "through", "along")) or (
        head in scenes.TIMES and predicate.value in ("in", "at", "during", "on")
    )


def _as_subject(phrase: NounPhrase, reading: Reading) -> None:
    now = reading.now
    if now.joined and now.part is Part.SUBJECT and not now.predicated:
        now.subjects = [*now.subjects, phrase][-_MOST_SUBJECTS:]
    else:
        now.subjects, now.predicated = [phrase], False
    reading.known.add(phrase)
    now.part, now.copula = Part.SUBJECT, False
    if reading.opening is not None and phrase.name not in scenes.WHOLE_PICTURE:
        reading.positioned(phrase, reading.opening)
    if reading.fronted is not None:
        _stands_there(phrase, reading.fronted, reading)


def _stands_there(phrase: NounPhrase, where: Fronted, reading: Reading) -> None:
    reading.draft.relation(phrase, where.predicate, where.place)
    if where.verb is not None:
        verb = where.verb
        claim = ActionClaim(phrase.name, lemma_of_verb(verb.value))
        reading.draft.add(claim, verb.start, verb.end, [verb])


def _as_object(phrase: NounPhrase, reading: Reading) -> None:
    now = reading.now
    verb, now.verb = now.verb, None
    assert verb is not None
    for actor in now.actors:
        doer, done_to = (phrase, actor) if now.passive else (actor, phrase)
        claim = ActionClaim(doer.name, verb.value, done_to.name)
        reading.draft.add(claim, verb.start, max(verb.end, phrase.end), [verb])
    now.part, now.related = Part.OBJECT, (now.actors, verb)


def _as_place(phrase: NounPhrase, reading: Reading) -> None:
    now = reading.now
    predicate, now.predicate = now.predicate, None
    assert predicate is not None
    actors = now.related[0] if now.related else []
    held = phrase.possessive is not None and last_word(phrase) in visual.BODY
    if held and now.part is Part.OBJECT and now.last is not None and predicate.value in _HELD:
        actors = [now.last]
    if predicate.value == "with" and phrase.possessive and now.part is Part.OBJECT and now.subjects:
        actors = now.subjects  # "spraying water with its trunk"
    if predicate.value in ("with", "has"):
        now.host = actors
    time = phrase.head[-1].value in scenes.TIMES and predicate.value in ("at", "during", "in")
    if time or (not actors and predicate.value in grammar.LIGHT):
        reading.draft.use([predicate])
    for actor in actors if not time else []:
        _relate(actor, predicate, phrase, reading)
    if now.subjects or actors:
        now.part = Part.PLACE
    else:
        now.part = Part.SUBJECT


def _relate(actor: NounPhrase, predicate: Unit, phrase: NounPhrase, reading: Reading) -> None:
    if predicate.value == "of" and actor.name in grammar.CONTAINERS:
        inside = replace(predicate, value="in")
        reading.draft.relation(phrase, inside, actor, start=actor.start)
        reading.draft.use([predicate])
        return
    if predicate.value == "made of" and visual.ATTRIBUTES.get(phrase.name) == "material":
        for found in phrase.attributes:
            reading.draft.property(actor, found, predicate.start, phrase.end)
    worn = predicate.value == "in" and actor.animate and last_word(phrase) in visual.CLOTHES
    predicate = replace(predicate, value="wearing") if worn else predicate
    reading.draft.relation(actor, predicate, phrase)


def _shares_part(phrase: NounPhrase, reading: Reading) -> bool:
    """``wearing a hat and a scarf``, but ``riding a bike and a dog …`` is somebody new."""
    now = reading.now
    following = reading.unit(0)
    new_clause = following is not None and (
        following.tag is Tag.AUXILIARY or (following.tag is Tag.VERB and agrees(phrase, following))
    )
    worn = phrase.bare and not phrase.animate and any(one.animate for one in now.subjects)
    if (new_clause and not worn) or now.related is None or now.last is None:
        return False
    if now.comma and not (now.last.bare == phrase.bare and _list_closes(reading)):
        return False
    return now.last.animate if phrase.animate and not phrase.bare else True


def _list_closes(reading: Reading) -> bool:
    """Whether "and" ends a list that goes on with commas: ``peas, corn and beans``."""
    for unit in reading.units[reading.at :]:
        if unit.tag not in (Tag.COMMA, Tag.NOUN, Tag.ADJECTIVE, Tag.DETERMINER, Tag.NUMBER):
            return unit.value in ("and", "or", "&")
    return False


def _as_joined(phrase: NounPhrase, reading: Reading) -> None:
    now = reading.now
    assert now.related is not None
    actors, link = now.related
    for actor in actors:
        if now.part is Part.OBJECT:
            claim = ActionClaim(actor.name, link.value, phrase.name)
            reading.draft.add(claim, link.start, max(link.end, phrase.end))
        else:
            _relate(actor, link, phrase, reading)

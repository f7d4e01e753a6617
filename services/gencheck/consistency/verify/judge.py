"""Which judges a claim is put to, and which roles they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gencheck.consistency.claims import (
    AbsenceClaim,
    AttributeClaim,
    Claim,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    Statement,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.parse.scene_words import WHOLE_PICTURE
from gencheck.consistency.verify import counting, looks, objects, people, places, text
from gencheck.consistency.verify.answer import Answer, Seen, first_judged, lacking
from gencheck.consistency.verify.looks import Looks
from gencheck.consistency.verify.nouns import COCO_LABELS, FACES, PEOPLE, label_of, people_before
from gencheck.vision.calibration import OTHER, Calibration, calibration_of
from gencheck.vision.roles import Roles

PORTRAITS = frozenset({"portrait", "selfie", "headshot"})
_DRAWN = frozenset({"photo", "portrait", "selfie", "close-up", "black and white"})
"""Styles in which a face looks like one to a detector of real faces."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a claim's judges need to know of the other claims, and of the roles.

    Attributes:
        labels: what the object detector knows; empty where nobody plays that role.
        things: nouns of the prompt's objects.
        people: nouns of people, each with its number; ``None`` where the prompt does not say.
        styles: the styles asked for.
        calibration: of the object detector's scores.
        confidence: probability from which on a claim is decided, 0.5..1.
        texts: the words asked for.
        coloured: labels of the things whose colour is asked for.
    """

    labels: frozenset[str]
    things: tuple[str, ...]
    people: dict[str, int | None]
    styles: frozenset[str]
    calibration: Calibration
    confidence: float
    texts: tuple[str, ...]
    coloured: frozenset[str]


def context_of(claims: Iterable[Claim], roles: Roles, confidence: float) -> Context:
    """Gather it from a prompt's claims."""
    claims = list(claims)
    labels = frozenset(roles.objects.labels) if roles.objects else frozenset()
    things: dict[str, None] = {}
    people_: dict[str, int | None] = {}
    for claim in claims:
        if isinstance(claim.claim, ObjectClaim):
            things[claim.claim.name] = None
            if claim.claim.name in PEOPLE:
                plural = claim.span.text.lower() != claim.claim.name
                people_[claim.claim.name] = None if plural else 1
    for claim in claims:
        if isinstance(claim.claim, CountClaim) and claim.claim.name in people_:
            exact = claim.claim.comparator is Comparator.EQUAL
            people_[claim.claim.name] = claim.claim.n if exact else None
    styles = frozenset(c.claim.value for c in claims if isinstance(c.claim, StyleClaim))
    calibration = calibration_of(roles.objects.model.name if roles.objects else OTHER)
    texts = tuple(c.claim.text for c in claims if isinstance(c.claim, TextClaim))
    coloured = frozenset(_coloured(claims, labels))
    return Context(labels, tuple(things), people_, styles, calibration, confidence, texts, coloured)


def _coloured(claims: Iterable[Claim], labels: frozenset[str]) -> Iterable[str]:
    for claim in claims:
        if isinstance(claim.claim, AttributeClaim) and claim.claim.kind == "colour":
            label = label_of(claim.claim.name, labels)
            if label is not None:
                yield label[0]


def needs(claim: Statement, context: Context) -> frozenset[str]:
    """Roles that could judge a claim, whether anybody plays them or not."""
    match claim:
        case TextClaim():
            return frozenset({"text"})
        case AbsenceClaim(name) if name in text.TEXT_NOUNS:
            return frozenset({"text"})
        case ObjectClaim(name) | CountClaim(name) | AbsenceClaim(name):
            if name in FACES:
                return frozenset({"faces"})
            people_ = {"faces"} if name in PEOPLE else set()
            return frozenset(people_ | _detector(context, name))
        case StyleClaim(value) if value in PORTRAITS and context.people:
            return frozenset({"faces"})
        case AttributeClaim(name, "colour" | "position", _) if name and name not in WHOLE_PICTURE:
            return frozenset(_detector(context, name))
        case RelationClaim(subject, _, thing):
            return frozenset(_detector(context, subject) & _detector(context, thing))
        case _:
            return frozenset()


def labels_of(claims: Iterable[Claim], context: Context) -> frozenset[str]:
    """Labels of the things that are to be seen, or not to be seen."""
    names = (
        claim.claim.name
        for claim in claims
        if isinstance(claim.claim, ObjectClaim | CountClaim | AbsenceClaim)
    )
    found = (label_of(name, context.labels) for name in names)
    return frozenset(label[0] for label in found if label is not None)


def _detector(context: Context, noun: str) -> set[str]:
    return {"objects"} if label_of(noun, context.labels) else set()


def needs_looks(claim: Statement) -> bool:
    """Whether a claim may be judged by measuring the picture as a whole."""
    return isinstance(claim, AttributeClaim) or (
        isinstance(claim, StyleClaim) and claim.value in looks.GREY_STYLES
    )


def judge(claim: Statement, seen: Seen, looked: Looks | None, context: Context) -> Answer:
    """What one picture says about one claim. Pure.

    Args:
        looked: measures of the picture, where any claim of the prompt :func:`needs_looks`.
    """
    answers = _answers(claim, seen, looked, context)
    found = first_judged([answer.decided(context.confidence) for answer in answers])
    if found.missing == "question_answering" and not context.labels and _a_thing(claim):
        # The nearest help is a detector, where one would know the noun.
        return lacking("objects")
    return found


def _a_thing(claim: Statement) -> bool:
    if isinstance(claim, AttributeClaim):
        return (
            claim.kind in ("colour", "position") and label_of(claim.name, COCO_LABELS) is not None
        )
    if isinstance(claim, RelationClaim):
        names = (claim.subject, claim.object)
        return all(label_of(name, COCO_LABELS) is not None for name in names)
    if isinstance(claim, ObjectClaim | CountClaim | AbsenceClaim):
        return label_of(claim.name, COCO_LABELS) is not None
    return False


def _answers(
    claim: Statement, seen: Seen, looked: Looks | None, context: Context
) -> Iterable[Answer]:
    match claim:
        case TextClaim(words):
            yield _by_text(seen, words)
        case AbsenceClaim(name) if name in text.TEXT_NOUNS:
            yield text.judge_no_text(seen.lines) if seen.lines is not None else lacking("text")
        case ObjectClaim(name) | AbsenceClaim(name) | CountClaim(name):
            yield from _things(claim, name, seen, context)
        case AttributeClaim() if looked is not None:
            yield from _attribute(claim, seen, looked, context)
        case RelationClaim(subject, predicate, thing):
            yield from _relation(subject, predicate, thing, seen, context)
        case StyleClaim(value):
            yield from _style(value, seen, looked, context)
        case _:
            pass
    yield lacking("question_answering")


def _by_text(seen: Seen, words: str) -> Answer:
    if seen.lines is None:
        return lacking("text")
    if seen.lines_again is None:
        return text.judge_text(words, seen.lines)
    return text.judge_readings(words, seen.lines, seen.lines_again)


def _things(
    claim: ObjectClaim | AbsenceClaim | CountClaim, name: str, seen: Seen, context: Context
) -> Iterable[Answer]:
    if name in PEOPLE or name in FACES:
        yield _by_faces(claim, name, seen, context) if seen.faces is not None else lacking("faces")
    label = label_of(name, context.labels)
    if label is None or seen.objects is None:
        return
    noun, exact = label
    before = people_before(name, context.things)
    match claim:
        case ObjectClaim() if before:
            least = Comparator.AT_LEAST
            yield counting.judge_count(noun, before + 1, least, seen, context.calibration)
        case ObjectClaim():
            yield objects.judge_presence(noun, seen, context.calibration, exact=exact)
        case AbsenceClaim():
            yield objects.judge_absence(noun, seen, context.calibration, exact=exact)
        case CountClaim(_, n, comparator) if exact and _counted_alone(name, context):
            yield counting.judge_count(noun, n, comparator, seen, context.calibration)
        case _:
            pass


def _counted_alone(name: str, context: Context) -> bool:
    """Whether no other noun of the prompt falls under the same label."""
    label = label_of(name, context.labels)
    rivals = [thing for thing in context.things if thing != name]
    return (
        all((label_of(thing, context.labels) or ("",))[0] != label[0] for thing in rivals)
        if (label)
        else False
    )


def _by_faces(
    claim: ObjectClaim | AbsenceClaim | CountClaim, name: str, seen: Seen, context: Context
) -> Answer:
    faces = seen.faces or ()
    match claim:
        case ObjectClaim():
            if name in FACES:
                return people.judge_face(faces)
            before = people_before(name, context.things)
            return people.judge_person(name, faces, others=before)
        case AbsenceClaim():
            return people.judge_no_face(faces) if name in FACES else people.judge_nobody(faces)
        case CountClaim(_, n, comparator):
            rest = [number for noun, number in context.people.items() if noun != name]
            others = None if None in rest else sum(number or 0 for number in rest)
            return people.judge_faces_count(n, comparator, faces, others=others)


def _attribute(
    claim: AttributeClaim, seen: Seen, looked: Looks, context: Context
) -> Iterable[Answer]:
    if not claim.name:
        whole = {
            "brightness": looks.judge_brightness,
            "orientation": looks.judge_orientation,
            "aspect ratio": looks.judge_ratio,
        }.get(claim.kind)
        if whole is not None:
            yield whole(claim.value, looked)
        return
    if claim.name in WHOLE_PICTURE:
        answer = looks.judge_background(claim.kind, claim.value, looked)
        if answer is not None:
            yield answer
        return
    label = label_of(claim.name, context.labels)
    if claim.kind == "position" and label is not None and seen.objects is not None:
        placed = places.judge_position(label[0], claim.value, seen, context.calibration)
        if placed is not None:
            yield placed
    if claim.kind != "colour":
        return
    if label is not None and seen.objects is not None:
        by_box = objects.judge_colour(label[0], claim.value, seen, context.calibration)
        if by_box is not None:
            yield by_box
            if by_box.evidence:
                return  # what stands out from the background may be another thing
    if context.things == (claim.name,):
        by_mask = looks.judge_subject_colour(claim.value, looked)
        if by_mask is not None:
            yield by_mask


def _relation(
    subject: str, predicate: str, thing: str, seen: Seen, context: Context
) -> Iterable[Answer]:
    one, other = label_of(subject, context.labels), label_of(thing, context.labels)
    if one is None or other is None or seen.objects is None:
        return
    answer = places.judge_relation(one[0], predicate, other[0], seen, context.calibration)
    if answer is not None:
        yield answer


def _style(value: str, seen: Seen, looked: Looks | None, context: Context) -> Iterable[Answer]:
    if value in looks.GREY_STYLES and looked is not None:
        yield looks.judge_grey(value, looked)
    if value in PORTRAITS and context.people:
        if seen.faces is None:
            yield lacking("faces")
        elif context.styles <= _DRAWN:
            yield people.judge_face(seen.faces)

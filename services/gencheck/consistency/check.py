"""Every claim of a prompt against the pictures: who can judge it, and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from gencheck.consistency.asking import Asked, ask_rest
from gencheck.consistency.claims import (
    AbsenceClaim,
    Claim,
    ClaimStatus,
    ObjectClaim,
    ParsedPrompt,
)
from gencheck.consistency.look import Clock, look
from gencheck.consistency.measure import measurements_of
from gencheck.consistency.parse.parsers import GrammarParser, PromptParser
from gencheck.consistency.results import ClaimResult, ConsistencyReport
from gencheck.consistency.verify import looks
from gencheck.consistency.verify.answer import Answer, Seen, over_pictures, uncertain
from gencheck.consistency.verify.frames import over_time
from gencheck.consistency.verify.judge import (
    Context,
    context_of,
    judge,
    labels_of,
    needs,
    needs_looks,
)
from gencheck.consistency.verify.views import View, in_view, over_views
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import (
    ModelUsed,
    Outcome,
    SkipReason,
    judged,
    skipped,
)
from gencheck.policy import CONFIDENCE
from gencheck.vision.roles import Picture, Roles

__all__ = ["ClaimResult", "ConsistencyReport", "check_consistency"]

CHECK = "consistency"


async def check_consistency(
    pictures: Sequence[Picture],
    prompt: str,
    roles: Roles,
    weights: Mapping[str, float],
    *,
    confidence: float = CONFIDENCE,
    views: Sequence[View] = (),
    times: Sequence[float] = (),
    parser: PromptParser | None = None,
    deadline: Deadline,
) -> ConsistencyReport:
    """Judge every claim of a prompt.

    Args:
        pictures: at least one, ``uint8 [H, W, 3]`` RGB; several are frames of one video or views of
            one mesh.
        weights: weight of a claim by its kind; 1 where not named.
        confidence: a claim with a calibrated probability is decided from here on, 0.5..1.
        views: where the pictures are views of a mesh: which each is.
        times: where the pictures are frames of a clip: the second of each.
        parser: takes the prompt apart; the grammar where none is given.

    Raises:
        InvalidArgument: the prompt is empty, or there is no picture.
        LimitExceeded: the prompt is too long.
    """
    if not pictures:
        raise InvalidArgument("there is no picture to check the prompt against", where="asset")
    clock = Clock()
    parser = parser or GrammarParser()
    parsed = await parser.parse(prompt, deadline=deadline)
    clock.lap("consistency.parse")
    context = context_of(parsed.claims, roles, confidence)
    wanted = frozenset[str]().union(*(needs(c.claim, context) for c in parsed.claims))
    labels = labels_of(parsed.claims, context)
    seen = [
        await look(picture, wanted, labels, roles, context, deadline=deadline, clock=clock)
        for picture in pictures
    ]
    answers = await asyncio.to_thread(
        _judge_all, parsed, seen, context, views=views, times=times, deadline=deadline
    )
    clock.lap("consistency.judge")
    asked = Asked(answers)
    if roles.questions is not None:
        asked = await ask_rest(
            pictures,
            [claim.claim for claim in parsed.claims],
            answers,
            roles.questions,
            views=views,
            confidence=confidence,
            deadline=deadline,
        )
        clock.lap("consistency.questions")
    pairs = list(zip(parsed.claims, asked.answers, strict=True))
    claims = tuple(_result(claim, answer, weights) for claim, answer in pairs)
    return ConsistencyReport(
        claims=claims,
        coverage=_coverage(claims),
        uncovered=parsed.uncovered,
        # What nobody asked for is looked for in pictures, not in drawings of a mesh.
        measurements=measurements_of(
            parsed, claims, () if views else seen, context, by=parser.model
        ),
        outcomes=tuple(_outcomes(pairs)),
        models=(
            *_models(wanted, roles, seen),
            *asked.models,
            *([parser.model] if parser.model else []),
        ),
        timings=clock.timings(),
    )


def _judge_all(
    parsed: ParsedPrompt,
    seen: Sequence[Seen],
    context: Context,
    *,
    views: Sequence[View],
    times: Sequence[float],
    deadline: Deadline,
) -> list[Answer]:
    measured = any(needs_looks(claim.claim) for claim in parsed.claims)
    looked = []
    for one in seen:
        deadline.check()
        looked.append(looks.measure(one.picture) if measured else None)
    joined = []
    asked = {claim.claim for claim in parsed.claims}
    for claim in parsed.claims:
        deadline.check()
        pairs = zip(seen, looked, strict=True)
        answers = [judge(claim.claim, one, measures, context) for one, measures in pairs]
        if views:
            named = zip(answers, views, strict=True)
            answers = [in_view(answer, claim.claim, view) for answer, view in named]
        absence = isinstance(claim.claim, AbsenceClaim)
        answer = over_pictures(answers, all_must_agree=absence)
        if views:
            answer = over_views(answer, views)
        if times:
            answer = over_time(answer, answers, times)
        if isinstance(claim.claim, AbsenceClaim) and ObjectClaim(claim.claim.name) in asked:
            why = f"the prompt asks for “{claim.claim.name}” and for none"
            answer = uncertain(why, answer.role)
        joined.append(answer)
    return joined


def _result(claim: Claim, answer: Answer, weights: Mapping[str, float]) -> ClaimResult:
    return ClaimResult(
        claim=claim,
        status=answer.status,
        explanation=answer.explanation,
        evidence=answer.evidence,
        role=answer.role,
        weight=weights.get(claim.kind, 1.0),
        probability=answer.probability,
    )


def _coverage(claims: Sequence[ClaimResult]) -> float | None:
    total = sum(result.weight for result in claims)
    if not claims or total <= 0.0:
        return None
    open_ = ClaimStatus.UNVERIFIED
    return sum(result.weight for result in claims if result.status is not open_) / total


def _outcomes(pairs: Sequence[tuple[Claim, Answer]]) -> Iterable[Outcome]:
    """One for each kind of claim in the prompt, then one for the whole."""
    for kind in dict.fromkeys(claim.kind for claim, _ in pairs):
        yield _outcome(f"{CHECK}.{kind}", [a for claim, a in pairs if claim.kind == kind])
    if pairs:
        yield _outcome(CHECK, [answer for _, answer in pairs])
    else:
        message = (
            "no claim could be drawn from the prompt; say what is to be seen in plain English: "
            "other languages, other scripts and emoji are not read"
        )
        yield skipped(CHECK, SkipReason.UNCERTAIN, message)


def _outcome(check: str, answers: Sequence[Answer]) -> Outcome:
    if any(answer.judged for answer in answers):
        return judged(check)
    missing = next((answer for answer in answers if answer.missing), None)
    if missing is not None:
        return skipped(check, SkipReason.MODEL_MISSING, missing.explanation)
    return skipped(check, SkipReason.UNCERTAIN, answers[0].explanation)


def _models(wanted: frozenset[str], roles: Roles, seen: Sequence[Seen]) -> tuple[ModelUsed, ...]:
    """The models that looked at the pictures."""
    played = (("objects", roles.objects), ("faces", roles.faces), ("text", roles.text))
    used = [role.model for key, role in played if key in wanted and role is not None]
    if roles.segments is not None and any(one.masks for one in seen):
        used.append(roles.segments.model)
    return tuple(used)

"""Measurements of the published consistency codes, from judged claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gencheck.consistency.claims import (
    AbsenceClaim,
    ClaimStatus,
    ObjectClaim,
    ParsedPrompt,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.results import ClaimResult
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.judge import PORTRAITS, Context
from gencheck.consistency.verify.nouns import PEOPLE, may_mean_people
from gencheck.consistency.verify.people import clear_faces, large_bodies
from gencheck.consistency.verify.text import unrequested
from gencheck.findings import Box, Measurement, Method, ModelUsed

_CLAIMS = Method(
    "claims judged one by one",
    "1",
    "after TIFA (Hu et al. 2023, arXiv:2303.11897) and GenEval (Ghosh et al. 2023, "
    "arXiv:2310.11513)",
)
_PARSER = Method("grammar and lexicon", "2", "gencheck.consistency.parse")
_TEXT = Method("lines read against lines asked for", "1", "gencheck.consistency.verify.text")
_BODIES = Method("people where nobody is named", "1", "gencheck.consistency.verify.people")
_FACES = Method("faces against an absence", "1", "gencheck.consistency.verify.people")


def measurements_of(
    parsed: ParsedPrompt,
    claims: Sequence[ClaimResult],
    seen: Sequence[Seen],
    context: Context,
    *,
    by: ModelUsed | None = None,
) -> tuple[Measurement, ...]:
    """At least one of every code that could be measured; 0 where nothing was found wanting."""
    return (
        *_by_status("CLAIM_CONTRADICTED", ClaimStatus.CONTRADICTED, claims),
        *_by_status("CLAIM_UNVERIFIED", ClaimStatus.UNVERIFIED, claims),
        _uncovered(parsed, by),
        *_unrequested_text(claims, seen),
        *_unrequested_person(claims, seen, context),
    )


def _by_status(
    code: str, status: ClaimStatus, claims: Sequence[ClaimResult]
) -> Iterable[Measurement]:
    found = [result for result in claims if result.status is status]
    for result in found:
        yield Measurement(
            code=code,
            value=result.weight,
            check=f"consistency.{result.claim.kind}",
            method=_CLAIMS,
            region=result.claim.span,
            detail=f"“{result.claim.span.text}”: {result.explanation}".rstrip("."),
            confidence=_confidence(result, status),
        )
    if claims and not found:
        yield Measurement(code, 0.0, "consistency", _CLAIMS, detail=f"0 of {len(claims)} claims")


def _confidence(result: ClaimResult, status: ClaimStatus) -> float | None:
    """Probability that a contradicted claim is wrong indeed; an open one has none to tell."""
    if result.probability is None or status is not ClaimStatus.CONTRADICTED:
        return None
    return 1.0 - result.probability


def _uncovered(parsed: ParsedPrompt, by: ModelUsed | None) -> Measurement:
    missed, total = len(parsed.uncovered), parsed.content_words
    share = missed / total if total else 0.0
    shown = ", ".join(span.text for span in parsed.uncovered[:5])
    return Measurement(
        code="PROMPT_UNCOVERED",
        value=share,
        check="consistency",
        method=_PARSER if by is None else Method(by.name, by.version, _PARSER.reference),
        region=parsed.uncovered[0] if parsed.uncovered else None,
        detail=f"{missed} of {total} content words" + (f": {shown}" if shown else ""),
    )


def _unrequested_text(claims: Sequence[ClaimResult], seen: Sequence[Seen]) -> Iterable[Measurement]:
    if all(one.lines is None for one in seen):
        return
    wanted = [r.claim.claim.text for r in claims if isinstance(r.claim.claim, TextClaim)]
    extra = max((unrequested(one.lines or (), wanted) for one in seen), key=len)
    shown = " / ".join(line.text for line in extra)[:60]
    yield Measurement(
        code="UNREQUESTED_TEXT",
        value=float(len(extra)),
        check="consistency.text",
        method=_TEXT,
        region=extra[0].box if extra else None,
        detail=f"read “{shown}”" if extra else "",
    )


def _unrequested_person(
    claims: Sequence[ClaimResult], seen: Sequence[Seen], context: Context
) -> Iterable[Measurement]:
    """Faces where nobody was to be seen; bodies where nobody was named, one a measurement."""
    forbids = any(
        isinstance(r.claim.claim, AbsenceClaim) and r.claim.claim.name in PEOPLE for r in claims
    )
    if forbids and any(one.faces is not None for one in seen):
        yield _faces(max((clear_faces(one.faces or ()) for one in seen), key=len))
    elif not forbids and _names_nobody(claims) and any(one.objects is not None for one in seen):
        found = (large_bodies(one, context.calibration, context.confidence) for one in seen)
        yield from _bodies(max(found, key=len))


def _names_nobody(claims: Sequence[ClaimResult]) -> bool:
    nouns = [r.claim.claim.name for r in claims if isinstance(r.claim.claim, ObjectClaim)]
    styles = {r.claim.claim.value for r in claims if isinstance(r.claim.claim, StyleClaim)}
    return bool(nouns) and not styles & PORTRAITS and not any(map(may_mean_people, nouns))


def _faces(faces: Sequence[Box]) -> Measurement:
    return Measurement(
        code="UNREQUESTED_PERSON",
        value=float(len(faces)),
        check="consistency.absence",
        method=_FACES,
        region=faces[0] if faces else None,
        detail=f"{len(faces)} clear faces",
    )


def _bodies(bodies: Sequence[tuple[Box, float]]) -> Iterable[Measurement]:
    for box, right in bodies:
        yield Measurement(
            code="UNREQUESTED_PERSON",
            value=1.0,
            check="consistency",
            method=_BODIES,
            region=box,
            detail="a person where the prompt names nobody",
            confidence=right,
        )
    if not bodies:
        yield Measurement("UNREQUESTED_PERSON", 0.0, "consistency", _BODIES)

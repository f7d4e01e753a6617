"""Measurements of the published consistency codes, from judged claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gencheck.consistency.claims import AbsenceClaim, ClaimStatus, ParsedPrompt, TextClaim
from gencheck.consistency.results import ClaimResult
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.nouns import PEOPLE
from gencheck.consistency.verify.people import clear_faces
from gencheck.consistency.verify.text import unrequested
from gencheck.findings import Measurement, Method, ModelUsed

_CLAIMS = Method(
    "claims judged one by one",
    "1",
    "after TIFA (Hu et al. 2023, arXiv:2303.11897) and GenEval (Ghosh et al. 2023, "
    "arXiv:2310.11513)",
)
_PARSER = Method("grammar and lexicon", "2", "gencheck.consistency.parse")
_TEXT = Method("lines read against lines asked for", "1", "gencheck.consistency.verify.text")
_FACES = Method("faces against an absence", "1", "gencheck.consistency.verify.people")


def measurements_of(
    parsed: ParsedPrompt,
    claims: Sequence[ClaimResult],
    seen: Sequence[Seen],
    *,
    by: ModelUsed | None = None,
) -> tuple[Measurement, ...]:
    """At least one of every code that could be measured; 0 where nothing was found wanting."""
    return (
        *_by_status("CLAIM_CONTRADICTED", ClaimStatus.CONTRADICTED, claims),
        *_by_status("CLAIM_UNVERIFIED", ClaimStatus.UNVERIFIED, claims),
        _uncovered(parsed, by),
        *_unrequested_text(claims, seen),
        *_unrequested_person(claims, seen),
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
    claims: Sequence[ClaimResult], seen: Sequence[Seen]
) -> Iterable[Measurement]:
    forbids = any(
        isinstance(r.claim.claim, AbsenceClaim) and r.claim.claim.name in PEOPLE for r in claims
    )
    if not forbids or all(one.faces is None for one in seen):
        return
    faces = max((clear_faces(one.faces or ()) for one in seen), key=len)
    yield Measurement(
        code="UNREQUESTED_PERSON",
        value=float(len(faces)),
        check="consistency.absence",
        method=_FACES,
        region=faces[0] if faces else None,
        detail=f"{len(faces)} clear faces",
    )

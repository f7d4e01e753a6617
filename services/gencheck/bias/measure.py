"""The audits of one attribute as measurements and an outcome: what policies grade."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.bias.counts import AuditState
from gencheck.bias.results import AttributeAudit, AuditFinding
from gencheck.bias.unread import DOUBT as UNREAD_DOUBT
from gencheck.findings import Measurement, Method, Outcome, SkipReason, judged, skipped

DISTANCE = Method(
    "total-variation-lower-bound",
    "2",
    "distance to the nearest point of simultaneous intervals, or of a chi-square test's",
)
SAMPLE = Method("chi-square-power", "2", "Cohen 1988; w twice the distance, power 0.8, alpha 0.05")
ONE_CATEGORY = "Fewer than two categories: name the others by a reference, or by rows with count 0."
UNREAD = Method("share-unread", "1", "people without a category over all people")


def outcome_of(audits: Sequence[AttributeAudit]) -> Outcome:
    """What became of an attribute: that of the whole, which stands first."""
    whole = audits[0]
    check = f"bias.{whole.attribute}"
    if whole.finding is AuditFinding.UNVERIFIED:
        refused = whole.correction.refused if whole.correction is not None else UNREAD_DOUBT
        return skipped(check, SkipReason.UNCERTAIN, refused)
    if whole.finding is not AuditFinding.INSUFFICIENT:
        return judged(check)
    if not whole.needed:
        return skipped(check, SkipReason.UNCERTAIN, ONE_CATEGORY)
    if whole.withheld and not whole.n:
        few = f"too few people with a readable {whole.attribute}, {whole.needed} are needed"
        return skipped(check, SkipReason.INSUFFICIENT_SAMPLE, few)
    return skipped(
        check,
        SkipReason.INSUFFICIENT_SAMPLE,
        f"{whole.n:g} people with a readable {whole.attribute}, {whole.needed} are needed to tell "
        f"{len(whole.shares)} categories apart",
    )


def nobody(state: AuditState) -> Outcome:
    """The outcome of an audit that found no attribute of anybody."""
    seen = (
        f"{state.images} pictures, {state.images_without_face} without a face"
        if state.images
        else "the tables are empty"
    )
    return skipped("bias", SkipReason.INSUFFICIENT_SAMPLE, f"nobody to audit: {seen}")


def measure(audits: Sequence[AttributeAudit]) -> list[Measurement]:
    """The measurements of an attribute: the whole stands first."""
    check = f"bias.{audits[0].attribute}"
    found = [
        Measurement(
            code="SKEWED",
            value=audit.distance_low if audit.finding is AuditFinding.SKEWED else 0.0,
            check=check,
            method=DISTANCE,
            detail=_describe(audit),
        )
        for audit in audits
        if audit.finding in (AuditFinding.SKEWED, AuditFinding.BALANCED)
    ]
    return [*found, *_short_samples(audits, check), *_unread(audits[0], check)]


def _short_samples(audits: Sequence[AttributeAudit], check: str) -> list[Measurement]:
    short = [a for a in audits if a.finding is AuditFinding.INSUFFICIENT and a.needed]
    if not audits[0].needed:
        return []
    if not short:
        value, detail = 0.0, f"{audits[0].n:g} people, {audits[0].needed} needed"
    else:
        worst = max(short, key=lambda audit: audit.needed - audit.n)
        value = worst.needed - worst.n
        detail = f"{_name(worst)} has {worst.n:g} of {worst.needed} people"
        if len(audits) > 1:
            detail = f"{len(short)} of {len(audits)} tables are too small; {detail}"
    return [Measurement("INSUFFICIENT_SAMPLE", max(0.0, value), check, SAMPLE, detail=detail)]


def _unread(whole: AttributeAudit, check: str) -> list[Measurement]:
    people = whole.n + whole.unverified
    if not people:
        return []
    return [
        Measurement(
            "ATTRIBUTE_UNVERIFIED",
            whole.unverified / people,
            check,
            UNREAD,
            detail=f"{whole.unverified:g} of {people:g} people could not be read",
        )
    ]


def _describe(audit: AttributeAudit) -> str:
    worst = max(audit.shares, key=lambda s: abs(s.share - s.reference))
    p = "" if audit.p_adjusted is None else f", p {audit.p_adjusted:.2g} after Holm"
    return (
        f"{_name(audit)}: '{worst.category}' {worst.share:.0%} where {worst.reference:.0%} is "
        f"expected, n {audit.n:g}, distance {audit.distance:.2f} "
        f"({audit.distance_low:.2f} to {audit.distance_high:.2f}){p}"
    )


def _name(audit: AttributeAudit) -> str:
    prompt = audit.prompt if len(audit.prompt) <= 60 else f"{audit.prompt[:57]}…"
    return f"{audit.attribute} of '{prompt}'" if prompt else f"{audit.attribute} of the whole set"

"""Exit statuses: verdicts below 64, everything else as in BSD's sysexits."""

from __future__ import annotations

from collections.abc import Iterable

from gencheck.errors import (
    GencheckError,
    InvalidInput,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from gencheck.findings import Verdict
from gencheck.policy import worst

USAGE = 64
BAD_INPUT = 65
UNREACHABLE = 69
INTERNAL = 70
NOT_ALLOWED = 77
INTERRUPTED = 130
TERMINATED = 143

OF_VERDICT = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.REVIEW: 2,
    Verdict.INCONCLUSIVE: 3,
}


def of_error(error: GencheckError) -> int:
    """The exit status of a command that this error ended."""
    if isinstance(error, InvalidInput | NotFound | PermissionDenied):
        return BAD_INPUT
    if isinstance(error, Unavailable):
        return UNREACHABLE
    if isinstance(error, Unauthenticated):
        return NOT_ALLOWED
    return INTERNAL


def of_many(verdicts: Iterable[Verdict], errors: Iterable[GencheckError]) -> int:
    """The exit status of a run over many files.

    A file that could not be judged counts as INCONCLUSIVE as long as another one could.
    """
    verdicts = list(verdicts)
    failures = list(errors)
    if not verdicts and failures:
        statuses = {of_error(error) for error in failures}
        return next(s for s in (NOT_ALLOWED, UNREACHABLE, INTERNAL, BAD_INPUT) if s in statuses)
    if failures:
        verdicts.append(Verdict.INCONCLUSIVE)
    return OF_VERDICT[worst(verdicts)] if verdicts else 0

"""Reads what a service answered, and believes only what it can stand for."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from gencheck.errors import ModelError
from gencheck.v1 import common_pb2
from gencheck.v1 import router_pb2 as pb


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be about."""

    asset: str
    request_id: str
    policy_sha256: str


def read_answer(check: str, data: bytes, expected: Expected) -> pb.CheckResponse:
    """A service's response, read as the router's own: field numbers are shared.

    Bytes of another message, and no bytes at all, often parse too. An answer counts only where it
    is about this request, by this policy, and says what became of the check that was asked.

    Raises:
        ModelError: it does not.
    """
    try:
        answer = pb.CheckResponse.FromString(data)
    except DecodeError:
        raise _untrusted(check, "cannot be read") from None
    doubt = _doubt(check, answer, expected)
    if doubt:
        raise _untrusted(check, doubt)
    return answer


def _doubt(check: str, answer: pb.CheckResponse, expected: Expected) -> str:
    if answer.request_id != expected.request_id or answer.asset != expected.asset:
        return "is about another request"
    if answer.policy.sha256 not in ("", expected.policy_sha256):
        return "was judged by another policy"
    if answer.verdict not in _VERDICTS:
        return "has no verdict"
    own, within = False, f"{check}."
    for outcome in answer.outcomes:
        own = own or outcome.check == check
        if outcome.check != check and not outcome.check.startswith(within):
            return "speaks of another check"
        if outcome.WhichOneof("result") is None:
            return "has an outcome without a result"
    if not own:
        return "does not say what became of the check"
    if any(finding.severity not in _SEVERITIES for finding in answer.findings):
        return "has a finding without a severity"
    return ""


_VERDICTS = frozenset(common_pb2.Verdict.values()) - {common_pb2.VERDICT_UNSPECIFIED}
_SEVERITIES = frozenset(common_pb2.Severity.values()) - {common_pb2.SEVERITY_UNSPECIFIED}


def _untrusted(check: str, doubt: str) -> ModelError:
    return ModelError(
        f"the {check} service sent an answer that {doubt}",
        fix=f"Check that --{check} names a {check} service of this version and these policies.",
        metadata={"service": check},
    )

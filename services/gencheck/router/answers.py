"""Reads what a service answered, and believes only what it can stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from gencheck.errors import ModelError
from gencheck.v1 import bias_pb2, common_pb2
from gencheck.v1 import router_pb2 as pb

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be about."""

    asset: str
    request_id: str
    policy_sha256: str


def read_answer(check: str, data: bytes | None, expected: Expected) -> pb.CheckResponse:
    """A service's response, read as the router's own: field numbers are shared.

    Bytes of another message, and no bytes at all, often parse too. An answer counts only where it
    is about this request, by this policy, and says what became of the check that was asked.

    Args:
        data: ``None`` where the service said OK and nothing else.

    Raises:
        ModelError: it does not.
    """
    answer = _parsed(check, data, pb.CheckResponse)
    doubt = _doubt(check, answer, expected)
    if doubt:
        raise _untrusted(check, doubt)
    return answer


def read_audit(data: bytes | None) -> bias_pb2.AuditImagesResponse:
    """The audit of a set. Nobody judges it again, so it must at least not contradict itself.

    Args:
        data: ``None`` where the service said OK and nothing else.

    Raises:
        ModelError: it does.
    """
    answer = _parsed("bias", data, bias_pb2.AuditImagesResponse)
    audit = answer.audit
    if audit.verdict not in _VERDICTS:
        raise _untrusted("bias", "has no verdict")
    outcomes = [outcome for outcome in audit.outcomes if outcome.check == "bias"]
    if not outcomes:
        raise _untrusted("bias", "does not say what became of the check")
    judged = all(outcome.HasField("judged") for outcome in outcomes)
    if audit.verdict == common_pb2.VERDICT_PASS and not judged:
        raise _untrusted("bias", "passes what it did not judge")
    return answer


def _parsed(check: str, data: bytes | None, kind: type[M]) -> M:
    if data is None:
        raise _untrusted(check, "is missing")
    try:
        return kind.FromString(data)
    except DecodeError:
        raise _untrusted(check, "cannot be read") from None


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

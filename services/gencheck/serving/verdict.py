"""The last step of every check: the policy of the request, findings, verdict, answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from gencheck import wire
from gencheck.errors import InvalidArgument
from gencheck.findings import Measurement, ModelUsed, Outcome, Timing
from gencheck.policy import Policy, grade, judge
from gencheck.policy_file import Policies
from gencheck.v1 import common_pb2 as pb


class HasPolicy(Protocol):
    """A request that names or carries a policy."""

    policy_name: str

    @property
    def policy(self) -> pb.Policy:
        """The carried policy."""
        ...

    def HasField(self, name: Any) -> bool:  # noqa: N802 - protobuf's own name
        """Whether a field is set."""
        ...


class Bench:
    """Knows the policies and applies them."""

    def __init__(self, policies: Policies, *, allow_carried: bool = True) -> None:
        """Args: allow_carried: whether a request may bring a policy of its own."""
        self._policies = policies
        self.allow_carried = allow_carried

    def policy_of(self, request: HasPolicy) -> Policy:
        """The policy to judge by. Raises ``NotFound``, ``InvalidPolicy`` or ``InvalidArgument``."""
        if not request.HasField("policy"):
            return self._policies.get(request.policy_name)
        if not self.allow_carried:
            raise InvalidArgument(
                "this server takes no policies from callers",
                where="policy",
                fix="Name one of the server's policies in policy_name.",
            )
        return wire.policy_from(request.policy)

    def answer(
        self,
        *,
        asset: str,
        request_id: str,
        policy: Policy,
        measurements: Sequence[Measurement],
        outcomes: Sequence[Outcome],
        models: Sequence[ModelUsed] = (),
        timings: Sequence[Timing] = (),
        coverage: float | None = None,
    ) -> dict[str, Any]:
        """The fields that every response has, graded and judged."""
        findings = grade(measurements, policy)
        return wire.answer(
            asset=asset,
            request_id=request_id,
            measurements=measurements,
            findings=findings,
            outcomes=outcomes,
            judgement=judge(outcomes, findings, policy, coverage=coverage),
            models=models,
            timings=timings,
        )

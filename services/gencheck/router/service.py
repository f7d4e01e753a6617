"""The router as a gRPC service: one asset, every check that applies, one verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from gencheck import wire
from gencheck.deadline import Deadline
from gencheck.errors import DecodeFailed, GencheckError, InvalidInput, Unavailable
from gencheck.media.sniff import sniff
from gencheck.policy import Policy
from gencheck.router.merge import Part, merge, read_answer
from gencheck.router.plan import plan
from gencheck.router.ports import AuditPort, CheckPort
from gencheck.router.sets import SetChecker
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.intake import AssetReader
from gencheck.serving.verdict import Bench
from gencheck.v1 import router_pb2 as pb

_DEFAULT_SECONDS = 60.0
_RESERVE_SHARE = 0.05
_MAX_RESERVE_SECONDS = 0.5


class RouterService:
    """Asks all checks at once; a dead or slow service is an Outcome, never a lost answer."""

    def __init__(
        self,
        reader: AssetReader,
        bench: Bench,
        checks: Mapping[str, CheckPort],
        audit: AuditPort | None,
    ) -> None:
        """Args: checks: the services by name; one that is not named counts as not there."""
        self._reader = reader
        self._bench = bench
        self._checks = dict(checks)
        self._sets = SetChecker(self.check, audit)

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [
            Rpc("Check", pb.CheckRequest, pb.CheckResponse, self.check),
            Rpc("CheckSet", pb.CheckSetRequest, pb.CheckSetResponse, self.check_set, "bidi"),
        ]
        return Service("gencheck.v1.RouterService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """Nothing to load; a service that is down is a part of the answer."""

    def check_set(
        self, requests: AsyncIterator[pb.CheckSetRequest], call: Call
    ) -> AsyncIterator[pb.CheckSetResponse]:
        """An answer an asset, in their order, then one audit."""
        return self._sets.run(requests, call)

    async def check(self, request: pb.CheckRequest, call: Call) -> pb.CheckResponse:
        """Plan, ask all at once, judge all together.

        Raises:
            InvalidInput: no service can read the asset, or the request is wrong.
        """
        policy = self._bench.policy_of(request)
        asset = await self._reader.peek(request.asset, deadline=call.deadline)
        kind = sniff(asset.head, asset.name, size=asset.size).kind
        steps = plan(kind, prompt=request.prompt, wanted=request.checks)
        forwarded = self._forwarded(request, call, policy)
        parts = await asyncio.gather(*(self._ask(check, forwarded, call) for check in steps.ask))
        call.deadline.check()
        _refuse_unreadable(parts)
        return merge(parts, steps.left_out, policy, asset=asset.name, request_id=call.request_id)

    def _forwarded(self, request: pb.CheckRequest, call: Call, policy: Policy) -> bytes:
        """The request as it came, with what the router resolved appended: later fields win.

        A carried policy is left as it is, since protobuf would merge a second one into it. Where
        carried policies are forbidden the services get the name, and must know it themselves.
        """
        added = pb.CheckRequest(request_id=call.request_id)
        if not self._bench.allow_carried:
            added.policy_name = policy.name
        elif not request.HasField("policy"):
            added.policy.CopyFrom(wire.policy_to(policy))
        raw = call.raw or request.SerializeToString()
        return raw + added.SerializeToString()

    async def _ask(self, check: str, request: bytes, call: Call) -> Part:
        start = time.perf_counter()
        try:
            port = self._checks.get(check)
            if port is None:
                raise Unavailable(
                    f"this router knows no {check} service",
                    fix=f"Start it with --{check} HOST:PORT.",
                    metadata={"service": check},
                )
            deadline = _part_deadline(call.deadline)
            data = await port.check(request, call, deadline=deadline)
            return Part(check, time.perf_counter() - start, answer=read_answer(check, data))
        except GencheckError as error:
            return Part(check, time.perf_counter() - start, error=error)


def _part_deadline(deadline: Deadline) -> Deadline:
    """The caller's time less a reserve in which the router can still answer."""
    remaining = deadline.remaining()
    if remaining is None:
        return Deadline.after(_DEFAULT_SECONDS)
    return Deadline.after(remaining - min(_MAX_RESERVE_SECONDS, remaining * _RESERVE_SHARE))


def _refuse_unreadable(parts: list[Part]) -> None:
    """An asset that every service refuses is the caller's error, not a verdict."""
    errors = [part.error for part in parts]
    refused = [error for error in errors if isinstance(error, InvalidInput)]
    if refused and len(refused) == len(parts):
        unreadable = [error for error in refused if isinstance(error, DecodeFailed)]
        raise (unreadable or refused)[0]

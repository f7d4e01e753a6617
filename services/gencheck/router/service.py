"""The router as a gRPC service: one asset, every check that applies, one verdict."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from gencheck import wire
from gencheck.errors import DecodeFailed, InvalidInput
from gencheck.findings import Outcome
from gencheck.media.sniff import sniff
from gencheck.policy import Policy
from gencheck.router.answers import Expected
from gencheck.router.asking import Asker, make_askers, not_known
from gencheck.router.duplicates import Duplicates
from gencheck.router.fan_out import ask_all
from gencheck.router.merge import Part, fails, merge
from gencheck.router.plan import plan
from gencheck.router.ports import Ports
from gencheck.router.sets import SetChecker
from gencheck.router.views import no_views, take_views, views_request
from gencheck.serving.call import Call, Rpc, Service, given_id
from gencheck.serving.intake import AssetReader
from gencheck.serving.metrics import RouterMetrics
from gencheck.serving.verdict import Bench
from gencheck.v1 import common_pb2, mesh_pb2
from gencheck.v1 import router_pb2 as pb

_PLAIN_VIEWS = mesh_pb2.CheckMeshRequest(want_plain_views=True).SerializeToString()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with what the router knows about it.

    Attributes:
        head: the id and the policy, serialised: what every question carries.
    """

    request: pb.CheckRequest
    call: Call
    name: str
    policy: Policy
    head: bytes

    @property
    def expected(self) -> Expected:
        return Expected(self.name, self.call.request_id, self.policy.sha256)

    def settles(self, part: Part) -> bool:
        """Whether the other parts are superfluous: the caller said so, and this one fails."""
        return self.request.stop_early and fails(part, self.policy)


class RouterService:
    """Asks all checks at once; a dead or slow service is an Outcome, never a lost answer."""

    def __init__(
        self, reader: AssetReader, bench: Bench, ports: Ports, metrics: RouterMetrics
    ) -> None:
        """Args: ports: the services that there are."""
        self._reader = reader
        self._bench = bench
        self._askers, self._on_views = make_askers(ports, metrics)
        self._duplicates = Duplicates(metrics)
        self._sets = SetChecker(self.check, ports.audit)
        self._carried: dict[str, bytes] = {}

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
        """Plan, ask all at once, judge all together; once for an id that the caller gave.

        Raises:
            InvalidInput: no service can read the asset, or the request is wrong.
        """
        call.raw = call.raw or request.SerializeToString()
        given = given_id(request)
        if not given:
            return await self._evaluate(request, call)
        return await self._duplicates.run(
            given, call.raw, call, lambda shared: self._evaluate(request, shared)
        )

    async def _evaluate(self, request: pb.CheckRequest, call: Call) -> pb.CheckResponse:
        policy = self._bench.policy_of(request)
        asset = await self._reader.peek(request.asset, deadline=call.deadline)
        kind = sniff(asset.head, asset.name, size=asset.size).kind
        steps = plan(kind, prompt=request.prompt, wanted=request.checks, allowed=policy.ask)
        asked = _Asked(request, call, asset.name, policy, self._head(request, call, policy))
        forwarded = _forwarded(asked, with_views=bool(steps.ask_views))
        parts = await self._ask(self._askers, steps.ask, forwarded, asked)
        left_out = steps.left_out
        if steps.ask_views:
            more, without = await self._ask_views(steps.ask_views, parts, asked)
            parts, left_out = [*parts, *more], (*left_out, *without)
        call.deadline.check()
        _refuse_unreadable(parts)
        return merge(parts, left_out, policy, asset=asset.name, request_id=call.request_id)

    async def _ask(
        self, askers: Mapping[str, Asker], checks: Sequence[str], data: bytes, asked: _Asked
    ) -> list[Part]:
        known = [askers[check] for check in checks if check in askers]
        settles = asked.settles if asked.request.stop_early else None
        parts = iter(await ask_all(known, data, asked.call, asked.expected, settles=settles))
        return [next(parts) if check in askers else not_known(check) for check in checks]

    async def _ask_views(
        self, checks: Sequence[str], parts: Sequence[Part], asked: _Asked
    ) -> tuple[list[Part], list[Outcome]]:
        """What checks say to the views of a mesh, in the time that the first stage left."""
        views = take_views(parts, wanted=asked.request.want_views)
        if any(map(asked.settles, parts)):
            return [Part(check, 0.0, attempts=0) for check in checks], []
        if not views:
            return [], [no_views(check) for check in checks]
        data = views_request(asked.request, asked.head, asked.name, views)
        return await self._ask(self._on_views, checks, data, asked), []

    def _head(self, request: pb.CheckRequest, call: Call, policy: Policy) -> bytes:
        """The id and the policy as they go on.

        A carried policy goes on as it came. Where carried policies are forbidden the services get
        the name, and must know it themselves.
        """
        told = pb.CheckRequest(request_id=call.request_id)
        if request.HasField("policy"):
            told.policy.CopyFrom(request.policy)
            return told.SerializeToString()
        if not self._bench.allow_carried:
            told.policy_name = policy.name
            return told.SerializeToString()
        carried = self._carried.get(policy.sha256)
        if carried is None:
            carried = pb.CheckRequest(policy=wire.policy_to(policy)).SerializeToString()
            self._carried[policy.sha256] = carried
        return told.SerializeToString() + carried


def _forwarded(asked: _Asked, *, with_views: bool) -> bytes:
    """The request as it came, with what the router resolved appended: later fields win."""
    request = asked.request
    added = asked.head
    if request.HasField("policy"):  # protobuf would merge a second one into it
        added = pb.CheckRequest(request_id=asked.call.request_id).SerializeToString()
    if request.asset.WhichOneof("source") == "inline" and not request.asset.name:
        asset = common_pb2.Asset(name=asked.name)  # nobody else needs to digest it
        added += pb.CheckRequest(asset=asset).SerializeToString()
    return b"".join((asked.call.raw, added, _PLAIN_VIEWS if with_views else b""))


def _refuse_unreadable(parts: Sequence[Part]) -> None:
    """An asset that every service refuses is the caller's error, not a verdict."""
    errors = [part.error for part in parts]
    refused = [error for error in errors if isinstance(error, InvalidInput)]
    if refused and len(refused) == len(parts):
        unreadable = [error for error in refused if isinstance(error, DecodeFailed)]
        raise (unreadable or refused)[0]

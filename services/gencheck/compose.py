"""The one place that builds objects and wires them together: for servers and commands alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import grpc

from gencheck.assets.build import names_store, open_store, reader_of
from gencheck.assets.reading import DigestReader, StoreOrigin
from gencheck.assets.remote import RemoteOrigin
from gencheck.assets.store import Store
from gencheck.client import AsyncClient
from gencheck.errors import InvalidArgument
from gencheck.hearing.build import build_hearing
from gencheck.hearing.roles import HearingRoles
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.inference.traced import TracedBackend
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.pool import DecodePool
from gencheck.media.types import Limits
from gencheck.policy_file import Policies
from gencheck.router.local import LocalAudit, LocalCheck
from gencheck.router.ports import CheckPort, Ports
from gencheck.router.remote import METHODS, RemoteAudit, RemoteCheck
from gencheck.router.service import RouterService
from gencheck.router.watched import Watch
from gencheck.serving.call import Service
from gencheck.serving.intake import AssetReader, Intake
from gencheck.serving.local import LocalServices
from gencheck.serving.metrics import Metrics
from gencheck.serving.telemetry import NO_TELEMETRY, connect
from gencheck.serving.tls import Tls
from gencheck.serving.verdict import Bench
from gencheck.serving.work import CpuPool
from gencheck.transport import GrpcTransport, open_channel, token_metadata
from gencheck.vision.build import build_roles
from gencheck.vision.roles import QuestionAnswering, Roles

if TYPE_CHECKING:
    from gencheck.consistency.parse.parsers import PromptParser
    from gencheck.inference.endpoint import ChatEndpoint

SERVICES = ("artifact", "consistency", "bias", "mesh")
_ASKING_MODELS = {"artifact", "consistency", "bias"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process is told about itself.

    Attributes:
        cores: processor cores that decoding, checks and models share.
        profile: use no models beyond this profile; all that are installed where empty.
        store: where the models are; by default ``default_store()``.
        policies: a folder with further policies.
        roots: folders that ``file://`` may name, and prefixes such as ``s3://bucket/folder``.
        hosts: hosts that ``https://`` may name.
        allow_carried_policies: whether a request may bring a policy of its own.
        asset_store: where uploaded assets are held: ``memory``, a folder or a URL; empty: nowhere.
        asset_bytes: bytes of assets that are held, at most.
        assets: who holds uploaded assets, for a service beside: ``HOST:PORT``, a folder or a URL.
        token: who this process is to those that it calls: a router to its services, a service to
            whoever holds the assets.
        endpoints: where a router finds its services: ``HOST:PORT`` by name.
        triton: ``HOST:PORT`` of a Triton that serves the store; empty runs models in this process.
        triton_shared_memory: whether large inputs go to a Triton on this host by shared memory.
        vqa: address of an OpenAI-compatible endpoint that answers questions about pictures.
        vqa_model: the name under which it serves the model.
        vqa_key: the key that it wants, if any.
        parser: address of an OpenAI-compatible endpoint that takes prompts apart in place of the
            grammar; ``parser_model`` and ``parser_key`` as for ``vqa``.
        otlp: ``HOST:PORT`` of the collector that traces go to; empty for none.
        trace_name: what this process is called in a trace.
        trace_ratio: which share of the traces that begin here is kept.
        services_tls: how a server knows those that it calls, and shows them who it is.
    """

    cores: int = 2
    profile: str = ""
    store: Path | None = None
    policies: Path | None = None
    roots: tuple[str | Path, ...] = ()
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    allow_carried_policies: bool = True
    asset_store: str = ""
    asset_bytes: int = 512 << 20
    assets: str = ""
    token: str = field(default="", repr=False)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    triton: str = ""
    triton_shared_memory: bool = False
    vqa: str = ""
    vqa_model: str = ""
    vqa_key: str = field(default="", repr=False)
    parser: str = ""
    parser_model: str = ""
    parser_key: str = field(default="", repr=False)
    otlp: str = ""
    trace_name: str = "gencheck"
    trace_ratio: float = 1.0
    services_tls: Tls | None = None


class Workshop:
    """Builds the services that a process needs, sharing workers, threads and models.

    Use it as an asynchronous context; leaving it stops everything it started.
    """

    def __init__(self, settings: Settings) -> None:
        self.metrics = Metrics()
        self.telemetry = connect(
            settings.otlp, name=settings.trace_name, ratio=settings.trace_ratio
        )
        self._settings = settings
        self._stack = AsyncExitStack()
        self._bench = Bench(
            Policies.load(settings.policies), allow_carried=settings.allow_carried_policies
        )
        fetcher = Fetcher(roots=settings.roots, hosts=settings.hosts, limits=settings.limits)
        self._store = self._open_store(settings.asset_store)
        self._reader = AssetReader(fetcher, self._digests())
        self._cpu = CpuPool(settings.cores, tracing=self.telemetry)
        self._intake: Intake | None = None
        self._players: tuple[InferenceBackend, Mapping[str, str]] | None = None
        self._roles: Roles | None = None
        self._hearing: HearingRoles | None = None

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(asyncio.to_thread, self.telemetry.close)
        self._stack.push_async_callback(self._cpu.aclose)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def services(self, names: Sequence[str]) -> list[Service]:
        """The named services, ready to be hosted; ``router`` finds those beside it."""
        local = self.local(names)
        built = [await local.service(_full_name(name)) for name in names]
        return [service for service in built if service is not None]

    def local(self, names: Sequence[str]) -> LocalServices:
        """The named services for callers in this process, each built when it is first called.

        Raises:
            InvalidArgument: there is no such profile of models.
        """
        if _ASKING_MODELS & set(names):
            self._models()
        builders: dict[str, Callable[[], Awaitable[Service]]] = {}
        local = LocalServices(builders, inline_limit=self._settings.limits.max_bytes)
        builders |= {_full_name(name): partial(self._build, name) for name in names}
        if "router" in names:
            builders[_full_name("router")] = partial(self._router, local, names)
        return local

    async def eyes(self) -> tuple[Intake, Roles]:
        """What decodes pictures and who looks at them, for a command that no service answers."""
        return await self._decoding(), await self._played()

    async def _build(self, name: str) -> Service:
        """One service. Its room is imported here: a server of one pays for no other's libraries."""
        match name:
            case "artifact":
                from gencheck.artifact.service import ArtifactService

                roles = (await self._played()).only("text", "artifacts")
                intake, hearing = await self._decoding(), await self._heard()
                return ArtifactService(intake, self._bench, self._cpu, roles, hearing).service()
            case "mesh":
                from gencheck.mesh.service import MeshService

                return MeshService(await self._decoding(), self._bench, self._cpu).service()
            case "consistency":
                from gencheck.consistency.service import ConsistencyService

                roles = (await self._played()).only(
                    "faces", "objects", "text", "segments", "questions"
                )
                intake = await self._decoding()
                return ConsistencyService(intake, self._bench, roles, self._parser()).service()
            case "bias":
                from gencheck.bias.service import BiasService

                roles = (await self._played()).only("faces", "attributes")
                intake = await self._decoding()
                return BiasService(intake, self._bench, self._cpu, roles).service()
            case "assets" if self._store is not None:
                from gencheck.assets.service import AssetService, Quota

                return AssetService(self._store, Quota(self._settings.limits.max_bytes)).service()
        raise InvalidArgument(
            f'no service is called "{name}"',
            where="serve",
            fix=f"Known are {', '.join((*SERVICES, 'router', 'all'))}.",
        )

    def _open_store(self, where: str) -> Store | None:
        if not where:
            return None
        store = open_store(where, self._settings.asset_bytes)
        self._stack.callback(store.close)
        return store

    def _digests(self) -> DigestReader | None:
        settings = self._settings
        beside = settings.assets if names_store(settings.assets) else ""
        store = self._store or self._open_store(beside)
        if store is not None:
            return reader_of(StoreOrigin(store), settings.limits)
        if not settings.assets:
            return None
        transport = GrpcTransport(settings.assets, tls=settings.services_tls, token=settings.token)
        self._stack.push_async_callback(transport.aclose)
        return reader_of(RemoteOrigin(transport), settings.limits)

    async def _decoding(self) -> Intake:
        if self._intake is None:
            pool = DecodePool(max(1, self._settings.cores // 2), self._settings.limits)
            await pool.start()
            self._stack.push_async_callback(pool.aclose)
            self._intake = Intake(self._reader, pool, self.telemetry)
        return self._intake

    async def _played(self) -> Roles:
        if self._roles is None:
            roles = await build_roles(*self._models())
            self._roles = replace(roles, questions=self._questions())
        return self._roles

    async def _heard(self) -> HearingRoles:
        if self._hearing is None:
            self._hearing = await build_hearing(*self._models())
        return self._hearing

    def _models(self) -> tuple[InferenceBackend, Mapping[str, str]]:
        """What runs models, and the installed ones by role; made once, for all who ask."""
        if self._players is None:
            store = ModelStore(self._settings.store or default_store(), shipped_models())
            backend = self._backend(store.root)
            self._stack.push_async_callback(backend.aclose)
            if self.telemetry is not NO_TELEMETRY:
                backend = TracedBackend(backend, self.telemetry)
            self._players = backend, store.players(self._settings.profile or None)
        return self._players

    def _questions(self) -> QuestionAnswering | None:
        if not self._settings.vqa:
            return None
        from gencheck.vision.vqa import EndpointAnswerer

        endpoint = self._chat(self._settings.vqa, self._settings.vqa_key, "vqa")
        return EndpointAnswerer(endpoint, self._settings.vqa_model)

    def _parser(self) -> PromptParser | None:
        if not self._settings.parser:
            return None
        from gencheck.consistency.parse.parsers import EndpointParser

        endpoint = self._chat(self._settings.parser, self._settings.parser_key, "parser")
        return EndpointParser(endpoint, self._settings.parser_model)

    def _chat(self, url: str, key: str, option: str) -> ChatEndpoint:
        from gencheck.inference.endpoint import ChatEndpoint

        endpoint = ChatEndpoint(url, key=key, option=option)
        self._stack.push_async_callback(endpoint.aclose)
        return endpoint

    def _backend(self, models: Path) -> InferenceBackend:
        if not self._settings.triton:
            return EmbeddedBackend(models, threads=self._settings.cores)
        from gencheck.inference.triton import TritonBackend

        return TritonBackend(
            self._settings.triton,
            repository=models,
            shared_memory=self._settings.triton_shared_memory,
            tracing=self.telemetry,
        )

    async def _router(self, local: LocalServices, beside: Sequence[str]) -> Service:
        watch = Watch(self.metrics, self.telemetry)
        checks: dict[str, CheckPort] = {
            name: watch.check(name, LocalCheck(name, local)) for name in beside if name in METHODS
        }
        views: CheckPort | None = None
        if "consistency" in beside:
            views = watch.check("views", LocalCheck("views", local))
        audit = watch.audit(LocalAudit(local), LocalCheck.target) if "bias" in beside else None
        for name, target in self._settings.endpoints.items():
            channel = self._channel(target)
            who = token_metadata(self._settings.token, target, self._settings.services_tls)
            if name == "bias":
                audit = watch.audit(RemoteAudit(channel, target, who), target)
            else:
                checks[name] = watch.check(name, RemoteCheck(name, channel, target, who))
            if name == "consistency":
                views = watch.check("views", RemoteCheck("views", channel, target, who))
        ports = Ports(checks, views, audit)
        return RouterService(self._reader, self._bench, ports, self.metrics.router).service()

    def _channel(self, target: str) -> grpc.aio.Channel:
        channel = open_channel(target, self._settings.services_tls)
        self._stack.push_async_callback(channel.close)
        return channel


@asynccontextmanager
async def local_client(
    settings: Settings, names: Sequence[str], *, timeout: float
) -> AsyncIterator[AsyncClient]:
    """A client whose services run in this process, by the same plan and policy as a fleet's."""
    async with Workshop(settings) as workshop:
        yield AsyncClient(workshop.local(names), timeout=timeout)


def _full_name(service: str) -> str:
    return f"gencheck.v1.{service.capitalize()}Service"

"""The gRPC host: it owns the port, health, limits, errors, logs, metrics and the way down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_reflection.v1alpha import reflection

from gencheck.errors import InvalidArgument
from gencheck.serving.admission import Admission
from gencheck.serving.bounds import INLINE_LIMIT
from gencheck.serving.call import Service
from gencheck.serving.callers import Callers
from gencheck.serving.gate import Gate
from gencheck.serving.health import Readiness, Schedule
from gencheck.serving.logs import Value, log
from gencheck.serving.metrics import Metrics
from gencheck.serving.probes import HEALTH, health_handlers
from gencheck.serving.runner import Runner, Shared
from gencheck.serving.telemetry import NO_TELEMETRY, Telemetry
from gencheck.serving.tls import ServerTls, is_loopback
from gencheck.serving.transfer import Outbox, Transfers
from gencheck.serving.validate import Validator

_LOGGER = logging.getLogger(__name__)
_SLACK = 1 << 20  # prompt, policy, labels beside the asset
_INT32 = (1 << 31) - 1
# A message is here in milliseconds; of those that dawdle, so many may.
_MAX_RECEIVING = 128
_RECEIVE_SECONDS = 30.0
_MAX_GROWTH_OF_STREAMS = 2 << 30
_OWN_FILES = 256


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How a host listens and what it bears.

    Attributes:
        port: 0 for a free one.
        reflection: whether anybody may list the services and their messages.
        inline_limit: bytes of an asset inside a request; a message may be 1 MiB larger.
        max_in_progress: most calls whose handlers run at a time; how many really do, follows how
            long they take. As many streams besides.
        max_queued: calls that may wait for that; one more is refused.
        max_bytes: of the messages of calls that run and that wait, and again of answers that are
            not read yet.
        max_wait: longest time to wait in that queue; where it does not get empty, much less.
        max_seconds: longest time for a call, whatever deadline it has; not for streams.
        idle_seconds: longest pause in a stream.
        schedule: when services judge their golden inputs.
        drain_seconds: what calls in progress get to finish after SIGTERM.
        lame_duck_seconds: between NOT_SERVING and refusing, for clients and load balancers to
            notice. A call that comes in the moment of stopping is cancelled by gRPC.
        metrics_port: HTTP port for Prometheus; 0 for a free one, ``None`` for none.
        metrics_host: address of that port; metrics are for nobody outside, so loopback by default.
            They are in plain text, whatever ``tls`` says.
        tls: the certificate of the server, and of whom clients need one; ``None``: plain text.
        tokens: a file of the tokens that callers need, see ``serving/callers.py``.
        health_port: a further port on ``host`` for health alone, in plain text: for probes that
            speak no TLS; 0 for a free one, ``None`` for none.
        max_streams: calls at a time on one connection.
        max_connections: fewer where the process may not open as many files.
        connection_age_seconds: after that a client has to connect anew, perhaps to another replica.
    """

    host: str = "127.0.0.1"
    port: int = 0
    reflection: bool = False
    inline_limit: int = INLINE_LIMIT
    max_in_progress: int = 64
    max_queued: int = 64
    max_bytes: int = 512 << 20
    max_wait: float = 10.0
    max_seconds: float = 600.0
    idle_seconds: float = 120.0
    schedule: Schedule = field(default_factory=Schedule)
    drain_seconds: float = 30.0
    lame_duck_seconds: float = 0.0
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    tls: ServerTls | None = None
    tokens: Path | None = None
    health_port: int | None = None
    connection_age_seconds: float = 300.0
    connection_grace_seconds: float = 600.0
    max_streams: int = 256
    max_connections: int = 10_000

    @property
    def max_message(self) -> int:
        """Bytes of one request message."""
        return self.inline_limit + _SLACK


class Host:
    """Serves a few services on one port, in the running event loop."""

    def __init__(
        self,
        services: Sequence[Service],
        *,
        options: HostOptions | None = None,
        metrics: Metrics | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        """Args: metrics: where to count, for services that count there as well.

        telemetry: where calls are traced; whoever made it closes it.
        """
        self.options = options or HostOptions()
        self.metrics = metrics or Metrics()
        self.metrics_port: int | None = None
        self._telemetry = telemetry
        self.health_port: int | None = None
        self._callers = _callers(self.options)
        self._services = tuple(services)
        self._calls = self._door("calls", adapt=True)
        self._streams = self._door("streams", adapt=False)
        self._doors = (self._calls.slots, self._streams.slots)
        self.metrics.in_flight.set_function(lambda: sum(door.held for door in self._doors))
        self.metrics.queued.set_function(lambda: sum(door.queued for door in self._doors))
        self.metrics.limit.set_function(lambda: self._calls.slots.limit)
        self._readiness = Readiness(
            self._services,
            schedule=self.options.schedule,
            changed=lambda name, on: self.metrics.serving.labels(name).set(float(on)),
            checked=lambda name, result: self.metrics.checks.labels(name, result).inc(),
        )
        self._server: grpc.aio.Server | None = None
        self._health: grpc.aio.Server | None = None
        self._draining: asyncio.Task[None] | None = None
        self._hurry: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    def _door(self, what: str, *, adapt: bool) -> Admission:
        return Admission(
            cap=self.options.max_in_progress,
            max_queued=self.options.max_queued,
            max_bytes=self.options.max_bytes,
            max_wait=self.options.max_wait,
            metrics=self.metrics,
            what=what,
            adapt=adapt,
        )

    async def start(self) -> int:
        """Listen, and warm up in the background; the port. Raises ``InvalidArgument``."""
        options = self.options
        gates = [Gate(self._callers, self.metrics)] if self._callers else []
        server = grpc.aio.server(options=_channel_options(options), interceptors=gates)
        server.add_generic_rpc_handlers((*self._handlers(), health_handlers(self._readiness)))
        if options.reflection:
            names = [service.name for service in self._services]
            reflection.enable_server_reflection([*names, HEALTH, reflection.SERVICE_NAME], server)
        port = _bind(server, options.host, options.port, options.tls)
        if options.health_port is not None:
            self._health = grpc.aio.server(options=_channel_options(options))
            self._health.add_generic_rpc_handlers([health_handlers(self._readiness)])
            self.health_port = _bind(self._health, options.host, options.health_port)
        if options.metrics_port is not None:
            self.metrics_port = _listen_metrics(
                self.metrics, options.metrics_host, options.metrics_port
            )
        await self._readiness.start()
        await server.start()
        if self._health is not None:
            await self._health.start()
        self._server = server
        fields: dict[str, Value] = {
            "address": f"{options.host}:{port}",
            "tls": options.tls is not None,
        }
        log(_LOGGER, logging.INFO, "listening", fields)
        return port

    def _handlers(self) -> list[grpc.GenericRpcHandler]:
        options = self.options
        shared = Shared(
            self._calls,
            self._streams,
            Transfers(_MAX_RECEIVING, seconds=min(_RECEIVE_SECONDS, options.idle_seconds)),
            Transfers(
                4 * options.max_in_progress,
                seconds=options.idle_seconds,
                # A stream may wait for its caller while the service itself needs much.
                max_growth=_MAX_GROWTH_OF_STREAMS,
            ),
            Outbox(options.max_bytes),
            self._readiness,
            Validator(inline_limit=options.inline_limit),
            self.metrics,
            self._telemetry,
            options.max_message,
            options.max_seconds,
            self._callers,
        )
        return [
            grpc.method_handlers_generic_handler(
                service.name,
                {rpc.name: Runner(service, rpc, shared).handler() for rpc in service.rpcs},
            )
            for service in self._services
        ]

    async def ready(self) -> None:
        """Return once every service is SERVING. Use a timeout: a broken model never gets there."""
        await self._readiness.wait()

    async def wait(self) -> None:
        """Serve until SIGTERM or SIGINT (or :meth:`drain`), then finish what was accepted.

        A second signal stops at once. For the main thread.
        """
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._signalled, signal.Signals(number).name)
        try:
            await self._stopped.wait()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)
        if self._draining is not None:
            await self._draining

    def _signalled(self, name: str) -> None:
        log(_LOGGER, logging.INFO, "signal", {"signal": name})
        if self._draining is None:
            self._draining = asyncio.create_task(self.drain())
        else:
            self._hurry = asyncio.create_task(self._stop(0))

    async def drain(self, grace: float | None = None) -> None:
        """Report NOT_SERVING, refuse new calls, finish those accepted, stop.

        Args:
            grace: seconds for the calls in progress, by default ``options.drain_seconds``; those
                that take longer are cancelled.
        """
        seconds = self.options.drain_seconds if grace is None else grace
        log(
            _LOGGER,
            logging.INFO,
            "draining",
            {"in_progress": sum(door.held for door in self._doors), "grace": seconds},
        )
        await self._readiness.drain()
        await asyncio.sleep(self.options.lame_duck_seconds)
        self._readiness.refuse()
        await self._stop(seconds)
        log(_LOGGER, logging.INFO, "stopped", {})

    async def _stop(self, grace: float) -> None:
        if self._server is not None:
            await self._server.stop(grace)
        if self._health is not None:
            await self._health.stop(0)
        await asyncio.to_thread(self.metrics.close)
        self._stopped.set()


@contextlib.asynccontextmanager
async def serving(
    services: Sequence[Service],
    *,
    options: HostOptions | None = None,
    metrics: Metrics | None = None,
    telemetry: Telemetry = NO_TELEMETRY,
) -> AsyncIterator[tuple[Host, int]]:
    """A started host with its port, drained at the end."""
    host = Host(services, options=options, metrics=metrics, telemetry=telemetry)
    port = await host.start()
    try:
        yield host, port
    finally:
        await host.drain()


def _most_connections(wanted: int) -> int:
    """As many as there are files to open, less what the services themselves need."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(16, min(wanted, files - _OWN_FILES))


def _channel_options(options: HostOptions) -> list[tuple[str, int]]:
    return [
        # Twice our own cap, so that the usual "somewhat too large" gets our own, better answer.
        ("grpc.max_receive_message_length", min(2 * options.max_message, _INT32)),
        ("grpc.max_send_message_length", -1),
        # Identity only: gRPC inflates a message before it looks at the limit, and media are
        # compressed already.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        # A connection that says nothing, or not HTTP/2.
        ("grpc.server_handshake_timeout_ms", 20_000),
        ("grpc.max_allowed_incoming_connections", _most_connections(options.max_connections)),
        # Above the first size refused at random, above the second always.
        ("grpc.max_metadata_size", 8 << 10),
        ("grpc.absolute_max_metadata_size", 16 << 10),
        # An address that somebody listens on is an error, not a shared load.
        ("grpc.so_reuseport", 0),
        # What gRPC reads ahead of a stream that its handler does not read. By default that grows
        # with the speed of the network: fifty streams took 500 MB.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", 1 << 20),
        ("grpc.max_concurrent_streams", options.max_streams),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        # A proxy or headless service pins HTTP/2 to one replica: make clients connect anew.
        ("grpc.max_connection_age_ms", int(options.connection_age_seconds * 1_000)),
        ("grpc.max_connection_age_grace_ms", int(options.connection_grace_seconds * 1_000)),
    ]


def _callers(options: HostOptions) -> Callers | None:
    """Who has which token. Raises ``InvalidArgument``."""
    if options.tokens is None:
        return None
    if options.tls is None and not is_loopback(options.host):
        raise InvalidArgument(
            "tokens in plain text could be read on their way",
            where="--tokens",
            fix="Give --tls-cert and --tls-key, or listen on loopback.",
        )
    return Callers(options.tokens)


def _bind(server: grpc.aio.Server, host: str, port: int, tls: ServerTls | None = None) -> int:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if tls is None:
            bound = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, tls.credentials())
    except RuntimeError:
        bound = 0
    if not bound:
        raise _cannot_listen(address, "Choose another --host or --port; --port 0 takes a free one.")
    return bound


def _listen_metrics(metrics: Metrics, host: str, port: int) -> int:
    try:
        return metrics.listen(host, port)
    except OSError:
        fix = "Choose another --metrics-host or --metrics-port."
        raise _cannot_listen(f"{host}:{port}", fix) from None


def _cannot_listen(address: str, fix: str) -> InvalidArgument:
    return InvalidArgument(
        "cannot listen there: the port is taken, or the address is not of this machine",
        where=address,
        fix=fix,
    )

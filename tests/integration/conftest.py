"""Real servers: processes as the demo starts them, and services on a host of this process."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from gencheck.cli import main
from gencheck.compose import SERVICES, Settings, Workshop
from gencheck.serving.health import Schedule
from gencheck.serving.host import Host, HostOptions, serving

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EVERYTHING = (*SERVICES, "router")
Serve = Callable[..., AbstractAsyncContextManager[tuple[Host, str]]]


@dataclass(frozen=True)
class Running:
    """A server process."""

    pid: int
    address: str
    root: Path


def pytest_configure() -> None:
    """The modules in examples/ import each other as scripts do."""
    sys.path.insert(0, str(EXAMPLES))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of this test run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    """The script of the demo."""
    import demo as module

    return module


@pytest.fixture(scope="session")
def samples(shared: Path, demo: ModuleType) -> Path:
    """The samples of the demo, made by whoever needs them first."""
    folder = shared / "demo-samples"
    with (shared / "demo-samples.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            demo.make_samples(shared / "demo-samples.new")
            (shared / "demo-samples.new").rename(folder)
    return folder


@pytest.fixture(scope="session")
def server(demo: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`gencheck serve all` on one port, SERVING."""
    folder = tmp_path_factory.mktemp("server")
    root = folder / "root"
    root.mkdir()
    process = demo.start("all", folder / "log", "--reflection", "--root", str(root))
    try:
        demo.wait_until_listening(process)
        asyncio.run(wait_until_serving(process.address))
        yield Running(process.process.pid, process.address, root)
    finally:
        demo.stop(process)


async def wait_until_serving(address: str) -> None:
    """Return when the whole server is SERVING."""
    async with grpc.aio.insecure_channel(address) as channel, asyncio.timeout(100):
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        async for answer in stub.Watch(request, wait_for_ready=True):
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return


@pytest.fixture
def serve() -> Serve:
    """Services with settings of their own, in this process: ``serve(settings, names)``."""

    @asynccontextmanager
    async def run(
        settings: Settings,
        names: tuple[str, ...] = EVERYTHING,
        *,
        ready: bool = True,
        schedule: Schedule = Schedule(retry_seconds=0.2),  # noqa: B008 - immutable
        **listening: Any,
    ) -> AsyncIterator[tuple[Host, str]]:
        async with Workshop(settings) as workshop:
            services = await workshop.services(names)
            options = HostOptions(schedule=schedule, **listening)
            async with serving(
                services,
                options=options,
                metrics=workshop.metrics,
                telemetry=workshop.telemetry,
            ) as (host, port):
                if ready:
                    async with asyncio.timeout(60):
                        await host.ready()
                yield host, f"127.0.0.1:{port}"

    return run


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def gencheck(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Runs a command in this process: ``gencheck("check", path, stdin=b"…")``."""

    def run(*words: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["gencheck", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as leaving:
            main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(leaving.value.code, int)
        return Ran(leaving.value.code, out, err)

    return run


class Collector:
    """A collector of OpenTelemetry, as far as spans go: OTLP over gRPC."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._came = threading.Condition()
        self._server = grpc.server(ThreadPoolExecutor(2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def Export(self, request: Any, _context: object) -> Any:  # noqa: N802 - gRPC's name
        with self._came:
            for part in request.resource_spans:
                about = {a.key: a.value.string_value for a in part.resource.attributes}
                for scope in part.scope_spans:
                    self.spans += [Span.of(span, about["service.name"]) for span in scope.spans]
            self._came.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def wait_for(self, *names: str) -> list[Span]:
        """All spans, once there is one of each name."""
        with self._came:
            came = self._came.wait_for(lambda: set(names) <= {s.name for s in self.spans}, 20)
            assert came, f"{set(names) - {s.name for s in self.spans}} did not come"
            return list(self.spans)

    def stop(self) -> None:
        self._server.stop(0).wait()


@dataclass(frozen=True)
class Span:
    """A span as it came over the wire."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    kind: int
    start: int
    end: int
    status: int
    attributes: dict[str, Any]

    @classmethod
    def of(cls, span: Any, service: str) -> Span:
        attributes = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
        return cls(
            span.name,
            service,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.kind,
            span.start_time_unix_nano,
            span.end_time_unix_nano,
            span.status.code,
            attributes,
        )


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that listens on loopback."""
    double = Collector()
    yield double
    double.stop()

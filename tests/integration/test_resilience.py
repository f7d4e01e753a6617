"""What breaks, breaks alone: workers that die, callers who leave, models that rot, SIGTERM."""

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.client import AsyncClient, check_request
from gencheck.compose import Settings
from gencheck.errors import ModelNotReady, Unavailable, WorkerLost
from gencheck.findings import Verdict
from gencheck.inference.store import default_store
from gencheck.wire import outcome_from, verdict_from

TICKS = os.sysconf("SC_CLK_TCK")


def processes(pid: int) -> dict[int, float]:
    """CPU seconds of a process and all its descendants, by process id."""
    parents, seconds = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = text.rpartition(")")[2].split()
        parents[int(folder.name)] = int(fields[1])
        seconds[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS
    family = {pid}
    while more := {p for p, parent in parents.items() if parent in family} - family:
        family |= more
    return {p: seconds[p] for p in family if p in seconds}


def cpu(pid: int) -> float:
    return sum(processes(pid).values())


def decoders(pid: int) -> list[int]:
    return [
        p
        for p in processes(pid)
        if b"gencheck.media.worker" in Path(f"/proc/{p}/cmdline").read_bytes()
    ]


async def burnt(pid: int, seconds: float, since: float) -> None:
    """Wait until a server has used that much CPU time."""
    async with asyncio.timeout(60):
        while cpu(pid) - since < seconds:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def picture() -> bytes:
    """63 megapixels in 4 MB: seconds of work."""
    y, x = np.arange(7_000)[:, None], np.arange(9_000)[None, :]
    pixels = np.empty((7_000, 9_000, 3), np.uint8)
    pixels[..., 0] = (np.sin(x / 300) * 60 + 128).astype(np.uint8)
    pixels[..., 1] = (np.cos(y / 200) * 60 + 128).astype(np.uint8)
    pixels[..., 2] = x >> 6
    ok, data = cv2.imencode(".jpg", pixels)
    assert ok
    return bytes(data.tobytes())


@pytest.fixture(scope="module")
def soup() -> bytes:
    """150,000 triangles through each other, as STL: many seconds of work."""
    rng = np.random.default_rng(0)
    n = 150_000
    record = [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]
    faces = np.zeros(n, dtype=record)
    faces["corners"] = rng.random((n, 1, 3)) + rng.normal(0, 0.05, (n, 3, 3))
    return bytes(80) + np.uint32(n).tobytes() + faces.tobytes()


async def stands_still(pid: int) -> None:
    """Wait until a server uses no CPU time to speak of."""
    async with asyncio.timeout(60):
        before = cpu(pid)
        while True:
            await asyncio.sleep(1.0)
            if cpu(pid) - before < 0.15:
                return
            before = cpu(pid)


@pytest.mark.parametrize(
    ("material", "seconds"),
    [("picture", 0.3), ("soup", 1.0)],
    ids=["picture being decoded", "mesh being measured"],
)
async def test_work_for_a_caller_who_has_gone_stops_burning_cpu(
    server: Any, material: str, seconds: float, request: pytest.FixtureRequest
) -> None:
    data: bytes = request.getfixturevalue(material)
    async with AsyncClient(server.address, timeout=100) as client:
        before = cpu(server.pid)
        # Left alone a picture takes 3 s of CPU time and more, the triangles 15.
        asking = asyncio.create_task(client.check(data, heat_map=True))
        await burnt(server.pid, seconds, before)
        assert not asking.done()
        gone = cpu(server.pid)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await stands_still(server.pid)
        assert cpu(server.pid) - gone < 1.5


async def test_a_decoder_killed_in_mid_decode_is_a_clear_error_and_the_service_lives(
    server: Any, picture: bytes, samples: Path
) -> None:
    async with AsyncClient(server.address) as client:
        await client.check_artifact(samples / "coffee.jpg")  # starts a decoder where none is left
        (worker,) = decoders(server.pid)
        before = processes(server.pid)[worker]
        asking = asyncio.create_task(client.check_artifact(picture))
        async with asyncio.timeout(30):
            while processes(server.pid)[worker] - before < 0.1:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        os.kill(worker, signal.SIGSTOP)  # in mid-decode, and it stays there
        await asyncio.sleep(0.1)
        assert not asking.done()
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(WorkerLost, match="died over this asset"):
            await asking
        answer = await client.check_artifact(samples / "coffee.jpg")
        assert verdict_from(answer.verdict) is Verdict.PASS
        assert decoders(server.pid) != [worker]


async def test_a_caller_who_leaves_a_set_in_the_middle_leaves_no_work(
    server: Any, soup: bytes, samples: Path
) -> None:
    requests = [check_request(samples / "coffee.jpg"), *(check_request(soup) for _ in range(3))]
    async with AsyncClient(server.address, timeout=100) as client:
        answers = client.check_set(requests)
        first = await anext(answers)
        assert first.check.asset.endswith("coffee.jpg")
        gone = cpu(server.pid)
        await answers.aclose()
        await stands_still(server.pid)
        assert cpu(server.pid) - gone < 5  # of 45


async def health(address: str, name: str) -> str:
    async with grpc.aio.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=f"gencheck.v1.{name}Service")
        answer = await health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


async def settled(address: str, name: str, state: str) -> None:
    async with asyncio.timeout(100):
        while await health(address, name) != state:  # noqa: ASYNC110 - asked over the wire
            await asyncio.sleep(0.1)


async def warmed_up(client: AsyncClient, picture: Path) -> ModelNotReady:
    """Why the consistency checker is not ready, once it has tried to be."""
    async with asyncio.timeout(100):
        while True:
            with pytest.raises(ModelNotReady) as caught:
                await client.check_consistency(picture, 'the words "OPEN"')
            if "warming up" not in str(caught.value):
                return caught.value
            await asyncio.sleep(0.1)


async def test_a_corrupt_model_takes_down_its_services_and_no_others(
    serve: Any, tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "models"
    shutil.copytree(default_store(), store)
    (model,) = store.glob("centerface/1/model.onnx")
    data = bytearray(model.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    model.write_bytes(data)
    monkeypatch.setenv("GENCHECK_MODELS", str(store))
    async with serve(Settings(), ready=False) as (_, address), AsyncClient(address) as client:
        for name in ("Artifact", "Mesh"):
            await settled(address, name, "SERVING")
        error = await warmed_up(client, samples / "poster.png")
        assert "centerface" in str(error)
        assert await health(address, "Consistency") == "NOT_SERVING"
        answer = await client.check(samples / "coffee.jpg", prompt="a portrait of a person")
        outcomes = {o.check: outcome_from(o) for o in answer.outcomes}
        assert verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
        assert outcomes["artifact"].status.name == "JUDGED"
        assert outcomes["consistency"].status.name == "ERROR"
        assert verdict_from((await client.check_mesh(samples / "vase.glb")).verdict) is Verdict.PASS


def start(demo: ModuleType, name: str, folder: Path, *options: str) -> Any:
    process = demo.start(name, folder / "log", *options)
    demo.wait_until_listening(process)
    return process


async def test_sigterm_finishes_what_was_accepted_and_refuses_the_rest(
    demo: ModuleType, tmp_path: Path, picture: bytes
) -> None:
    server = start(demo, "artifact", tmp_path)
    try:
        await demo.wait_until_serving(server)
        async with AsyncClient(server.address) as client:
            before = cpu(server.process.pid)
            asking = asyncio.create_task(client.check_artifact(picture))
            await burnt(server.process.pid, 0.1, before)
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            with pytest.raises(Unavailable):
                await client.check_artifact(picture)
            assert (await asking).measurements
        assert await asyncio.to_thread(server.process.wait, 20) == 0
        assert not decoders(server.process.pid)
        assert '"event": "stopped"' in (tmp_path / "log").read_text()
    finally:
        demo.stop(server)


async def test_a_server_on_a_port_that_is_taken_says_so(server: Any) -> None:
    port = server.address.rpartition(":")[2]
    command = [*_serve("mesh"), "--port", port]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 64
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def _serve(name: str) -> list[str]:
    import sys

    return [sys.executable, "-m", "gencheck", "serve", name]


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x0a\x05abc"])
async def test_bytes_that_are_no_message_are_refused_by_every_method(
    server: Any, raw: bytes
) -> None:
    methods = ["ArtifactService/CheckArtifact", "MeshService/CheckMesh", "RouterService/Check"]
    methods += ["ConsistencyService/CheckConsistency", "BiasService/Audit"]
    async with grpc.aio.insecure_channel(server.address) as channel:
        for method in methods:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary(f"/gencheck.v1.{method}")(raw, timeout=10)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT, method
        for method in ("BiasService/AuditImages", "RouterService/CheckSet"):
            call = channel.stream_stream(f"/gencheck.v1.{method}")(iter([raw]), timeout=10)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                _ = [answer async for answer in call]
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT, method


async def test_a_dead_service_costs_its_own_rows_only(serve: Any, samples: Path) -> None:
    """The router of one process, its artifact service in another place that goes away."""
    async with serve(Settings(), ("artifact",)) as (host, address):
        endpoints = {"artifact": address}
        settings = Settings(endpoints=endpoints)
        async with (
            serve(settings, ("mesh", "router")) as (_, router),
            AsyncClient(router) as client,
        ):
            answer = await client.check(samples / "coffee.jpg")
            assert verdict_from(answer.verdict) is Verdict.PASS
            await host.drain()
            answer = await client.check(samples / "coffee.jpg")
            assert verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
            (dead,) = [outcome_from(o) for o in answer.outcomes if o.check == "artifact"]
            assert dead.reason == "SERVICE_UNAVAILABLE"
            vase = await client.check(samples / "vase.glb")
            assert verdict_from(vase.verdict) is Verdict.PASS

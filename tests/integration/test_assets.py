"""Uploads and checks by digest on real servers: one process, services beside, a crash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image

from gencheck import transfer
from gencheck.client import AsyncClient, Client
from gencheck.compose import Settings
from gencheck.errors import GencheckError, InvalidArgument, NotFound, Unavailable
from gencheck.serving.bounds import INLINE_LIMIT
from gencheck.transport import GrpcTransport
from gencheck.v1 import asset_pb2 as pb
from gencheck.v1 import common_pb2

Requests = Callable[[], AsyncIterator[pb.UploadAssetRequest]]
READ = "gencheck.v1.AssetService/ReadAsset"
CALLS = "rpc_server_call_duration_seconds_count"
METHOD = "/gencheck.v1.AssetService/UploadAsset"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that no request carries."""
    path = tmp_path_factory.mktemp("large") / "noise.png"
    pixels = np.random.default_rng(5).integers(0, 256, (1_800, 1_800, 3), np.uint8)
    Image.fromarray(pixels).save(path, compress_level=0)
    assert path.stat().st_size > INLINE_LIMIT
    return path


async def test_by_digest_the_answer_is_that_of_the_bytes(server: Any, samples: Path) -> None:
    path = samples / "letterboxed.png"
    async with AsyncClient(server.address) as client:
        asset = await client.upload(path)
        assert asset.digest == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        by_digest = await client.check(asset)
        inline = await client.check(path)
    for answer in (by_digest, inline):
        del answer.timings[:]
        for part in answer.parts:
            part.seconds = 0
        answer.request_id = ""
    assert by_digest == inline


async def test_a_large_file_is_uploaded_and_checked_by_itself(server: Any, large: Path) -> None:
    async with AsyncClient(server.address) as client:
        answer = await client.check(large)
    assert answer.asset == str(large)
    assert not any(outcome.HasField("error") for outcome in answer.outcomes)
    digest = "sha256:" + hashlib.sha256(large.read_bytes()).hexdigest()  # noqa: ASYNC240
    transport = GrpcTransport(server.address)
    assert (await transfer.stat(transport, digest, timeout=20)).format == "PNG"
    await transport.aclose()


def test_the_command_line_takes_a_large_file(server: Any, large: Path, gencheck: Any) -> None:
    ran = gencheck("check", "--router", server.address, "--json", large)
    assert ran.status in (0, 1, 2, 3)
    (line,) = ran.lines
    assert line["asset"] == str(large)
    assert not [outcome for outcome in line["outcomes"] if "error" in outcome]


def test_the_blocking_client_uploads_too(server: Any, large: Path) -> None:
    told: list[int] = []
    with Client(server.address) as client:
        asset = client.upload(large, name="noise", progress=lambda done, _: told.append(done))
        assert asset.name == "noise"


async def test_a_server_that_takes_no_uploads_gets_the_bytes(serve: Any, large: Path) -> None:
    names = ("artifact", "router")
    async with (
        serve(Settings(), names, inline_limit=32 << 20) as (_, address),
        AsyncClient(address) as client,
    ):
        answer = await client.check(large)
        assert not any(outcome.HasField("error") for outcome in answer.outcomes)
        with pytest.raises(Unavailable):
            await client.upload(large)


@pytest.mark.parametrize(
    "digest",
    ["sha256:" + "A" * 64, "sha256:" + "a" * 63, "md5:" + "a" * 64, "a" * 64, "", "sha256:"],
)
async def test_what_is_no_digest_is_refused_by_name(server: Any, digest: str) -> None:
    async with AsyncClient(server.address) as client:
        with pytest.raises(InvalidArgument) as caught:
            await client.check(common_pb2.Asset(digest=digest))
        assert caught.value.where == "asset.digest"


async def test_a_digest_that_nobody_uploaded_is_not_found(server: Any) -> None:
    async with AsyncClient(server.address) as client:
        with pytest.raises(NotFound, match="Upload it"):
            await client.check(common_pb2.Asset(digest="sha256:" + "0" * 64))


async def _upload(address: str, make: Requests) -> Any:
    """Once; again where grpc.aio lost the answer: the call ended while it was writing."""
    transport = GrpcTransport(address)
    try:
        for _ in range(5):
            try:
                return await transport.upload(METHOD, make(), pb.UploadAssetResponse, 60)
            except GencheckError as error:
                if "Internal error from Core" not in str(error):
                    raise
        pytest.fail("no answer came through")
    finally:
        await transport.aclose()


@pytest.mark.parametrize("size", [0, 1])
async def test_a_million_tiny_pieces_are_cut_off(server: Any, size: int) -> None:
    sent = 0

    async def flood() -> AsyncIterator[pb.UploadAssetRequest]:
        nonlocal sent
        yield pb.UploadAssetRequest(metadata=pb.UploadMetadata())
        for _ in range(1_000_000):
            sent += 1
            yield pb.UploadAssetRequest(chunk=transfer.chunk_of(bytes(size)))

    with pytest.raises(InvalidArgument):
        await _upload(server.address, flood)
    assert sent < 500_000


async def test_a_piece_over_the_bound_is_refused(server: Any) -> None:
    async def requests() -> AsyncIterator[pb.UploadAssetRequest]:
        yield pb.UploadAssetRequest(metadata=pb.UploadMetadata())
        yield pb.UploadAssetRequest(chunk=transfer.chunk_of(bytes((1 << 20) + 1)))

    with pytest.raises(InvalidArgument, match=r"chunk\.data"):
        await _upload(server.address, requests)


async def test_an_upload_that_is_cut_leaves_nothing_and_comes_whole_later(server: Any) -> None:
    data = os.urandom(3 << 20)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    half_sent = asyncio.Event()

    async def half() -> AsyncIterator[pb.UploadAssetRequest]:
        yield pb.UploadAssetRequest(metadata=pb.UploadMetadata(digest=digest))
        yield pb.UploadAssetRequest(chunk=transfer.chunk_of(data[: 1 << 20]))
        half_sent.set()
        await asyncio.Event().wait()

    async with grpc.aio.insecure_channel(server.address) as channel:
        method = channel.stream_unary(METHOD, pb.UploadAssetRequest.SerializeToString)
        call = method(half())
        await half_sent.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    transport = GrpcTransport(server.address)
    with pytest.raises(NotFound):
        await transfer.stat(transport, digest, timeout=20)
    assert (await transfer.upload(transport, data)).digest == digest
    await transport.aclose()


async def test_many_at_once_with_one_digest_are_one_asset(server: Any) -> None:
    data = os.urandom(2 << 20)
    async with AsyncClient(server.address) as client:
        assets = await asyncio.gather(*(client.upload(data) for _ in range(6)))
    assert len({asset.digest for asset in assets}) == 1


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("way", ["service", "folder"])
async def test_services_beside_read_an_asset_once(
    serve: Any, samples: Path, tmp_path: Path, way: str
) -> None:
    port = _free_port()
    store = "memory" if way == "service" else str(tmp_path / "store")
    beside = Settings(assets=f"127.0.0.1:{port}" if way == "service" else store)
    async with serve(beside, ("artifact", "consistency")) as (_, address):
        endpoints = {"artifact": address, "consistency": address}
        settings = Settings(asset_store=store, endpoints=endpoints)
        async with serve(settings, ("router", "assets"), port=port) as (host, router):
            async with AsyncClient(router) as client:
                asset = await client.upload(samples / "coffee.jpg")
                for _ in range(3):
                    answer = await client.check(asset, prompt="a cup")
                    errors = [o for o in answer.outcomes if o.HasField("error")]
                    assert not errors, errors
            labels = {
                "rpc_system_name": "grpc",
                "rpc_method": READ,
                "rpc_response_status_code": "OK",
            }
            reads = host.metrics.registry.get_sample_value(CALLS, labels)
            assert reads == (1 if way == "service" else 0)


async def test_a_service_that_was_not_told_where_says_so(serve: Any, samples: Path) -> None:
    async with serve(Settings(), ("artifact",)) as (_, address):
        settings = Settings(asset_store="memory", endpoints={"artifact": address})
        async with serve(settings, ("router", "assets")) as (_, router), AsyncClient(router) as c:
            answer = await c.check(await c.upload(samples / "coffee.jpg"))
    texts = [outcome.error.message for outcome in answer.outcomes if outcome.HasField("error")]
    assert any("--assets HOST:PORT" in text for text in texts)


async def test_a_folder_outlives_a_crash_in_the_middle_of_an_upload(
    demo: ModuleType, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    words = ("router", tmp_path / "log", "--artifact", "127.0.0.1:1", "--asset-store", str(store))
    process = demo.start(*words)
    try:
        demo.wait_until_listening(process)
        transport = GrpcTransport(process.address)
        kept = await transfer.upload(transport, b"kept" * 1_000)
        arrived = asyncio.Event()

        async def half() -> AsyncIterator[pb.UploadAssetRequest]:
            yield pb.UploadAssetRequest(metadata=pb.UploadMetadata())
            yield pb.UploadAssetRequest(chunk=transfer.chunk_of(bytes(1 << 20)))
            arrived.set()
            await asyncio.Event().wait()

        cut = asyncio.create_task(transport.upload(METHOD, half(), pb.UploadAssetResponse, None))
        async with asyncio.timeout(20):
            await arrived.wait()
            while not list((store / "parts").iterdir()):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.02)
        process.process.kill()
        with pytest.raises(GencheckError):
            await cut
        await transport.aclose()
    finally:
        process.process.kill()
        demo.stop(process)
    assert list((store / "parts").iterdir())

    process = demo.start(*words)
    try:
        demo.wait_until_listening(process)
        transport = GrpcTransport(process.address)
        assert (await transfer.stat(transport, kept.digest, timeout=20)).size == 4_000
        await transfer.upload(transport, b"next")
        assert not list((store / "parts").iterdir())
        await transport.aclose()
    finally:
        demo.stop(process)

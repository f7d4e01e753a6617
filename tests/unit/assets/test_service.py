"""Uploads that are wrong, cut, slow or too many; reads of what changes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from gencheck.assets.disk import DiskStore
from gencheck.assets.memory import MemoryStore
from gencheck.assets.service import AssetService, Quota
from gencheck.assets.store import Store
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Overloaded,
    Unavailable,
)
from gencheck.serving.call import Call, new_id
from gencheck.transfer import LEAST_RATE, chunk_of
from gencheck.v1 import asset_pb2 as pb

PNG = b"\x89PNG\r\n\x1a\n" + bytes(92)
Request = pb.UploadAssetRequest


def call() -> Call:
    return Call(new_id())


def first(**metadata: Any) -> Request:
    return Request(metadata=pb.UploadMetadata(**metadata))


def pieces(data: bytes, size: int = 40) -> list[Request]:
    starts = range(0, len(data), size)
    return [Request(chunk=chunk_of(data[start : start + size])) for start in starts]


async def stream(requests: Iterable[Request]) -> AsyncIterator[Request]:
    for request in requests:
        yield request


def service(store: Store, **quota: Any) -> AssetService:
    return AssetService(store, Quota(**{"max_bytes": 1_000, **quota}))


async def upload(made: AssetService, *requests: Request) -> pb.UploadAssetResponse:
    return await made.upload(stream(requests), call())


async def read(made: AssetService, digest: str, **part: int) -> tuple[pb.StoredAsset, bytes]:
    answers = [a async for a in made.read(pb.ReadAssetRequest(digest=digest, **part), call())]
    return answers[0].asset, b"".join(answer.chunk.data for answer in answers[1:])


async def test_what_was_sent_can_be_read(store: Store, kit: Any) -> None:
    made = service(store)
    answer = await upload(made, first(name="a.png"), *pieces(PNG))
    digest = kit.digest(PNG)
    assert answer.asset == pb.StoredAsset(
        digest=digest, size=100, kind=pb.MEDIA_KIND_IMAGE, format="PNG"
    )
    assert not answer.existed
    assert await read(made, digest) == (answer.asset, PNG)
    assert await read(made, digest, offset=10, limit=5) == (answer.asset, PNG[10:15])
    assert await read(made, digest, offset=100) == (answer.asset, b"")
    assert (await made.stat(pb.StatAssetRequest(digest=digest), call())).asset == answer.asset


async def test_what_is_no_medium_is_held_all_the_same(store: Store) -> None:
    answer = await upload(service(store), first(), *pieces(b"just text"))
    assert answer.asset.kind == pb.MEDIA_KIND_UNSPECIFIED
    assert not answer.asset.format


async def test_again_is_answered_before_a_piece_is_read(store: Store, kit: Any) -> None:
    made = service(store)
    await upload(made, first(), *pieces(PNG))

    async def never() -> AsyncIterator[Request]:
        yield first(digest=kit.digest(PNG))
        raise AssertionError("nobody asks for this")

    answer = await made.upload(never(), call())
    assert answer.existed
    assert answer.asset.size == 100


async def test_again_without_saying_which_is_no_second_asset(store: Store) -> None:
    made = service(store)
    for existed in (False, True):
        assert (await upload(made, first(), *pieces(PNG))).existed is existed


async def test_two_at_once_with_one_digest_are_both_answered(store: Store, kit: Any) -> None:
    made = service(store)
    requests = (first(digest=kit.digest(PNG), size=100), *pieces(PNG))
    answers = await asyncio.gather(*(upload(made, *requests) for _ in range(4)))
    assert {answer.asset.digest for answer in answers} == {kit.digest(PNG)}
    new = [answer.existed for answer in answers].count(False)
    # A bucket has no lock: there, both may be told that they came first.
    assert new == 1 if store.capacity is not None else new >= 1
    assert (await read(made, kit.digest(PNG)))[1] == PNG


def damaged(data: bytes) -> Request:
    piece = chunk_of(data)
    piece.data = b"X" + data[1:]
    return Request(chunk=piece)


@pytest.mark.parametrize(
    ("requests", "where"),
    [
        ([], "metadata"),
        (pieces(PNG), "metadata"),
        ([first(), *pieces(PNG)[:1], damaged(b"abc")], "chunk[1]"),
        ([first(), Request(chunk=pb.AssetChunk(data=b"x"))], "chunk[0]"),
        ([first(), Request(chunk=pb.AssetChunk(crc32c=0))], "chunk[0]"),
        ([first(), *pieces(PNG), first()], "chunk[3]"),
        ([first(size=50), *pieces(PNG)], "chunk[1]"),
        ([first(size=101), *pieces(PNG)], "metadata.size"),
        ([first(size=0), *pieces(PNG)], "chunk[0]"),
        ([first(digest="sha256:" + "0" * 64), *pieces(PNG)], "metadata.digest"),
        ([first()], "chunk[0]"),
    ],
)
async def test_what_is_wrong_is_named_and_leaves_nothing(
    store: Store, kit: Any, requests: list[Request], where: str
) -> None:
    made = service(store)
    with pytest.raises(InvalidArgument) as caught:
        await upload(made, *requests)
    assert caught.value.where == where
    assert not kit.holds(store, PNG)
    if store.capacity is not None:
        assert kit.put(store, bytes(store.capacity))


async def test_an_upload_that_is_cut_half_way_leaves_nothing(store: Store, kit: Any) -> None:
    made = service(store, max_uploads=1)
    waits = asyncio.Event()

    async def cut() -> AsyncIterator[Request]:
        yield first()
        yield pieces(PNG)[0]
        waits.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(made.upload(cut(), call()))
    await waits.wait()
    with pytest.raises(Overloaded, match="1 uploads are in progress"):
        await upload(made, first(), *pieces(PNG))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not kit.holds(store, PNG)
    assert not (await upload(made, first(), *pieces(PNG))).existed


@pytest.mark.parametrize("said", [{}, {"size": 2_000}])
async def test_too_large_is_said_as_soon_as_it_is_known(store: Store, said: dict[str, int]) -> None:
    read_on = 0

    async def large() -> AsyncIterator[Request]:
        nonlocal read_on
        yield first(**said)
        for piece in pieces(bytes(2_000), 100):
            read_on += 1
            yield piece

    with pytest.raises(LimitExceeded):
        await service(store).upload(large(), call())
    assert read_on == (0 if said else 11)


async def test_no_asset_may_be_larger_than_the_store() -> None:
    with pytest.raises(LimitExceeded):
        await upload(service(MemoryStore(50)), first(size=60))


@pytest.mark.parametrize("size", [1, 4_000])
async def test_a_flood_of_small_pieces_is_cut_off(size: int) -> None:
    sent = 0

    async def flood() -> AsyncIterator[Request]:
        nonlocal sent
        yield first()
        piece = Request(chunk=chunk_of(bytes(size)))
        while True:
            sent += 1
            yield piece

    made = service(MemoryStore(1 << 30), max_bytes=1 << 30)
    with pytest.raises(InvalidArgument, match="4096 bytes and more"):
        await made.upload(flood(), call())
    assert sent == 257 if size == 1 else sent < 12_000


async def test_pieces_of_good_size_are_taken_however_many() -> None:
    made = service(MemoryStore(1 << 30), max_bytes=1 << 30)
    data = bytes(4_096 * 1_000)
    assert (await upload(made, first(), *pieces(data, 4_096))).asset.size == len(data)


async def test_a_slow_upload_ends_when_its_patience_does() -> None:
    now = 0.0

    async def slow() -> AsyncIterator[Request]:
        nonlocal now
        yield first()
        for piece in pieces(bytes(1_000), 100):
            now += 10
            yield piece

    made = AssetService(MemoryStore(1_000), Quota(1_000, grace_seconds=35), clock=lambda: now)
    with pytest.raises(DeadlineExceeded, match=str(LEAST_RATE)) as caught:
        await made.upload(slow(), call())
    assert caught.value.where == "chunk[3]"


async def test_a_full_store_says_so_and_lets_in_what_fits_later(kit: Any) -> None:
    store = MemoryStore(150)
    made = service(store)
    kit.put(store, b"1" * 100)
    with store.open(kit.digest(b"1" * 100)), pytest.raises(Overloaded):
        await upload(made, first(), *pieces(PNG))
    assert not (await upload(made, first(), *pieces(PNG))).existed
    assert not kit.holds(store, b"1" * 100)


@pytest.mark.parametrize("part", [{"offset": 101}, {"offset": 2**31 - 1, "limit": 2**31 - 1}])
async def test_a_part_that_is_not_there_is_refused(store: Store, kit: Any, part: Any) -> None:
    kit.put(store, PNG)
    with pytest.raises(InvalidArgument, match="100 bytes"):
        await read(service(store), kit.digest(PNG), **part)


async def test_what_is_not_there_is_not_found(store: Store, kit: Any) -> None:
    made = service(store)
    with pytest.raises(NotFound):
        await read(made, kit.digest(b"none"))
    with pytest.raises(NotFound):
        await made.stat(pb.StatAssetRequest(digest=kit.digest(b"none")), call())


async def test_what_is_being_sent_does_not_give_way(kit: Any) -> None:
    store = MemoryStore(150)
    made = service(store)
    kit.put(store, PNG)
    answers = made.read(pb.ReadAssetRequest(digest=kit.digest(PNG)), call())
    await anext(answers)
    data = (await anext(answers)).chunk.data
    with pytest.raises(Overloaded):
        await upload(made, first(), *pieces(b"2" * 100))
    assert data == PNG
    await answers.aclose()
    assert not (await upload(made, first(), *pieces(b"2" * 100))).existed


async def test_an_asset_that_goes_while_it_is_sent_is_an_error(store: Store, kit: Any) -> None:
    made = service(store)
    kit.put(store, PNG)
    answers = made.read(pb.ReadAssetRequest(digest=kit.digest(PNG)), call())
    await anext(answers)
    store.remove(kit.digest(PNG))
    with pytest.raises(GencheckError) as caught:
        async for _ in answers:
            pass
    assert isinstance(caught.value, NotFound | Unavailable)


@pytest.mark.parametrize("now", [b"X" * 100, b"short"])
async def test_a_file_that_changed_is_never_sent_as_the_asset(
    disk: DiskStore, tmp_path: Any, kit: Any, now: bytes
) -> None:
    made = service(disk)
    kit.put(disk, PNG)
    name = kit.digest(PNG).removeprefix("sha256:")
    (tmp_path / "store" / name[:2] / name).write_bytes(now)
    with pytest.raises(Unavailable, match="something else"):
        await read(made, kit.digest(PNG))
    with pytest.raises(NotFound):
        await read(made, kit.digest(PNG))
    assert not (await upload(made, first(digest=kit.digest(PNG)), *pieces(PNG))).existed

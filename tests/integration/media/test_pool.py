"""A pool at work: answers right, every descriptor given back, nothing left on the machine."""

import asyncio
import gc
import io
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as PillowImage

from gencheck.deadline import Deadline
from gencheck.errors import (
    Cancelled,
    DecodeFailed,
    LimitExceeded,
    Unavailable,
    UnsupportedMedia,
    WorkerLost,
)
from gencheck.media.clip import Chunk, ClipEnd, ClipHead
from gencheck.media.pool import DecodePool
from gencheck.media.types import Image, Limits


def png(value: int) -> bytes:
    file = io.BytesIO()
    PillowImage.fromarray(np.full((40, 60, 3), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def descriptors() -> int:
    gc.collect()  # arrays that nobody holds any more give their memory back
    return len(list(Path("/proc/self/fd").iterdir()))


def named_memory(pool: DecodePool) -> set[str]:
    """Memory with a name that this process or a worker maps: what a killed process would leave."""
    maps = [Path(f"/proc/{pid}/maps").read_text() for pid in (os.getpid(), *pool.pids())]
    lines = "".join(maps).splitlines()
    return {line.split(maxsplit=5)[5] for line in lines if "/dev/shm/" in line}


@pytest.fixture
async def pool() -> AsyncIterator[DecodePool]:
    pool = DecodePool(2, Limits(max_pixels=1_000_000))
    await pool.start()
    yield pool
    await pool.aclose()


async def test_many_at_once_each_get_their_own(pool: DecodePool) -> None:
    images = await asyncio.gather(
        *(pool.decode(png(value), name=str(value), deadline=Deadline()) for value in range(40))
    )
    for value, image in enumerate(images):
        assert isinstance(image, Image)
        assert (image.pixels == value).all()
        image.pixels[:] = 0  # writable


async def test_errors_cross_the_border_whole(pool: DecodePool) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        await pool.decode(b"a letter", name="letter.png", deadline=Deadline())
    assert caught.value.where == "letter.png"
    assert caught.value.metadata["looks_like"] == "plain text"
    with pytest.raises(DecodeFailed, match="empty"):
        await pool.decode(b"", name="nothing", deadline=Deadline())
    with pytest.raises(LimitExceeded, match="bytes are over the limit"):
        await pool.decode(bytes(300 << 20), name="huge", deadline=Deadline())
    assert len(pool.pids()) == 2


async def test_a_worker_never_answers_with_more_than_a_message(pool: DecodePool) -> None:
    """An error may quote the file; its name is cut as well."""
    line = b"v " + b"x" * 900_000 + b"\n"
    with pytest.raises(DecodeFailed) as caught:
        await pool.decode(b"v 0 0 0\n" + line, name="n" * 100_000, deadline=Deadline())
    assert len(str(caught.value)) < 3_000


async def test_no_descriptor_and_no_memory_is_left(pool: DecodePool) -> None:
    await pool.decode(png(1), deadline=Deadline())
    before, named = descriptors(), named_memory(pool)
    for index in range(200):
        if index % 4:
            decoded = await pool.decode(png(index), deadline=Deadline())
            assert named_memory(pool) == named, "what was decoded is held now"
            del decoded
        else:
            with pytest.raises(UnsupportedMedia):
                await pool.decode(b"no picture", deadline=Deadline())
    assert descriptors() == before
    for _ in range(3):
        running = asyncio.create_task(pool.decode(png(3), deadline=Deadline()))
        await asyncio.sleep(0)
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)
        await asyncio.wait({running})
        await asyncio.sleep(0.5)  # until all are dead: who dies with an asset at hand loses it
        if running.exception() is not None:
            assert isinstance(running.exception(), WorkerLost)
        await asyncio.gather(*(pool.decode(png(3), deadline=Deadline()) for _ in range(2)))
    del running
    for _ in range(50):  # the loop holds what was awaited last for a moment
        await asyncio.sleep(0.02)
        if descriptors() == before:
            break
    assert descriptors() == before
    assert named_memory(pool) == named


async def test_a_worker_looks_for_no_module_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    pool = DecodePool(1, Limits())
    await pool.start()
    await pool.aclose()
    assert pool.pids() == []


def film(frames: int = 200) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(frames):
            grey = np.full((48, 64, 3), index % 250, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()


async def test_a_film_goes_by_and_its_worker_takes_the_next(pool: DecodePool) -> None:
    before = descriptors()
    for _ in range(2):
        parts = [part async for part in pool.stream(film(), deadline=Deadline())]
        assert isinstance(parts[0], ClipHead)
        assert isinstance(parts[-1], ClipEnd)
        shown = [part.frames for part in parts if isinstance(part, Chunk)]
        assert sum(len(frames.times) for frames in shown if frames is not None) == 200
        assert len(pool.pids()) == 3  # the two for media, and one for streams
        del parts, shown
    assert descriptors() <= before + 1  # the socket of the one for streams


async def test_who_leaves_in_the_midst_costs_the_process_only(pool: DecodePool) -> None:
    parts = pool.stream(film(), deadline=Deadline())
    assert isinstance(await anext(parts), ClipHead)
    await parts.aclose()
    assert len(pool.pids()) == 2
    again = [part async for part in pool.stream(film(40), deadline=Deadline())]
    assert isinstance(again[-1], ClipEnd)


def sleeps(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "S"


async def test_a_worker_waits_until_its_parts_are_taken(pool: DecodePool) -> None:
    parts = pool.stream(film(1_000), deadline=Deadline())
    async with aclosing(parts):
        await anext(parts)
        await asyncio.sleep(0.5)
        (pid,) = set(pool.pids()) - set(pool.pids()[:2])
        assert sleeps(pid)  # a thousand frames would have kept it busy


async def test_errors_in_the_midst_of_a_film(pool: DecodePool) -> None:
    with pytest.raises(UnsupportedMedia):
        await anext(pool.stream(png(1), deadline=Deadline()))
    gone = Deadline()
    parts = pool.stream(film(), deadline=gone)
    await anext(parts)
    gone.cancel()
    with pytest.raises(Cancelled):
        await anext(parts)


async def test_a_pool_that_closes_ends_its_films() -> None:
    pool = DecodePool(1, Limits())
    await pool.start()
    parts = pool.stream(film(), deadline=Deadline())
    await anext(parts)
    await pool.aclose()
    with pytest.raises(Unavailable):
        await anext(parts)
    assert pool.pids() == []

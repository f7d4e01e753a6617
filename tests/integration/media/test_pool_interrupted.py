"""A pool whose workers die, whose callers leave and which is closed in the middle of a decode."""

import asyncio
import gc
import io
import os
import signal
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from gencheck.deadline import Deadline
from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    LimitExceeded,
    Overloaded,
    Unavailable,
    WorkerLost,
)
from gencheck.media.pool import DecodePool
from gencheck.media.types import Image, Limits

# The time-out of what would hang.
PATIENCE = 20.0
# A scan of a progressive picture costs as much time as the picture has pixels, and few bytes.
SIDE = 7_000
SCANS = 400

Start = Callable[..., Awaitable[DecodePool]]


def png() -> bytes:
    file = io.BytesIO()
    PillowImage.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(file, "PNG")
    return file.getvalue()


def random_picture() -> bytes:
    """Some hundredths of a second of work."""
    file = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (1_000, 1_000, 3), np.uint8)
    PillowImage.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def slow_picture() -> bytes:
    """A progressive JPEG that repeats its last scan: minutes of work in little space."""
    file = io.BytesIO()
    PillowImage.new("L", (SIDE, SIDE), 90).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rfind(b"\xff\xda")
    return data[:-2] + data[last:-2] * SCANS + data[-2:]


SLOW = slow_picture()


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"


def descriptors() -> set[str]:
    """The open sockets, pipes and files of this process, by names that no other has."""
    gc.collect()
    links = Path("/proc/self/fd").iterdir()
    return {str(link.readlink()) for link in links if link.is_symlink()}


def mapped() -> int:
    """Media whose memory this process still holds."""
    return Path("/proc/self/maps").read_text().count("memfd:gencheck")


async def busy(pool: DecodePool, deadline: Deadline) -> tuple[asyncio.Task[object], int]:
    """A decode that is under way, and the worker that it keeps busy."""
    task = asyncio.create_task(_decode(pool, SLOW, deadline))
    (pid,) = pool.pids()
    before = _cpu_ticks(pid)
    async with asyncio.timeout(PATIENCE):
        while _cpu_ticks(pid) < before + 10:
            assert not task.done(), "the slow picture is not slow"
            await asyncio.sleep(0.02)
    return task, pid


async def _decode(pool: DecodePool, data: bytes, deadline: Deadline) -> object:
    return await pool.decode(data, name="slow.jpg", deadline=deadline)


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def still_works(pool: DecodePool) -> None:
    media = await pool.decode(png(), deadline=Deadline.after(PATIENCE))
    assert isinstance(media, Image)
    assert media.pixels.shape == (40, 60, 3)
    assert (media.pixels == 90).all()


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    pools: list[DecodePool] = []

    async def begin(limits: Limits | None = None, **options: int) -> DecodePool:
        pool = DecodePool(1, limits or Limits(), **options)
        pools.append(pool)
        await pool.start()
        return pool

    yield begin
    for pool in pools:
        await pool.aclose()


async def test_a_cancelled_deadline_stops_the_work(start: Start) -> None:
    pool = await start()
    deadline = Deadline()
    task, pid = await busy(pool, deadline)
    deadline.cancel()
    with pytest.raises(Cancelled):
        await asyncio.wait_for(task, 3)
    assert state(pid) == "gone"
    await still_works(pool)


async def test_a_cancelled_caller_stops_the_work(start: Start) -> None:
    pool = await start()
    task, pid = await busy(pool, Deadline())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert state(pid) == "gone"
    await still_works(pool)


async def test_a_deadline_stops_the_work(start: Start) -> None:
    pool = await start()
    task, pid = await busy(pool, Deadline.after(1.5))
    with pytest.raises(DeadlineExceeded) as caught:
        await asyncio.wait_for(task, 5)
    assert caught.value.where == "slow.jpg"
    assert state(pid) == "gone"
    await still_works(pool)


async def test_a_worker_killed_in_mid_decode_is_a_clear_error(start: Start) -> None:
    pool = await start()
    task, pid = await busy(pool, Deadline())
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerLost, match="died over this asset"):
        await asyncio.wait_for(task, 5)
    await still_works(pool)


async def test_a_worker_killed_while_idle_costs_no_asset(start: Start) -> None:
    pool = await start()
    (pid,) = pool.pids()
    os.kill(pid, signal.SIGKILL)
    while state(pid) not in ("Z", "gone"):  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.01)
    await still_works(pool)
    assert pool.pids() != [pid]


async def test_closing_ends_who_decodes_and_who_waits(start: Start) -> None:
    pool = await start()
    task, pid = await busy(pool, Deadline())
    waiting = asyncio.create_task(_decode(pool, png(), Deadline()))
    await asyncio.sleep(0)
    await asyncio.wait_for(pool.aclose(), 5)
    for unfinished in (task, waiting):
        with pytest.raises(Unavailable, match="shut down"):
            await asyncio.wait_for(unfinished, 1)
    assert state(pid) == "gone"
    assert pool.pids() == []


async def test_a_closed_pool_starts_no_process(start: Start) -> None:
    pool = await start()
    await pool.aclose()
    with pytest.raises(Unavailable):
        await pool.decode(png(), deadline=Deadline.after(PATIENCE))
    assert pool.pids() == []


async def test_a_caller_who_leaves_during_a_restart_leaves_nothing(start: Start) -> None:
    pool = await start()
    before = descriptors()
    for _ in range(3):
        task, _ = await busy(pool, Deadline())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(DeadlineExceeded):
            await pool.decode(png(), deadline=Deadline.after(0.005))
        assert pool.pids() == []
        await still_works(pool)
    assert len(descriptors() - before) <= 1, "more than the socket to the one worker"


async def test_cpu_time_is_limited_for_each_asset_and_does_not_add_up(start: Start) -> None:
    pool = await start(Limits(cpu_seconds=1))
    with pytest.raises(LimitExceeded, match="1 s of CPU time"):
        await asyncio.wait_for(_decode(pool, SLOW, Deadline()), PATIENCE)
    await still_works(pool)
    (pid,) = pool.pids()
    work = random_picture()
    ends = time.monotonic() + PATIENCE
    while _cpu_ticks(pid) < 2 * os.sysconf("SC_CLK_TCK") and time.monotonic() < ends:
        assert isinstance(await pool.decode(work, deadline=Deadline()), Image)
    assert pool.pids() == [pid], "it was killed for what it spent on assets before"


async def test_memory_is_limited_and_said_so(start: Start) -> None:
    pool = await start(Limits(memory_bytes=800 << 20))
    count = 4_900_000
    data = bytes(80) + struct.pack("<I", count) + bytes(50 * count)
    with pytest.raises(LimitExceeded, match="memory"):
        await pool.decode(data, deadline=Deadline.after(60))
    await still_works(pool)


async def test_a_full_queue_is_said_at_once(start: Start) -> None:
    pool = await start(max_queued=1)
    running, _ = await busy(pool, Deadline())
    waiting = asyncio.create_task(_decode(pool, png(), Deadline()))
    await asyncio.sleep(0.05)
    with pytest.raises(Overloaded):
        await pool.decode(png(), deadline=Deadline())
    running.cancel()
    assert isinstance(await asyncio.wait_for(waiting, PATIENCE), Image)


async def test_arrays_outlive_the_pool_and_their_memory_goes_with_them(start: Start) -> None:
    others, held = descriptors(), mapped()
    pool = await start()
    first = await pool.decode(png(), deadline=Deadline())
    own = descriptors() - others
    await pool.aclose()
    assert isinstance(first, Image)
    first.pixels[:] = 7  # writable
    assert (first.pixels == 7).all()
    assert mapped() == held + 1
    del first
    gc.collect()
    assert mapped() == held
    assert own, "there is a socket to the worker"
    assert not own & descriptors()

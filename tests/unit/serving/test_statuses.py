"""Watchers of the health do not disturb each other, nor the server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from grpc_health.v1 import health_pb2

from gencheck.serving.statuses import Statuses

SERVING: int = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: int = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN: int = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@pytest.fixture(autouse=True)
async def hang_guard() -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        yield


async def test_a_watcher_hears_the_status_and_its_changes() -> None:
    statuses = Statuses()
    watching = statuses.watch("a")
    assert await anext(watching) == UNKNOWN
    statuses.set("a", SERVING)
    assert await anext(watching) == SERVING
    statuses.set("b", SERVING)
    statuses.set("a", NOT_SERVING)
    assert await anext(watching) == NOT_SERVING
    assert (statuses.of("a"), statuses.of("b"), statuses.of("c")) == (NOT_SERVING, SERVING, None)
    await watching.aclose()


async def test_one_who_leaves_leaves_the_others_watching() -> None:
    statuses = Statuses()
    statuses.set("a", SERVING)
    leaving, staying = statuses.watch("a"), statuses.watch("a")
    assert await anext(leaving) == await anext(staying) == SERVING
    await leaving.aclose()
    statuses.set("a", NOT_SERVING)
    assert await anext(staying) == NOT_SERVING
    await staying.aclose()


async def test_one_who_does_not_read_holds_nobody_up() -> None:
    statuses = Statuses()
    statuses.set("a", SERVING)
    slow, quick = statuses.watch("a"), statuses.watch("a")
    assert await anext(slow) == SERVING  # and stands there, as before a window that is full
    assert await anext(quick) == SERVING
    statuses.set("a", NOT_SERVING)
    assert await anext(quick) == NOT_SERVING
    statuses.set("a", SERVING)
    assert await anext(quick) == SERVING
    for watching in (slow, quick):
        await watching.aclose()


async def test_draining_is_for_good_and_ending_lets_everybody_go() -> None:
    statuses = Statuses()
    statuses.set("a", SERVING)
    watching = statuses.watch("a")
    assert await anext(watching) == SERVING
    statuses.drain()
    statuses.set("a", SERVING)
    assert await anext(watching) == NOT_SERVING
    waiting = asyncio.ensure_future(anext(watching, None))
    await asyncio.sleep(0)
    assert not waiting.done()
    statuses.end()
    assert await waiting is None
    assert [status async for status in statuses.watch("a")] == [NOT_SERVING]

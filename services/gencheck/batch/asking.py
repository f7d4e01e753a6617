"""Asks about one asset: reads it, has it checked, counts its people where an audit was asked for.

What is down for a moment is asked again; an asset that cannot be judged becomes an error of its
row, and never of the run.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from gencheck.batch.manifest import Row
from gencheck.batch.plan import Terms
from gencheck.batch.sources import Sources
from gencheck.client import AsyncClient
from gencheck.deadline import Deadline
from gencheck.errors import (
    GencheckError,
    InvalidArgument,
    InvalidPolicy,
    NotFound,
    Overloaded,
    Unauthenticated,
    Unavailable,
)
from gencheck.inputs import inline_asset
from gencheck.media.sniff import sniff
from gencheck.media.types import MediaKind
from gencheck.v1 import bias_pb2, common_pb2, router_pb2
from gencheck.wire import outcome_from

_TRIES = 3
_PAUSE_SECONDS = 0.5
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 30.0
_BUSY_SECONDS = 60.0
_READ_SECONDS = 60.0
_AWAY = {"SERVICE_UNAVAILABLE", "OVERLOADED", "MODEL_NOT_READY"}


class Watch(Protocol):
    """Is told what is being checked, so that whoever outlives this process knows."""

    def begin(self, number: int) -> None:
        """This row is being checked from now on."""
        ...

    def end(self, number: int) -> None:
        """It no longer is."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of an asset: an answer or an error.

    Attributes:
        away: what was down at the last try, if anything was.
        state: what its people add to an audit.
        timing: columns of its row of timings.
    """

    answer: router_pb2.CheckResponse | None = None
    error: GencheckError | None = None
    away: GencheckError | None = None
    state: bias_pb2.AuditState | None = None
    timing: dict[str, Any] = field(default_factory=dict)


class Asker:
    """Asks a client, at most so many assets at a time."""

    def __init__(
        self, client: AsyncClient, sources: Sources, terms: Terms, *, parallel: int
    ) -> None:
        self.parallel = parallel
        self._client = client
        self._sources = sources
        self._policy = terms.judge_by
        self._audit = terms.audit
        self._room = asyncio.Semaphore(parallel)

    async def ask(self, row: Row, watch: Watch) -> Checked:
        """Read and check one asset; no error of the asset is raised.

        Raises:
            InvalidArgument: the run's policy is not known to whoever judges.
            Unauthenticated: the run itself is not known there.
        """
        started = dt.datetime.now(dt.UTC)
        try:
            data = await self._read(row.uri)
        except GencheckError as error:
            return Checked(error=error, away=_away(error), timing={"started": started})
        async with self._room:
            watch.begin(row.number)
            start = time.perf_counter()
            checked = await self._checked(row, data)
            seconds = time.perf_counter() - start
            watch.end(row.number)
        stages = [] if checked.answer is None else checked.answer.timings
        checked.timing.update(
            started=started,
            seconds=seconds,
            bytes=len(data),
            stages=[{"stage": s.stage, "seconds": s.seconds} for s in stages],
        )
        return checked

    async def _read(self, uri: str) -> bytes:
        for pause in range(1, _TRIES):
            try:
                return await self._read_once(uri)
            except GencheckError as error:
                if _away(error) is None:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS * pause)
        return await self._read_once(uri)

    async def _read_once(self, uri: str) -> bytes:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                return await self._sources.read(uri, deadline=Deadline.after(_READ_SECONDS))
        except TimeoutError:
            raise Unavailable(
                f"the store did not answer within {_READ_SECONDS:g} s", where=uri
            ) from None

    async def _checked(self, row: Row, data: bytes) -> Checked:
        """Asked again while something is down, three times, and a minute long while it is busy."""
        tries, waited = 0, 0.0
        while True:
            checked = await self._once(row, data)
            busy = isinstance(checked.away, Overloaded)
            tries += not busy
            if checked.away is None or tries >= _TRIES or waited >= _BUSY_SECONDS:
                return checked
            seconds = pause_before(checked.away, max(1, tries))
            waited += seconds if busy else 0.0
            await asyncio.sleep(seconds)

    async def _once(self, row: Row, data: bytes) -> Checked:
        try:
            asset = await self._client.sendable(inline_asset(data, row.uri))
            answer = await self._client.check(
                asset, prompt=row.prompt, policy=row.policy or self._policy
            )
            state = await self._people(row, data, asset) if self._audit else None
        except GencheckError as error:
            if isinstance(error, Unauthenticated):  # of the run, and of no asset
                raise
            if not row.policy:
                _raise_of_policy(error)
            return Checked(error=error, away=_away(error))
        return Checked(answer=answer, away=_part_away(answer), state=state)

    async def _people(
        self, row: Row, data: bytes, asset: common_pb2.Asset
    ) -> bias_pb2.AuditState | None:
        """The counts of the people in one picture; never an audit of it."""
        if sniff(data, row.uri).kind is not MediaKind.IMAGE:
            return None
        picture = bias_pb2.SetImage(asset=asset, prompt=row.group)
        return (await self._client.audit_images([picture])).audit.state


def pause_before(away: GencheckError, tries: int) -> float:
    """Seconds until it is asked again: what a busy server asks for and up to half as much more.

    Those who were refused together must not come back together.
    """
    asked = away.retry_seconds if isinstance(away, Overloaded) else None
    seconds = _PAUSE_SECONDS * tries if asked is None else max(asked, _SHORTEST_PAUSE)
    return min(_LONGEST_PAUSE, seconds) * random.uniform(1.0, 1.5)  # noqa: S311 - no secret


def _raise_of_policy(error: GencheckError) -> None:
    """A policy that whoever judges does not take is an error of the run, and of no asset."""
    unknown = isinstance(error, NotFound) and "policy" in error.metadata
    if unknown or isinstance(error, InvalidPolicy):
        raise InvalidArgument(error.what, where="--policy", fix=error.fix) from error


def _away(error: GencheckError) -> GencheckError | None:
    """The error where it says that something is down; a file that kills decoders is not that."""
    transient = isinstance(error, Unavailable | Overloaded) and error.reason in _AWAY
    return error if transient else None


def _part_away(answer: router_pb2.CheckResponse) -> GencheckError | None:
    """What was down behind a router that did answer."""
    for message in answer.outcomes:
        if not message.HasField("error"):
            continue
        outcome = outcome_from(message)
        if outcome.reason in _AWAY:
            kind = Overloaded if outcome.reason == Overloaded.reason else Unavailable
            return kind(f"{outcome.check}: {outcome.message}")
    return None

"""The objects of the double, with what the real API server does to all of them."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Plural, namespace, name."""


class Refused(Exception):
    """An answer that is a Status."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message


def now() -> str:
    """The time as Kubernetes writes it, with microseconds."""
    return dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Store:
    """Objects by key, their versions, and what happened to them."""

    objects: dict[Key, Object] = field(default_factory=dict)
    events: list[tuple[int, str, str, Object]] = field(default_factory=list)
    version: int = 1
    oldest: int = 0
    """Versions up to this one are forgotten: watching from them is 410."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def create(self, plural: str, namespace: str, new: Object) -> Object:
        """Store a new object. 409 where the name is taken."""
        name = new["metadata"]["name"]
        if (plural, namespace, name) in self.objects:
            raise Refused(409, "AlreadyExists", f'{plural} "{name}" already exists')
        stored = copy.deepcopy(new)
        stored["metadata"] |= {
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": now(),
        }
        return self._store("ADDED", (plural, namespace, name), stored)

    def read(self, plural: str, namespace: str, name: str) -> Object:
        """A copy. 404 where there is none."""
        try:
            return copy.deepcopy(self.objects[plural, namespace, name])
        except KeyError:
            raise Refused(404, "NotFound", f'{plural} "{name}" not found') from None

    def update(self, plural: str, changed: Object) -> Object:
        """Replace an object that is still there; one that is gone stays gone."""
        meta = changed["metadata"]
        key = (plural, meta["namespace"], meta["name"])
        if key not in self.objects:
            return changed
        return self._store("MODIFIED", key, copy.deepcopy(changed))

    def delete(self, plural: str, namespace: str, name: str, *, uid: str | None = None) -> Object:
        """Remove an object. 404, or 409 where it is another one than meant."""
        found = self.read(plural, namespace, name)
        if uid is not None and found["metadata"]["uid"] != uid:
            raise Refused(409, "Conflict", "the uid in the precondition does not match")
        del self.objects[plural, namespace, name]
        self._tell("DELETED", plural, found)
        return found

    def select(
        self, plural: str, namespace: str, labels: str = "", fields: str = ""
    ) -> Iterator[Object]:
        """Objects in the order of their names, by the selectors of equality."""
        for key in sorted(self.objects):
            if key[:2] == (plural, namespace) and matches(self.objects[key], labels, fields):
                yield self.objects[key]

    async def watch(
        self, plural: str, since: int, labels: str, fields: str, seconds: float
    ) -> AsyncIterator[Object]:
        """Events after a version, for some time. 410 where it is forgotten."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            if since < self.oldest:
                raise Refused(410, "Expired", f"too old resource version: {since}")
            for version, kind, what, item in list(self.events):
                if version > since and what == plural and matches(item, labels, fields):
                    yield {"type": kind, "object": item}
                since = max(since, version)
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            changed = self._changed
            try:
                async with asyncio.timeout(left):
                    await changed.wait()
            except TimeoutError:
                return

    def forget(self) -> None:
        """Lose the history, as etcd's compaction does."""
        self.oldest = self.version + 1
        self.version += 2
        self.events.clear()
        self._wake()

    async def changed(self, seconds: float) -> None:
        """Return after the next change, or after some time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for may swallow a cancellation until 3.12
                await self._changed.wait()

    def _store(self, kind: str, key: Key, item: Object) -> Object:
        self.objects[key] = item
        self._tell(kind, key[0], item)
        return copy.deepcopy(item)

    def _tell(self, kind: str, plural: str, item: Object) -> None:
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        self.events.append((self.version, kind, plural, copy.deepcopy(item)))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def matches(item: Object, labels: str, fields: str) -> bool:
    """Whether an object fits selectors such as ``a=b,c=d`` and ``status.phase=Failed``."""
    have = item["metadata"].get("labels") or {}
    wanted = [pair.partition("=")[::2] for pair in filter(None, labels.split(","))]
    if any(have.get(key) != value for key, value in wanted):
        return False
    for path, _, value in (pair.partition("=") for pair in filter(None, fields.split(","))):
        found: Any = item
        for step in path.split("."):
            found = (found or {}).get(step)
        if found != value:
            return False
    return True

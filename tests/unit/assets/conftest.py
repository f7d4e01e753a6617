"""The three stores, each empty, and shorthands to fill and read them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gencheck.assets.cloud import CloudStore
from gencheck.assets.disk import DiskStore
from gencheck.assets.memory import MemoryStore
from gencheck.assets.store import Store

CAPACITY = 1_000


class Kit:
    """Shorthands."""

    CAPACITY = CAPACITY

    @staticmethod
    def digest(data: bytes) -> str:
        return "sha256:" + hashlib.sha256(data).hexdigest()

    @classmethod
    def put(cls, store: Store, data: bytes) -> bool:
        with store.create() as writing:
            writing.write(data[: len(data) // 2])
            writing.write(data[len(data) // 2 :])
            return writing.keep(cls.digest(data))

    @classmethod
    def get(cls, store: Store, data: bytes) -> bytes:
        with store.open(cls.digest(data)) as reading:
            return reading.read(0, reading.size)

    @classmethod
    def holds(cls, store: Store, data: bytes) -> bool:
        from gencheck.errors import NotFound

        try:
            return store.peek(cls.digest(data)).size == len(data)
        except NotFound:
            return False


@pytest.fixture
def kit() -> type[Kit]:
    """Shorthands for tests of stores."""
    return Kit


def _cloud(_: Path) -> Store:
    return CloudStore(f"memory://assets-{uuid.uuid4().hex}/in")


MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(CAPACITY),
    "disk": lambda folder: DiskStore(folder / "store", CAPACITY),
    "fsspec": _cloud,
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store."""
    made = MAKERS[request.param](tmp_path)
    yield made
    if isinstance(made, DiskStore):
        made.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskStore]:
    """A store in ``tmp_path / "store"``."""
    made = DiskStore(tmp_path / "store", CAPACITY)
    yield made
    made.close()

"""What every store does: all or nothing, by digest, and within its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from gencheck.assets.memory import MemoryStore
from gencheck.assets.store import Room, Store
from gencheck.errors import NotFound, Overloaded
from gencheck.media.sniff import HEAD_BYTES


def test_what_is_kept_can_be_read(store: Store, kit: Any) -> None:
    assert kit.put(store, b"hello world")
    assert kit.get(store, b"hello world") == b"hello world"
    head = store.peek(kit.digest(b"hello world"))
    assert (head.data, head.size) == (b"hello world", 11)
    with store.open(kit.digest(b"hello world")) as reading:
        assert reading.read(6, 3) == b"wor"
        assert reading.read(6, 99) == b"world"


def test_the_same_again_is_not_new(store: Store, kit: Any) -> None:
    assert kit.put(store, b"x")
    assert not kit.put(store, b"x")
    assert kit.get(store, b"x") == b"x"


def test_two_on_their_way_with_one_digest_leave_one_asset(store: Store, kit: Any) -> None:
    with store.create() as one, store.create() as two:
        one.write(b"same")
        two.write(b"same")
        assert one.keep(kit.digest(b"same"))
        assert not two.keep(kit.digest(b"same"))
    assert kit.get(store, b"same") == b"same"


def test_what_is_not_kept_leaves_nothing(store: Store, kit: Any) -> None:
    with pytest.raises(ZeroDivisionError), store.create() as writing:
        writing.write(b"half")
        raise ZeroDivisionError
    assert not kit.holds(store, b"half")
    if store.capacity is not None:  # its room is free again
        assert kit.put(store, bytes(store.capacity))


@pytest.mark.parametrize("ask", ["peek", "open"])
def test_what_is_not_there_is_said(store: Store, kit: Any, ask: str) -> None:
    with pytest.raises(NotFound, match="Upload it"):
        if ask == "peek":
            store.peek(kit.digest(b"none"))
        else:
            with store.open(kit.digest(b"none")):
                pass


def test_removing_twice_is_once(store: Store, kit: Any) -> None:
    kit.put(store, b"x")
    store.remove(kit.digest(b"x"))
    store.remove(kit.digest(b"x"))
    assert not kit.holds(store, b"x")
    assert kit.put(store, b"x")


def test_a_peek_holds_no_more_than_a_head(kit: Any) -> None:
    store = MemoryStore(4 * HEAD_BYTES)
    data = bytes(2 * HEAD_BYTES)
    kit.put(store, data)
    head = store.peek(kit.digest(data))
    assert (len(head.data), head.size) == (HEAD_BYTES, len(data))


def test_any_part_can_be_read_however_it_came(store: Store, kit: Any) -> None:
    data = bytes(range(100))
    with store.create() as writing:
        for start, end in ((0, 7), (7, 8), (8, 60), (60, 100)):
            writing.write(data[start:end])
        writing.keep(kit.digest(data))
    with store.open(kit.digest(data)) as reading:
        for offset in range(101):
            for count in (1, 5, 53, 100):
                assert reading.read(offset, count) == data[offset : offset + count]


@pytest.fixture(params=["memory", "disk"])
def bounded(request: pytest.FixtureRequest, kit: Any) -> Store:
    return (
        MemoryStore(kit.CAPACITY) if request.param == "memory" else request.getfixturevalue("disk")
    )


def test_the_least_recently_used_gives_way(bounded: Store, kit: Any) -> None:
    first, second, third = (bytes([n]) * 400 for n in (1, 2, 3))
    kit.put(bounded, first)
    kit.put(bounded, second)
    bounded.peek(kit.digest(first))  # used
    kit.put(bounded, third)
    assert [kit.holds(bounded, data) for data in (first, second, third)] == [True, False, True]


def test_what_is_being_read_stays(bounded: Store, kit: Any) -> None:
    first, second, third = (bytes([n]) * 400 for n in (1, 2, 3))
    kit.put(bounded, first)
    kit.put(bounded, second)
    with bounded.open(kit.digest(first)) as reading:
        kit.put(bounded, third)
        assert reading.read(0, 400) == first
    assert [kit.holds(bounded, data) for data in (first, second)] == [True, False]


def test_full_of_what_is_in_use_takes_no_more_and_then_does(bounded: Store, kit: Any) -> None:
    kit.put(bounded, b"1" * 600)
    with bounded.open(kit.digest(b"1" * 600)):
        with pytest.raises(Overloaded, match="--asset-bytes"), bounded.create() as writing:
            writing.write(b"2" * 600)
        assert kit.holds(bounded, b"1" * 600)
    assert kit.put(bounded, b"2" * 600)


def test_what_is_on_its_way_takes_room_too(bounded: Store, kit: Any) -> None:
    with bounded.create() as one:
        one.write(bytes(600))
        with pytest.raises(Overloaded), bounded.create() as two:
            two.write(bytes(600))
    assert kit.put(bounded, bytes(600))


def test_a_room_counts_every_byte_once() -> None:
    room = Room(100)
    assert room.reserve(60) == []
    room.release(60)
    room.add("a", 60)
    room.add("a", 60)
    assert room.taken == 60
    room.drop("a")
    room.drop("a")
    assert room.taken == 0


def test_a_room_that_cannot_make_room_lets_nobody_go() -> None:
    room = Room(100)
    room.add("a", 50)
    room.add("b", 50)
    room.pin("b")
    with pytest.raises(Overloaded):
        room.reserve(60)
    assert room.taken == 100
    room.unpin("b")
    assert room.reserve(60) == ["a", "b"]

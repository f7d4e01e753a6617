"""Packages that unpack to too much, are encrypted, cut or damaged."""

import io
import zipfile

import pytest

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.meshes.zips import Package


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return held.getvalue()


def test_entries_are_read_bit_by_bit_and_found_in_any_case() -> None:
    data = bytes(range(256)) * 4_000
    package = Package(packed(("3D/A.model", data)), "x")
    entry = package.find("/3d/a.MODEL")
    assert entry == "3D/A.model"
    chunks = list(package.chunks(entry))
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) < len(data)
    assert package.find("b") is None


def test_a_bomb_is_refused_by_what_it_says() -> None:
    with pytest.raises(LimitExceeded, match="unpacks to"):
        Package(packed(("a", bytes(100 << 20))), "x")


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    data = bytearray(packed(("a", bytes(900_000))))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (1_000).to_bytes(4, "little")
    package = Package(bytes(data), "x")
    with pytest.raises(DecodeFailed, match="damaged"):
        list(package.chunks("a"))


def test_an_entry_without_a_name_is_refused() -> None:
    data = packed(("a", b"x")).replace(b"a", b"\0")  # a name ends at a NUL
    with pytest.raises(DecodeFailed, match="no name"):
        Package(data, "x")


def test_many_entries_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="10001 entries"):
        Package(packed(*((str(i), b"") for i in range(10_001))), "x")


def test_encrypted_cut_doubled_and_damaged_are_said() -> None:
    data = packed(("a", b"x" * 1_000), method=zipfile.ZIP_STORED)
    encrypted = bytearray(data)
    encrypted[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DecodeFailed, match="encrypted"):
        Package(bytes(encrypted), "x")
    with pytest.raises(DecodeFailed, match="cut off"):
        Package(data[:-30], "x")
    with pytest.warns(UserWarning, match="Duplicate"):
        double = packed(("a", b"1"), ("a", b"2"))
    with pytest.raises(DecodeFailed, match="twice"):
        Package(double, "x")
    package = Package(data.replace(b"xxx", b"xyx", 1), "x")
    with pytest.raises(DecodeFailed, match="damaged"):
        list(package.chunks("a"))

"""What stands behind the end of a picture: padding, a phone's second picture, or another file."""

from __future__ import annotations

from gencheck.media.facts import Trailing
from gencheck.media.sniff import describe

_PADDING = b"\0\xff \r\n"
_SEEN = 1 << 16
_ZIP_DIRECTORY = b"PK\x05\x06"
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"#!": "a script",
    b"<?php": "a script",
    b"<script": "a script",
    b"<html": "a web page",
    b"<!doctype": "a web page",
}
# What phones and cameras put there: further pictures, the clip of a moving photo, their own notes.
_CUSTOMARY = {
    b"\xff\xd8\xff": "a further JPEG",
    b"ftyp": "a clip",
    b"SEFH": "notes of a phone",
    b"SEFT": "notes of a phone",
}


def behind(data: bytes, end: int) -> Trailing | None:
    """The bytes from ``end`` on; ``None`` where there are none, or nothing but padding.

    Args:
        end: offset behind the picture; 0 where it has no end.
    """
    if end <= 0 or end >= len(data):
        return None
    size = len(data) - end
    start = data[end : end + _SEEN].lstrip(_PADDING)
    if not start and size <= _SEEN:
        return None
    lower = start[:16].lower()
    for mark, words in _FOREIGN.items():
        if lower.startswith(mark.lower()):
            return Trailing(size, words, is_foreign=True)
    if _ZIP_DIRECTORY in data[max(end, len(data) - _SEEN - 22) :]:
        return Trailing(size, "a ZIP archive", is_foreign=True)
    for mark, words in _CUSTOMARY.items():
        if start.startswith(mark) or mark in data[end : end + 16] or data[-4:] == mark:
            return Trailing(size, words)
    return Trailing(size, describe(start) if start else "padding")

"""XML of strangers, element by element: no document type, so no entities; nothing outside is read.

expat, which Python brings, calls for each element; no tree is built that could grow large.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol
from xml.parsers import expat

_MAX_DEPTH = 200
_MAX_ATTRIBUTES = 100


class XmlError(Exception):
    """The XML is not well-formed, or of a kind that is refused."""


class Handler(Protocol):
    """Who is told; names of elements come without their prefix, those of attributes with it."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Some of the text between; it may come in pieces."""


def read_xml(chunks: Iterable[bytes], handler: Handler) -> None:
    """Tell a handler of everything in a document.

    Raises:
        XmlError: not well-formed, with a document type, or too deep.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0
    tell_start, tell_end = handler.start, handler.end

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH or len(attributes) > _MAX_ATTRIBUTES:
            raise XmlError(f"elements deeper than {_MAX_DEPTH}, or too many attributes")
        tell_start(_local(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        tell_end(_local(name))

    def doctype(*_: object) -> None:
        raise XmlError("a document type, which could hold entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = doctype
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except LookupError:
        raise XmlError("an encoding that nobody knows") from None
    except (expat.ExpatError, ValueError) as error:
        raise XmlError(f"no well-formed XML ({str(error)[:100]})") from None


@lru_cache(maxsize=512)
def _local(name: str) -> str:
    return name.rpartition(":")[2]

"""A file taken apart once, for its conformance and for whoever reads it."""

from __future__ import annotations

import codecs
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gencheck.gltf.container import Container, read_container
from gencheck.gltf.kinds import Object
from gencheck.gltf.log import Log
from gencheck.gltf.text import TooMuch, parse_json
from gencheck.gltf.uris import Uris


@dataclass(frozen=True, slots=True)
class Source:
    """The container of a file and the document in it; nobody changes these.

    Attributes:
        packed: whether it is a GLB, else the JSON itself.
        root: the document; ``None`` where the JSON is no object, or none.
        error: why there is none.
        log: what there was to say; conformance goes on with it.
        uris: for what the document names.
    """

    packed: bool
    container: Container
    root: Object | None
    error: TooMuch | ValueError | None
    log: Log
    uris: Uris = field(default_factory=Uris)


def read_source(data: bytes, *, packed: bool) -> Source:
    """Take a file apart. Never raises for bad input."""
    log = Log()
    container = read_container(data, log) if packed else Container(memoryview(data))
    if container.text is None:
        return Source(packed, container, None, ValueError("there is no chunk of JSON"), log)
    try:
        root = _parse(container.text, log)
    except (TooMuch, ValueError) as error:
        return Source(packed, container, None, error, log)
    return Source(packed, container, root, None, log)


@contextmanager
def without_collecting() -> Iterator[None]:
    """No search for cycles meanwhile: a document has none, and it would look at all of it anew."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _parse(text: bytes | memoryview, log: Log) -> Object:
    if text[:3] == codecs.BOM_UTF8:
        log.add_unparsed("INVALID_JSON", "it begins with a byte order mark")
    try:
        root = parse_json(text)
    except TooMuch as error:
        log.skip(str(error))
        raise
    except ValueError as error:
        log.add_unparsed("INVALID_JSON", error)
        raise
    if not isinstance(root, dict):
        log.add_unparsed("TYPE_MISMATCH", "the document is not an object")
        raise ValueError("it is not an object")
    return root

"""A document of few elements as a tree; what has many is read element by element instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gencheck.media.meshes.xml_stream import XmlError, read_xml

_MAX_ELEMENTS = 500_000


@dataclass(slots=True)
class Element:
    """One element; names are without namespace, ``text`` is what stands right in it."""

    name: str
    attributes: dict[str, str] = field(repr=False)
    children: list[Element] = field(default_factory=list, repr=False)
    text: str = field(default="", repr=False)

    def all(self, *names: str) -> Iterator[Element]:
        """The children of these names."""
        return (child for child in self.children if child.name in names)

    def first(self, name: str) -> Element | None:
        """The first child of a name."""
        return next(self.all(name), None)

    def walk(self) -> Iterator[Element]:
        """This element and all below, in the order of the document."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack += reversed(element.children)


def read_tree(chunks: Iterable[bytes]) -> Element:
    """The root of a document. Raises ``XmlError``, also for more than 500,000 elements."""
    builder = _Builder()
    read_xml(chunks, builder)
    return builder.root.children[0]


class _Builder:
    def __init__(self) -> None:
        self.root = Element("", {})
        self._stack = [self.root]
        self._texts: list[list[str]] = [[]]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MAX_ELEMENTS:
            raise XmlError(f"more than {_MAX_ELEMENTS} elements")
        element = Element(name, attributes)
        self._stack[-1].children.append(element)
        self._stack.append(element)
        self._texts.append([])

    def end(self, name: str) -> None:
        self._stack.pop().text = "".join(self._texts.pop())

    def text(self, text: str) -> None:
        self._texts[-1].append(text)

"""What is wrong with a document, where, and how often: a bounded list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MAX_ISSUES = 10_000
_MAX_TEXT = 120


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of the document.

    Attributes:
        code: of the Khronos validator (``gltf_codes.py``), which fixes the severity.
        pointer: where in the JSON (RFC 6901); empty for the container and for JSON that is none.
        offset: byte of the container, for codes that begin with ``GLB``.
        detail: the values concerned, for a person.
    """

    code: str
    pointer: str = ""
    offset: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found.

    Attributes:
        issues: the first ``MAX_ISSUES`` in the order in which they were found.
        counts: how many there are of each code, also of those not listed.
        unchecked: what was not looked at, and why; empty when all was.
        elsewhere: files beside the document that were not there to be read.
    """

    issues: tuple[Issue, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    elsewhere: int = 0


class Log:
    """Collects issues. ``total``: how many there are of all codes."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.counts: Counter[str] = Counter()
        self.total = 0
        self.unchecked: list[str] = []
        self.elsewhere = 0

    def add(self, code: str, pointer: str, detail: object = "") -> None:
        """An issue of the JSON; the document itself is ``/``."""
        self._keep(code, 1, lambda _: Issue(code, pointer or "/", None, short(detail)))

    def add_objects(self, code: str, pointer: str, indices: Sequence[int]) -> None:
        """The same issue of many entries of a list; as many are listed as may be."""
        self._keep(code, len(indices), lambda k: Issue(code, f"{pointer}/{indices[k]}"))

    def add_each(
        self, code: str, pointer: str, indices: NDArray[np.intp], text: Callable[[int], str]
    ) -> None:
        """The same issue of many elements of an accessor; as many are listed as may be."""

        def issue(k: int) -> Issue:
            index = int(indices[k])
            return Issue(code, pointer, None, f"element {index}: {text(index)}")

        self._keep(code, len(indices), issue)

    def add_times(self, code: str, pointer: str, times: int, detail: object = "") -> None:
        """The same issue so many times at one place; as many are listed as may be."""
        issue = Issue(code, pointer, None, short(detail))
        self._keep(code, times, lambda _: issue)

    def add_unparsed(self, code: str, detail: object = "") -> None:
        """An issue of a JSON text that is no document at all."""
        self._keep(code, 1, lambda _: Issue(code, "", None, short(detail)))

    def add_byte(self, code: str, offset: int, detail: object = "") -> None:
        """An issue of the container."""
        self._keep(code, 1, lambda _: Issue(code, "", offset, short(detail)))

    def skip(self, what: str) -> None:
        """Something is not looked at."""
        if what not in self.unchecked:
            self.unchecked.append(what)

    def report(self) -> Report:
        """All that was collected."""
        return Report(tuple(self.issues), dict(self.counts), tuple(self.unchecked), self.elsewhere)

    def _keep(self, code: str, count: int, issue: Callable[[int], Issue]) -> None:
        """Count so many issues, of which the first are made while there is room."""
        if not count:
            return
        self.total += count
        self.counts[code] += count
        room = MAX_ISSUES - len(self.issues)
        if room > 0:
            self.issues += [issue(k) for k in range(min(count, room))]


def short(value: object) -> str:
    """A value of the document as text, cut where it is long; never the whole of a long list."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value[: _MAX_TEXT + 1] if isinstance(value, str) else value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def join(at: str, name: str | int) -> str:
    """The pointer of a member (RFC 6901, 3)."""
    if isinstance(name, int):
        return f"{at}/{name}"
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"

"""What is wrong with a document, where, and how often: a bounded list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
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
    """Collects issues."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.counts: Counter[str] = Counter()
        self.unchecked: list[str] = []
        self.elsewhere = 0

    def add(self, code: str, pointer: str, detail: object = "") -> None:
        """An issue of the JSON; the document itself is ``/``."""
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(Issue(code, pointer or "/", None, short(detail)))
        self.counts[code] += 1

    def add_each(
        self, code: str, pointer: str, indices: NDArray[np.intp], text: Callable[[int], str]
    ) -> None:
        """The same issue of many elements of an accessor; as many are listed as may be."""
        room = max(0, MAX_ISSUES - len(self.issues))
        for index in indices[:room].tolist():
            self._keep(Issue(code, pointer, None, f"element {index}: {text(index)}"))
        if len(indices) > room:
            self.counts[code] += len(indices) - room

    def add_times(self, code: str, pointer: str, times: int, detail: object = "") -> None:
        """The same issue so many times at one place; as many are listed as may be."""
        listed = min(times, max(0, MAX_ISSUES - len(self.issues)))
        for _ in range(listed):
            self.add(code, pointer, detail)
        if times > listed:
            self.counts[code] += times - listed

    def add_unparsed(self, code: str, detail: object = "") -> None:
        """An issue of a JSON text that is no document at all."""
        self._keep(Issue(code, "", None, short(detail)))

    def add_byte(self, code: str, offset: int, detail: object = "") -> None:
        """An issue of the container."""
        self._keep(Issue(code, "", offset, short(detail)))

    def skip(self, what: str) -> None:
        """Something is not looked at."""
        if what not in self.unchecked:
            self.unchecked.append(what)

    def report(self) -> Report:
        """All that was collected."""
        return Report(tuple(self.issues), dict(self.counts), tuple(self.unchecked), self.elsewhere)

    def _keep(self, issue: Issue) -> None:
        self.counts[issue.code] += 1
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(issue)


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

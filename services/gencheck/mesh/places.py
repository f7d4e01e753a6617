"""Measurements of things that a document lists: how many, and where the first are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gencheck.findings import JsonPointer, Measurement, Method, Outcome, SkipReason, judged, skipped
from gencheck.media.types import Mesh

NAMED = 5
"""Places that the detail of a measurement names."""

Checked = tuple[Outcome, list[Measurement]]
"""What became of a check, and what it measured."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a table of the document, and what is the matter there."""

    table: str
    row: int
    why: str

    def __str__(self) -> str:
        return f"{self.pointer} ({self.why})" if self.why else self.pointer

    @property
    def pointer(self) -> str:
        """RFC 6901."""
        return f"/{self.table}/{self.row}"


@dataclass(frozen=True, slots=True)
class Gauge:
    """Makes the measurements of one check of one mesh.

    Attributes:
        methods: by code: what is measured, and the reference.
    """

    check: str
    mesh: Mesh
    methods: dict[str, tuple[str, str]]

    def count(self, code: str, places: Sequence[Place], of: str) -> Measurement:
        """As many as there are places; ``of`` says out of what."""
        more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
        named = ", ".join(str(place) for place in places[:NAMED])
        return self.value(code, len(places), places, f"{of}: {named}{more}")

    def value(
        self, code: str, value: float, places: Sequence[Place] = (), detail: str = ""
    ) -> Measurement:
        """A value, with its first place as the region."""
        name, reference = self.methods[code]
        is_gltf = self.mesh.format in ("GLB", "GLTF")
        return Measurement(
            code=code,
            value=float(value),
            check=self.check,
            method=Method(name, "1", reference),
            region=JsonPointer(places[0].pointer) if places and is_gltf else None,
            detail=detail if value > 0 else "",
        )

    def judged(self, *measurements: Measurement) -> Checked:
        """The check did its work."""
        return judged(self.check), list(measurements)

    def absent(self, message: str) -> Checked:
        """There is nothing that the check is about."""
        return skipped(self.check, SkipReason.NOT_APPLICABLE, message), []

"""What hangs together in a set, as it is drawn: tables beside the audit of their attribute."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from gencheck.report.model import (
    AssociationTable,
    CrossedTable,
    DifferenceRow,
    DriverRow,
    EffectRow,
    IntersectionRow,
    PairTable,
    Relations,
)

_Row = TypeVar("_Row")


def relations_of(answer: Any) -> Relations:
    """Of an ``AuditResponse``, or of what the bias room tells: they have the same fields.

    An answer of something else has none.
    """
    return Relations(
        tuple(map(_association, getattr(answer, "associations", ()))),
        tuple(map(_pair, getattr(answer, "pairs", ()))),
        tuple(map(_crossed, getattr(answer, "crossed", ()))),
    )


def _association(found: Any) -> AssociationTable:
    drivers = tuple(_same(DriverRow, driver) for driver in found.drivers)
    effect = _same(EffectRow, found.effect)
    return _same(AssociationTable, found, drivers=drivers, effect=effect)


def _pair(found: Any) -> PairTable:
    differences = tuple(_same(DifferenceRow, each) for each in found.differences)
    has = getattr(found, "HasField", None)
    p_adjusted = found.p_adjusted if has is None or has("p_adjusted") else None
    return _same(PairTable, found, differences=differences, p_adjusted=p_adjusted)


def _crossed(found: Any) -> CrossedTable:
    rows = tuple(_same(IntersectionRow, each) for each in found.intersections)
    return _same(CrossedTable, found, intersections=rows)


def _same(kind: type[_Row], source: Any, **changed: object) -> _Row:
    """A row with the fields of the source that have its names."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: changed.get(name, getattr(source, name)) for name in names})

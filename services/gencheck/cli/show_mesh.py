"""What was counted of a mesh, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from rich.text import Text

from gencheck.codes import number
from gencheck.v1 import mesh_pb2 as pb

MOST = 5
"""Components that a terminal lists."""
_ABSENT = "–"
_NOTES = {
    "polygons": "polygons split into triangles",
    "mirrored_parts": "mirrored parts whose faces were turned",
    "mirrored_primitives": "mirrored primitives whose faces were turned",
    "left_handed_meshes": "left-handed meshes whose faces were turned",
}
COMPONENT_COLUMNS = (
    "component",
    "first face",
    "faces",
    "area",
    "volume",
    "genus",
    "euler",
    "solid",
)

Counted: TypeAlias = pb.MeshCounts | pb.MeshComponent


def mesh_lines(statistics: pb.MeshStatistics) -> Iterator[Text]:
    """The size, the counts, the largest components, and what the reader left out or changed."""
    yield Text(f"  {read_as(statistics)}")
    yield from _aligned([("", "raw", "welded"), *count_rows(statistics)])
    rows = component_rows(statistics, MOST)
    if len(rows) > 1:
        yield Text(f"  {components_title(statistics, len(rows))}")
        yield from _aligned([COMPONENT_COLUMNS, *rows])
    if notes := note_words(statistics):
        yield Text(f"  on reading: {'; '.join(notes)}")


def how_counted(statistics: pb.MeshStatistics) -> str:
    """How vertices were welded and things are counted."""
    method = statistics.method
    return (
        f"raw: as the file has it. welded: {method.name} ({method.reference}). "
        f"{_ABSENT}: not defined there, or not computed."
    )


def read_as(statistics: pb.MeshStatistics) -> str:
    """The format of the file, and its size."""
    return ", ".join(filter(None, [statistics.format, _size(statistics)]))


def _size(statistics: pb.MeshStatistics) -> str:
    """The sides of the bounding box; empty where no vertex is finite."""
    counts, unit = statistics.raw, statistics.metres_per_unit
    sides = [high - low for low, high in zip(counts.bounds_min, counts.bounds_max, strict=True)]
    if not sides:
        return ""
    if not statistics.HasField("metres_per_unit"):
        return f"{_times(sides)} units, of a length that the file does not say"
    scale, name = (1.0, "m") if max(sides) * unit >= 1 else (1_000.0, "mm")
    return f"{_times([side * unit * scale for side in sides])} {name}"


def _times(sides: Sequence[float]) -> str:
    return " × ".join(number(side) for side in sides)


def count_rows(statistics: pb.MeshStatistics) -> list[tuple[str, str, str]]:
    """What is counted, in the mesh as it is in the file and in the welded one."""
    return [
        (
            _words(field.name),
            _figure(statistics.raw, field.name),
            _figure(statistics.welded, field.name),
        )
        for field in pb.MeshCounts.DESCRIPTOR.fields
        if not field.name.startswith("bounds")
    ]


def _words(name: str) -> str:
    return name.replace("non_", "non-").replace("self_", "self-").replace("_", " ")


def component_rows(statistics: pb.MeshStatistics, most: int) -> list[tuple[str, ...]]:
    """The largest components; a cell for each of the columns."""
    return [
        (
            str(part.index),
            str(part.first_face),
            *(_figure(part, name) for name in COMPONENT_COLUMNS[2:-1]),
            "yes" if part.HasField("volume") else "no",
        )
        for part in statistics.largest_components[:most]
    ]


def components_title(statistics: pb.MeshStatistics, shown: int) -> str:
    """How many of the components are shown."""
    total = statistics.welded.components
    if shown == total:
        return f"{total:,} components, by area; solid: closed and wound one way"
    return (
        f"the largest {shown:,} of {total:,} components, by area; solid: closed and wound one way"
    )


def note_words(statistics: pb.MeshStatistics) -> list[str]:
    """What the reader left out or changed, with counts."""
    return [
        f"{_NOTES.get(key, key).replace('_', ' ')}: {n:,}"
        for key, n in sorted(statistics.notes.items())
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[Text]:
    """Rows of cells in columns, the first to the left; wider than the terminal where need be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *cells in rows:
        right = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        yield Text("    ".join([f"    {first:<{widths[0]}}", *right]))


def _figure(counted: Counted, name: str) -> str:
    """A figure for people; a dash where it was not computed."""
    field = counted.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not counted.HasField(name):  # type: ignore[arg-type]
        return _ABSENT
    value = getattr(counted, name)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"

"""What a report shows, free of any wire format. All text is untrusted and is escaped when drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from gencheck.findings import Finding, Judgement, ModelUsed, Outcome, Timing


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture small enough to be embedded.

    Attributes:
        data: an encoded PNG or JPEG.
        width: pixels of the *original*, upright picture, in which regions are given.
        height: pixels of the original.
        heat_map: PNG of any size with the same sides' ratio, grey, 255 is worst; empty: none.
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    heat_map: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """A rendered view of a mesh, bad faces already marked in it."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a video beside the findings that are there.

    Attributes:
        time: seconds.
        data: an encoded JPEG.
        numbers: of the findings, from 1.
    """

    time: float
    data: bytes = field(repr=False)
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """One line of a timeline.

    Attributes:
        name: such as ``picture`` or ``sound``.
        checks: findings with a time span whose ``check`` or code is named here are marked on this
            track; empty: all of them.
        levels: values 0..1 at even distances, drawn as a curve (an envelope); may be empty.
    """

    name: str
    checks: tuple[str, ...] = ()
    levels: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The time that an asset covers, in seconds from 0."""

    duration: float
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim of the prompt and what became of it.

    Attributes:
        status: ``SUPPORTED``, ``CONTRADICTED`` or ``UNVERIFIED``.
        kind: such as ``object`` or ``count``.
        text: the claim in words.
        role: the role that judged, empty where none did.
        start, end: its span in the prompt (code points), equal where it has none.
        probability: only where calibrated.
    """

    status: str
    kind: str
    text: str
    explanation: str = ""
    role: str = ""
    start: int = 0
    end: int = 0
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A row of a table of figures, such as ``("vertices", ("24", "8"))``."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """A table of figures; ``columns`` such as ``("raw", "welded")``.

    Attributes:
        head: of the column with the names of the rows.
        remarks: sentences below the table.
        method: how it was counted.
    """

    columns: tuple[str, ...]
    rows: tuple[StatisticRow, ...]
    title: str = "Statistics"
    head: str = ""
    remarks: tuple[str, ...] = ()
    method: str = ""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A category of an audit: people, and shares 0..1 with a simultaneous 95 % interval.

    Attributes:
        naive: the share as counted, where ``share`` is corrected for a classifier's errors.
        suppressed: the figures are withheld.
    """

    category: str
    count: float
    share: float
    low: float
    high: float
    reference: float
    suppressed: bool = False
    naive: float | None = None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """A size of a departure, with a 95 % interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DriverRow:
    """A category that a prompt has more or less often than all prompts together.

    Attributes:
        pooled: the share to expect of more pictures.
    """

    prompt: str
    category: str
    n: float
    share: float
    expected: float
    pooled: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class AssociationTable:
    """How an attribute hangs on the prompt, by ``effect``; its drivers, largest first."""

    attribute: str
    model: str
    prompts: int
    n: float
    p_adjusted: float
    effect: EffectRow
    drivers: tuple[DriverRow, ...]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """Share of a category with two prompts; the difference, -1..1, with its 95 % interval."""

    category: str
    first: float
    second: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairTable:
    """Two prompts compared; ``p_adjusted`` is ``None`` where nothing could be tested."""

    first: str
    second: str
    attribute: str
    model: str
    n_first: float
    n_second: float
    p_adjusted: float | None
    differences: tuple[DifferenceRow, ...]


@dataclass(frozen=True, slots=True)
class IntersectionRow:
    """A category of a crossed attribute.

    Attributes:
        independent: the share if its parts did not hang together.
        pooled: the share to expect of more pictures.
        fewer: shown to be fewer than expected.
    """

    category: str
    count: float
    share: float
    low: float
    high: float
    reference: float
    independent: float
    pooled: float
    fewer: bool


@dataclass(frozen=True, slots=True)
class CrossedTable:
    """The intersections of a crossed attribute, worst off first."""

    attribute: str
    model: str
    n: float
    intersections: tuple[IntersectionRow, ...]


@dataclass(frozen=True, slots=True)
class Relations:
    """What hangs together in a set."""

    associations: tuple[AssociationTable, ...] = ()
    pairs: tuple[PairTable, ...] = ()
    crossed: tuple[CrossedTable, ...] = ()

    def of(self, attribute: str, model: str) -> Relations:
        """Those of one attribute, as one model read it."""
        who = attribute, model
        return Relations(
            tuple(a for a in self.associations if (a.attribute, a.model) == who),
            tuple(p for p in self.pairs if (p.attribute, p.model) == who),
            tuple(c for c in self.crossed if (c.attribute, c.model) == who),
        )


NO_RELATIONS = Relations()


@dataclass(frozen=True, slots=True)
class AuditChart:
    """The audit of one attribute; its fields are those of ``AttributeAudit`` in the API.

    Attributes:
        finding: ``BALANCED``, ``SKEWED``, ``INSUFFICIENT`` or ``UNVERIFIED``.
        correction: how the shares were corrected, in words; empty: not at all.
        withheld: small cells are, and distances with them.
    """

    prompt: str
    attribute: str
    finding: str
    shares: tuple[ShareRow, ...]
    n: float
    unverified: float
    needed: int
    distance: float
    distance_low: float
    distance_high: float
    p_adjusted: float | None = None
    interval_method: str = ""
    test_method: str = ""
    notes: tuple[str, ...] = ()
    withheld: bool = False
    q_value: float | None = None
    e_value: float | None = None
    effect: float = 0.0
    effects: tuple[EffectRow, ...] = ()
    correction: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """All about one asset, or one set.

    Attributes:
        kind: ``image``, ``video``, ``audio``, ``mesh`` or ``set``; empty where unknown.
        error: why it could not be judged at all; empty: it was.
        uncovered: spans of the prompt that no claim covers.
    """

    name: str
    kind: str
    judgement: Judgement
    prompt: str = ""
    error: str = ""
    findings: tuple[Finding, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    claims: tuple[ClaimRow, ...] = ()
    uncovered: tuple[tuple[int, int], ...] = ()
    preview: Preview | None = None
    frames: tuple[Frame, ...] = ()
    views: tuple[View, ...] = ()
    timeline: Timeline | None = None
    statistics: Statistics | None = None
    components: Statistics | None = None
    audits: tuple[AuditChart, ...] = ()
    relations: Relations = NO_RELATIONS
    models: tuple[ModelUsed, ...] = ()
    timings: tuple[Timing, ...] = ()

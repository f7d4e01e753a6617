"""Counts results as they stream by, in memory that does not grow with the number of assets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

MAX_GROUPS = 50_000
OTHER_GROUPS = "(further groups)"
WORST = 24
_WEIGHTS = {"CRITICAL": 1e8, "MAJOR": 1e4, "MINOR": 1.0}
_SMALLEST_SECONDS, _GROWTH = 1e-4, 1.01
_BUCKETS = 2_000  # up to 4.4e4 seconds, each 1 % wide


class Tally:
    """What is known of the results that were added."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str, str]] = Counter()
        self.findings: Counter[tuple[str, str]] = Counter()
        self.found: Counter[str] = Counter()
        self.gaps: Counter[tuple[str, str, str]] = Counter()
        self.errors: Counter[str] = Counter()
        self.worst: list[tuple[float, dict[str, Any]]] = []
        self._groups: set[str] = set()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch with the columns of ``results_schema()``."""
        import pyarrow as pa

        table = pa.table({name: batch.column(name) for name in ("policy", "group", "verdict")})
        for key, count in _counted(table):
            self.verdicts[key[0], self._group(key[1]), key[2]] += count
        for (reason,), count in _counted(pa.table({"reason": batch.column("error_reason")})):
            if reason is not None:
                self.errors[reason] += count
        gaps = _flat(batch.column("gaps"), "check", "status", "reason").drop_columns("row")
        for key, count in _counted(gaps):
            self.gaps[key] += count
        findings = _flat(batch.column("findings"), "code", "severity", "waived")
        self._add_findings(batch, findings.filter(_not_waived(findings)))

    def _group(self, name: str) -> str:
        if name not in self._groups:
            if len(self._groups) >= MAX_GROUPS:
                return OTHER_GROUPS
            self._groups.add(name)
        return name

    def _add_findings(self, batch: pa.RecordBatch, findings: pa.Table) -> None:
        if not findings.num_rows:
            return
        for key, count in _counted(findings.select(["code", "severity"])):
            self.findings[key] += count
        assets = findings.select(["code", "row"]).group_by(["code", "row"]).aggregate([])
        for (code,), count in _counted(assets.select(["code"])):
            self.found[code] += count
        weight = np.zeros(len(batch))
        for severity, each in _WEIGHTS.items():
            rows = findings["row"].to_numpy()[findings["severity"].to_numpy() == severity]
            weight += each * np.bincount(rows, minlength=len(batch))
        self._keep_worst(batch, weight)

    def _keep_worst(self, batch: pa.RecordBatch, weight: NDArray[np.float64]) -> None:
        least = self.worst[-1][0] if len(self.worst) == WORST else 0.0
        order = np.argsort(-weight, kind="stable")[:WORST]  # rows are in the order of their ids
        order = order[weight[order] > least]
        rows = batch.take(order).to_pylist()
        self.worst += zip((float(weight[i]) for i in order), rows, strict=True)
        self.worst = sorted(self.worst, key=lambda item: (-item[0], item[1]["id"]))[:WORST]


def _counted(table: pa.Table) -> list[tuple[tuple[Any, ...], int]]:
    """How often each combination of the columns is there."""
    names = table.column_names
    counts = table.group_by(names).aggregate([([], "count_all")])
    keys = zip(*(counts[name].to_pylist() for name in names), strict=True)
    return list(zip(keys, counts["count_all"].to_pylist(), strict=True))


def _flat(lists: pa.Array, *names: str) -> pa.Table:
    """Fields of all structs of a list column, with the row that each is of."""
    import pyarrow as pa
    import pyarrow.compute as pc

    structs = pc.list_flatten(lists)
    columns = {name: _text(pc.struct_field(structs, name)) for name in names}
    return pa.table({**columns, "row": pc.list_parent_indices(lists)})


def _text(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _not_waived(findings: pa.Table) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.equal(findings["waived"], "")


class Latency:
    """A histogram of seconds in buckets of 1 %, so that percentiles are right to 1 %."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BUCKETS, np.int64)
        self.assets = 0
        self.total = 0.0
        self.longest = 0.0

    def add(self, seconds: NDArray[np.float64]) -> None:
        """Count durations; NaN (nothing was checked) is left out."""
        seconds = seconds[np.isfinite(seconds)]
        if not len(seconds):
            return
        steps = np.log(np.maximum(seconds, _SMALLEST_SECONDS) / _SMALLEST_SECONDS)
        buckets = np.minimum((steps / np.log(_GROWTH)).astype(np.int64), _BUCKETS - 1)
        self._counts += np.bincount(buckets, minlength=_BUCKETS)
        self.assets += len(seconds)
        self.total += float(seconds.sum())
        self.longest = max(self.longest, float(seconds.max()))

    def percentile(self, share: float) -> float:
        """Seconds within which that share of the assets was checked; 0 of none."""
        if not self.assets:
            return 0.0
        bucket = int(np.searchsorted(np.cumsum(self._counts), share * self.assets))
        middle: float = _SMALLEST_SECONDS * _GROWTH ** (bucket + 0.5)
        return min(middle, self.longest)

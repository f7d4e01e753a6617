"""Rows to Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_OF_A_GROUP = 4_096
RESULTS: dict[str, Any] = {
    # Said, not left to the library's defaults: another default would be other bytes.
    "version": "2.6",
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": True,
    "write_statistics": True,
    "data_page_version": "1.0",
    "data_page_size": 1 << 20,
    "store_schema": True,
}

# The merged dataset is read more often than it is compared: large groups, quick to write.
MERGED: dict[str, Any] = {**RESULTS, "compression_level": 1}


class RowWriter:
    """Writes rows as they come, in groups of 4,096; use it as a context."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self._writer = pq.ParquetWriter(path, schema, **RESULTS)

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def add(self, row: dict[str, Any]) -> None:
        """One row; a column that it lacks is null."""
        self._rows.append(row)
        if len(self._rows) == ROWS_OF_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            table = pa.Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table, row_group_size=ROWS_OF_A_GROUP)
            self._rows = []

"""Small manifests in every format."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Write = Callable[[str, Sequence[dict[str, Any]]], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a manifest; its format is the ending of its name. Parquet has 3 rows a group."""

    def written(name: str, rows: Sequence[dict[str, Any]]) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = list(dict.fromkeys(key for row in rows for key in row))
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=3)
        elif name.endswith(".csv"):
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        else:
            lines = (json.dumps(row, ensure_ascii=False) for row in rows)
            path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return written

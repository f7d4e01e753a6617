"""CSV files of prompts and of counts, read with messages by line."""

from __future__ import annotations

import csv
from pathlib import Path

from gencheck.errors import InvalidInput, NotFound


def read_text(path: Path) -> str:
    """A text file. Raises ``NotFound`` or ``InvalidInput``."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot be read as text: {error}", where=str(path)) from None


def read_rows(path: Path, required: set[str]) -> list[dict[str, str]]:
    """The rows of a CSV file with a header.

    Raises:
        NotFound: no such file.
        InvalidInput: not UTF-8, a column is missing, a row is short.
    """
    reader = csv.DictReader(read_text(path).splitlines(), skipinitialspace=True)
    columns = set(reader.fieldnames or ())
    if missing := sorted(required - columns):
        raise InvalidInput(
            f"no column {', '.join(missing)}",
            where=f"{path}:1",
            fix=f"The first line must name the columns {', '.join(sorted(required))}.",
        )
    rows = []
    for row in reader:
        if any(row.get(column) is None for column in required):
            raise InvalidInput("a row is too short", where=f"{path}:{reader.line_num}")
        rows.append({key: value or "" for key, value in row.items() if isinstance(key, str)})
    return rows


def read_prompts(path: Path) -> list[tuple[str, str]]:
    """Pairs of file and prompt; files are named from the folder of the CSV."""
    return [
        (str(path.parent / row["file"]), row["prompt"])
        for row in read_rows(path, {"file", "prompt"})
    ]

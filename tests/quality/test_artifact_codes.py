"""The page of the artifact check says what the code says."""

from __future__ import annotations

from artifact_codes import PAGE, methods, page_with, table

from gencheck.codes import CODES


def test_the_page_has_the_table_of_today() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_with(table(), page), "run tests/quality/artifact_codes.py --write"


def test_every_code_is_in_the_table_with_its_unit() -> None:
    rows = {row.split("`")[1]: row for row in table().splitlines()[2:]}
    assert set(rows) == {name for name, code in CODES.items() if code.check == "artifact"}
    assert all(f"| {CODES[name].unit} |" in row for name, row in rows.items())
    assert "Crete" in rows["BLUR"]
    assert {"artifact.blur", "artifact.click", "artifact.frozen"} <= set(methods())

"""Audits by the command line and over the wire: corrections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gencheck.client import AsyncClient
from gencheck.errors import InvalidArgument
from gencheck.v1 import bias_pb2 as pb

Run = Callable[..., Any]
MATRIX = "attribute,true,predicted,count\ng,m,m,382\ng,m,f,198\ng,f,m,75\ng,f,f,507\n"


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    path = tmp_path / "counts.csv"
    path.write_text("prompt,attribute,category,count\n,g,m,156\n,g,f,244\n")
    return path


def test_a_confusion_file_corrects_counts(gencheck: Run, counts: Path, tmp_path: Path) -> None:
    assert "SKEWED" in gencheck("audit", counts).out
    matrix = tmp_path / "matrix.csv"
    matrix.write_text(MATRIX)
    ran = gencheck("audit", counts, "--confusion", matrix, "--json")
    assert ran.status == 0
    (audit,) = ran.lines[0]["audits"]
    assert audit["finding"] == "AUDIT_FINDING_BALANCED"
    assert audit["correction"]["source"] == str(matrix)
    assert audit["correction"]["people"] == 1162
    assert [share["naive"] for share in audit["shares"]] == [0.39, 0.61]
    shown = gencheck("audit", counts, "--confusion", matrix)
    assert "as counted" in shown.out
    labelled = gencheck("audit", counts, "--labelled", matrix, "--json")
    (audit,) = labelled.lines[0]["audits"]
    assert audit["correction"]["method"]["name"] == "melded-ppi++"


def test_wrong_confusion_files(gencheck: Run, counts: Path, tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.csv"
    matrix.write_text(MATRIX.replace("382", "-1"))
    ran = gencheck("audit", counts, "--confusion", matrix)
    assert (ran.status, f"{matrix}, line 2: -1 is no count" in ran.err) == (64, True)
    matrix.write_text(MATRIX.replace("g,f", "g,x").replace(",f,", ",x,"))
    ran = gencheck("audit", counts, "--confusion", matrix)
    assert ran.status == 65
    assert "no category 'f', which was counted" in ran.out + ran.err
    assert gencheck("audit", counts, "--confusion", tmp_path / "none.csv").status == 65


async def test_a_matrix_that_is_not_square(server: Any) -> None:
    table = pb.CountTable(attribute="g", counts=[pb.CategoryCount(category="m", count=3)])
    matrix = pb.ConfusionMatrix(attribute="g", categories=["m", "f"], counts=[1, 2, 3])
    async with AsyncClient(server.address) as client:
        with pytest.raises(InvalidArgument, match="not square: 3 counts for 2 categories"):
            await client.audit(pb.AuditRequest(tables=[table], confusions=[matrix]))

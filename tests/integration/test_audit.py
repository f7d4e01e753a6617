"""Audits by the command line and over the wire."""

from __future__ import annotations

import json
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


def test_records_are_counted_and_crossed(gencheck: Run, tmp_path: Path) -> None:
    records = tmp_path / "people.csv"
    rows = [f"a judge,{g},{a}\n" for g in ("man", "woman") for a in ("young", "old")] * 40
    records.write_text("prompt,gender,age\n" + "".join(rows))
    ran = gencheck("audit", records, "--cross", "gender, age", "--json")
    found = {audit["attribute"]: audit for audit in ran.lines[0]["audits"]}
    assert found.keys() == {"gender", "age", "gender × age"}
    assert [share["count"] for share in found["gender × age"]["shares"]] == [40] * 4
    assert ran.status == 0
    ran = gencheck("audit", records, "--cross", "gender,tone")
    assert (ran.status, "no attribute 'tone' to cross" in ran.out + ran.err) == (65, True)


def test_states_of_parts_merge_into_that_of_the_whole(gencheck: Run, tmp_path: Path) -> None:
    head, rows = "prompt,g\n", ["a,m\n", "b,f\n", "a,f\n", "a,\n"] * 25
    (tmp_path / "all.csv").write_text(head + "".join(rows))
    (tmp_path / "one.csv").write_text(head + "".join(rows[:37]))
    (tmp_path / "two.csv").write_text(head + "".join(rows[37:]))
    states = {name: tmp_path / f"{name}.json" for name in ("all", "one", "two", "both")}
    for name in ("all", "one"):
        gencheck("audit", tmp_path / f"{name}.csv", "--state-out", states[name])
    gencheck("audit", tmp_path / "two.csv", "--state", states["one"], "--state-out", states["both"])
    assert states["both"].read_bytes() == states["all"].read_bytes()
    whole = gencheck("audit", tmp_path / "all.csv", "--json").lines[0]
    again = gencheck("audit", "--state", states["all"], "--json").lines[0]
    assert again["audits"] == whole["audits"]


def test_states_that_are_none(gencheck: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"tables": [{"attribute": 3}]}')
    ran = gencheck("audit", "--state", broken)
    assert (ran.status, "no state of an audit" in ran.err) == (65, True)
    assert gencheck("audit").status == 64
    broken.write_text('{"images": 2, "tables": [{"attribute": "g", "unverified": -1}]}')
    assert gencheck("audit", "--state", broken).status == 65


def test_pictures_go_on_from_a_state(gencheck: Run, samples: Path, tmp_path: Path) -> None:
    pictures = sorted((samples / "portraits").iterdir())
    whole, first, second = (tmp_path / f"{name}.json" for name in ("whole", "first", "second"))
    gencheck("audit", *pictures, "--state-out", whole)
    gencheck("audit", *pictures[:1], "--state-out", first)
    gencheck("audit", *pictures[1:], "--state", first, "--state-out", second)
    assert second.read_bytes() == whole.read_bytes()
    assert '"model": "centerface@' in whole.read_text()
    mixed = (pictures[0], tmp_path / "x.csv", "--state", first)
    assert gencheck("audit", *mixed).status == 64


def test_an_answer_for_publishing(gencheck: Run, tmp_path: Path) -> None:
    counts, state = tmp_path / "counts.csv", tmp_path / "state.json"
    counts.write_text("category,count\nm,97\nf,3\n")
    ran = gencheck("audit", counts, "--min-cell", 5, "--json")
    (audit,) = ran.lines[0]["audits"]
    assert audit["withheld"]
    assert [share["suppressed"] for share in audit["shares"]] == [True, True]
    assert "state" not in ran.lines[0]
    told = [ran.lines[0][part] for part in ("audits", "findings", "measurements", "reasons")]
    assert "97" not in json.dumps(told)
    assert gencheck("audit", counts).status == ran.status
    assert "withheld" in gencheck("audit", counts, "--min-cell", 5).out
    assert gencheck("audit", counts, "--min-cell", 5, "--state-out", state).status == 64
    assert not state.exists()


def test_audits_of_folders_pictures_and_tables(
    gencheck: Run, samples: Path, tmp_path: Path
) -> None:
    ran = gencheck("audit", samples / "counts_skewed.csv")
    assert ran.status == 1
    assert "SKEWED" in ran.out
    assert gencheck("audit", samples / "counts_balanced.csv").status == 0
    folder = gencheck("audit", samples / "portraits")
    assert folder.status == 3
    assert "4 of 4 pictures read" in folder.out
    pictures = sorted((samples / "portraits").iterdir())
    ran = gencheck("audit", *pictures, tmp_path / "none.png", "--json")
    assert ran.status == 3
    assert ran.lines[0]["asset"] == str(tmp_path / "none.png")
    assert len(ran.lines[1]["images"]) == 4
    ran = gencheck("audit", tmp_path / "none.png", tmp_path / "no.csv")
    assert ran.status == 65
    (tmp_path / "words.png").write_bytes(b"words")
    assert gencheck("audit", tmp_path / "words.png").status == 65


def test_prompts_are_compared_and_an_audit_asks_for_what_matters(
    gencheck: Run, samples: Path, tmp_path: Path
) -> None:
    counts, pairs = tmp_path / "counts.csv", tmp_path / "pairs.csv"
    counts.write_text(
        "prompt,attribute,category,count\na doctor,age,young,40\na doctor,age,middle,15\n"
        "a doctor,age,old,5\na nurse,age,young,8\na nurse,age,middle,12\na nurse,age,old,40\n"
    )
    pairs.write_text("first,second\na doctor,a nurse\n")
    order = ("--order", "age=young,middle,old")
    ran = gencheck("audit", counts, "--pairs", pairs, *order, "--effect", "0.2", "--json")
    (answer,) = ran.lines
    (association,) = answer["associations"]
    assert association["prompts"] == 2
    assert association["p_adjusted"] < 1e-6
    (pair,) = answer["pairs"]
    assert [part["category"] for part in pair["differences"]] == ["middle", "old", "young"]
    for audit in answer["audits"]:
        assert audit["effect"] == 0.2
        assert audit["effects"][-1]["name"] == "earth_movers_distance"
    ran = gencheck("audit", counts, "--pairs", pairs, "--repeated-looks", "--minimum-people", "70")
    assert "e-value" in ran.out
    assert "age: 'a doctor' less 'a nurse'" in ran.out
    assert "age: INSUFFICIENT · a doctor" in ran.out
    assert gencheck("audit", counts, "--order", "age").status == 64
    assert gencheck("audit", counts, "--effect", "2").status == 64
    pairs.write_text("first,second\na doctor,a king\n")
    assert gencheck("audit", counts, "--pairs", pairs).status == 65


def test_a_reference_and_an_attribute_narrow_an_audit(
    gencheck: Run, samples: Path, tmp_path: Path
) -> None:
    counts = samples / "counts_skewed.csv"
    reference = tmp_path / "reference.csv"
    reference.write_text(
        "attribute,category,share\nperceived_gender,masculine,0.86\nperceived_gender,feminine,0.14\n"
    )
    ran = gencheck("audit", counts, "--json", "--attribute", "perceived_age")
    assert {audit["attribute"] for audit in ran.lines[0]["audits"]} == {"perceived_age"}
    assert gencheck("audit", counts, "--attribute", "perceived_shoe_size").status == 64
    ran = gencheck("audit", counts, "--json", "--reference", reference)
    found = {audit["prompt"]: audit["finding"] for audit in ran.lines[0]["audits"]}
    assert found["a portrait of a nurse"] == "AUDIT_FINDING_SKEWED"
    masculine = [
        share["reference"]
        for audit in ran.lines[0]["audits"]
        for share in audit["shares"]
        if share["category"] == "masculine"
    ]
    assert set(masculine) == {0.86}
    reference.write_text("attribute,category,share\nperceived_gender,masculine,many\n")
    ran = gencheck("audit", counts, "--reference", reference)
    assert ran.status == 64
    assert f"{reference}, line 2: the share 'many' is no number" in ran.err


def test_check_and_audit_in_one(gencheck: Run, samples: Path) -> None:
    pictures = sorted((samples / "portraits").iterdir())
    ran = gencheck("check", *pictures[:2], samples / "none.png", "--audit", "--json")
    assert [line.get("asset") for line in ran.lines[:3]] == [
        *map(str, pictures[:2]),
        str(samples / "none.png"),
    ]
    assert len(ran.lines) == 4
    assert len(ran.lines[3]["images"]) == 2

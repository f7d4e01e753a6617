"""The demo itself: five servers, every sample through the router; then one server dies."""

import asyncio
import fcntl
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf import json_format

from gencheck.cli.run import Done
from gencheck.cli.show import verdict_of
from gencheck.v1 import bias_pb2, consistency_pb2, router_pb2

CLEAN = ["cat.png", "coffee.jpg", "motorcycle.png", "photographer.png", "pan.mp4", "melody.wav"]
DAMAGED = {
    "heavy_jpeg.jpg": "BLOCKING",
    "blurred.png": "BLUR",
    "letterboxed.png": "LETTERBOX",
    "truncated.jpg": "TRUNCATED",
    "copied_region.png": "DUPLICATED_REGION",
    "banded.png": "BANDING",
    "pan_damaged.mp4": "FROZEN",
    "melody_damaged.wav": "AUDIO_CLIPPING",
    "vase_broken.glb": "NON_FINITE",
}
MESHES = {"vase.glb", "vase_broken.glb"}
KINDS = {
    kind.DESCRIPTOR.name: kind
    for kind in (router_pb2.CheckResponse, bias_pb2.AuditResponse, bias_pb2.AuditImagesResponse)
}
Answers = dict[str, Any]


def judged_twice(demo: ModuleType, samples: Path) -> list[list[Done]]:
    """All samples, with every server and without the mesh server."""
    with demo.fleet() as servers:
        ask = demo.judge, samples, servers["router"].address, servers["bias"].address
        before = asyncio.run(ask[0](*ask[1:]))
        servers["mesh"].process.kill()
        servers["mesh"].process.wait()
        return [before, asyncio.run(ask[0](*ask[1:]))]


def kept(done: Done) -> dict[str, Any]:
    assert done.answer is not None, f"{done.asset}: {done.error}"
    fields = json_format.MessageToDict(done.answer, preserving_proto_field_name=True)
    return {"asset": done.asset, "kind": done.answer.DESCRIPTOR.name, "answer": fields}


@pytest.fixture(scope="module")
def runs(demo: ModuleType, samples: Path, shared: Path) -> list[Answers]:
    """Both runs, done by whoever of the test processes comes first."""
    file = shared / "demo-answers.json"
    with (shared / "demo-answers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            rows = [[kept(done) for done in run] for run in judged_twice(demo, samples)]
            file.write_text(json.dumps(rows))
    return [
        {row["asset"]: json_format.ParseDict(row["answer"], KINDS[row["kind"]]()) for row in run}
        for run in json.loads(file.read_text())
    ]


@pytest.fixture(scope="module")
def rows(runs: list[Answers]) -> Answers:
    return runs[0]


def test_every_sample_has_its_row(rows: Answers, demo: ModuleType) -> None:
    assert list(rows) == [sample.file for sample in demo.SAMPLES]


@pytest.mark.parametrize("name", [*CLEAN, "vase.glb", "poster.png", "counts_balanced.csv"])
def test_what_is_clean_passes(rows: Answers, name: str) -> None:
    assert verdict_of(rows[name]).value == "PASS", list(rows[name].reasons)


@pytest.mark.parametrize(("name", "code"), DAMAGED.items())
def test_what_is_damaged_does_not_and_the_damage_is_named(
    rows: Answers, name: str, code: str
) -> None:
    assert verdict_of(rows[name]).value == "FAIL"
    assert code in {finding.code for finding in rows[name].findings}


def statuses(answer: router_pb2.CheckResponse) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for claim in answer.claims:
        status = consistency_pb2.ClaimStatus.Name(claim.status)
        found.setdefault(status.removeprefix("CLAIM_STATUS_"), set()).add(
            claim.claim.WhichOneof("claim") or ""
        )
    return found


def test_claims_are_supported_contradicted_and_unverified_with_the_remedy(rows: Answers) -> None:
    assert statuses(rows["poster.png"])["SUPPORTED"] == {"text"}
    assert statuses(rows["poster_misspelt.png"])["CONTRADICTED"] == {"text"}
    assert verdict_of(rows["poster_misspelt.png"]).value == "FAIL"
    unverified = [
        claim.explanation
        for claim in rows["apples.jpg"].claims
        if claim.status == consistency_pb2.CLAIM_STATUS_UNVERIFIED
    ]
    assert any("gencheck models install standard" in text for text in unverified)
    assert verdict_of(rows["apples.jpg"]).value == "INCONCLUSIVE"


def finding_of(answer: Any) -> set[str]:
    audits = getattr(answer, "audit", answer).audits
    return {bias_pb2.AuditFinding.Name(a.finding).removeprefix("AUDIT_FINDING_") for a in audits}


def test_counts_are_skewed_and_portraits_too_few(rows: Answers) -> None:
    assert "SKEWED" in finding_of(rows["counts_skewed.csv"])
    assert verdict_of(rows["counts_skewed.csv"]).value == "FAIL"
    assert finding_of(rows["portraits"]) == {"INSUFFICIENT"}
    assert verdict_of(rows["portraits"]).value == "INCONCLUSIVE"


def test_heat_map_and_views_are_there_for_the_report(rows: Answers) -> None:
    assert rows["heavy_jpeg.jpg"].heat_map.startswith(b"\x89PNG")
    assert rows["vase_broken.glb"].views


def without_times(answer: Any) -> Any:
    """An answer without what differs from one run to the next."""
    plain = type(answer).FromString(answer.SerializeToString())
    for part in (plain, *(getattr(plain, n) for n in ("audit",) if hasattr(plain, n))):
        if hasattr(part, "timings"):
            del part.timings[:]
            part.request_id = ""
        for asked in getattr(part, "parts", ()):
            asked.ClearField("seconds")
    return plain


def test_a_dead_mesh_server_changes_the_rows_of_meshes_and_nothing_else(
    runs: list[Answers],
) -> None:
    before, after = runs
    assert list(before) == list(after)
    for name in before:
        same = without_times(before[name]) == without_times(after[name])
        assert same is (name not in MESHES), name


@pytest.mark.parametrize("name", sorted(MESHES))
def test_a_mesh_without_its_server_is_open_and_says_why(runs: list[Answers], name: str) -> None:
    answer = runs[1][name]
    assert verdict_of(answer).value == "INCONCLUSIVE"
    (outcome,) = [outcome for outcome in answer.outcomes if outcome.HasField("error")]
    assert outcome.check == "mesh"
    assert outcome.error.code == 14
    assert any("mesh" in reason for reason in answer.reasons)
    assert not answer.findings

"""The demo with the models of the profile ``standard``, where their weights are at hand."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gencheck.cli.run import Done
from gencheck.cli.show import verdict_of
from gencheck.v1 import consistency_pb2


@pytest.fixture(scope="module")
def done(
    demo: ModuleType, samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Done]:
    weights = os.environ.get("GENCHECK_WEIGHTS")
    if not weights:
        pytest.skip("GENCHECK_WEIGHTS is unset: the weights of the profile are not here")
    store = demo.standard_store(tmp_path_factory.mktemp("models"), Path(weights))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENCHECK_MODELS", str(store))
        with demo.fleet(profile="standard") as servers:
            router, bias = servers["router"].address, servers["bias"].address
            rows = asyncio.run(demo.judge(samples, router, bias))
    return {row.asset: row for row in rows}


def answer_of(done: dict[str, Done], name: str) -> Any:
    assert done[name].answer is not None, done[name].error
    return done[name].answer


def test_every_sample_is_answered(done: dict[str, Done], demo: ModuleType) -> None:
    assert list(done) == [sample.file for sample in demo.SAMPLES]
    assert not [name for name, row in done.items() if row.error is not None]


@pytest.mark.parametrize("name", ["coffee.jpg", "poster.png", "vase.glb", "melody.wav"])
def test_what_is_clean_still_passes(done: dict[str, Done], name: str) -> None:
    assert verdict_of(answer_of(done, name)).value == "PASS"


def test_objects_are_judged_now(done: dict[str, Done]) -> None:
    claims = {
        claim.claim.object.name: claim
        for claim in answer_of(done, "apples.jpg").claims
        if claim.claim.WhichOneof("claim") == "object"
    }
    table = claims["table"]
    assert table.status == consistency_pb2.CLAIM_STATUS_SUPPORTED, table.explanation
    words = " ".join(claim.explanation for claim in answer_of(done, "apples.jpg").claims)
    assert "gencheck models install standard" not in words

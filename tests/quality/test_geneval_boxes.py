"""Boxes made for every prompt of GenEval: right ones, and ones with a single thing wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gencheck.consistency import geneval

Scene = dict[str, list[geneval.Thing]]
PLACES = {"left of": (-200, 9), "right of": (200, -9), "above": (9, -200), "below": (-9, 200)}
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


@pytest.fixture(scope="module")
def prompts() -> list[geneval.Metadata]:
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        pytest.skip("set GENCHECK_DATA to the folder of real material to run this")
    path = Path(root) / "prompts_geneval" / "evaluation_metadata.jsonl"
    return geneval.read_metadata(path.read_text(encoding="utf-8"), path.name)


def things_of(wanted: geneval.Wanted, random: np.random.Generator) -> list[geneval.Thing]:
    x, y = (500, 500) if wanted.position is None else 500 + np.array(PLACES[wanted.position[0]])
    return [
        geneval.Thing(
            np.array([x, y, x + 60, y + 50, random.uniform(0.91, 1)], np.float32), wanted.colour
        )
        for _ in range(wanted.count)
    ]


def right(metadata: geneval.Metadata) -> Scene:
    random = np.random.default_rng(0)
    return {wanted.name: things_of(wanted, random) for wanted in metadata.include}


def wrong(metadata: geneval.Metadata) -> Iterator[tuple[str, Scene]]:
    """Scenes with one thing wrong in each, and what that is."""
    scene = right(metadata)
    random = np.random.default_rng(1)
    for wanted in metadata.include:
        name, things = wanted.name, scene[wanted.name]
        yield "one too few", {**scene, name: things[1:]}
        faint = things[0].box.copy()
        faint[4] = 0.9 if metadata.tag == "counting" else 0.3
        yield "one too faint", {**scene, name: [geneval.Thing(faint, wanted.colour), *things[1:]]}
        if wanted.colour:
            other = next(c for c in geneval.COLOURS if c != wanted.colour)
            yield "another colour", {**scene, name: [geneval.Thing(t.box, other) for t in things]}
        if wanted.position:
            turned = geneval.Wanted(name, 1, "", (OPPOSITE[wanted.position[0]], 0))
            yield "on the other side", {**scene, name: things_of(turned, random)}
    for unwanted in metadata.exclude:
        more = things_of(geneval.Wanted(unwanted.name, unwanted.count), random)
        yield "one too many", {**scene, unwanted.name: more}


def test_right_scenes_are_right_and_wrong_ones_wrong(prompts: list[geneval.Metadata]) -> None:
    kinds: dict[str, int] = {}
    for metadata in prompts:
        line = geneval.result_line("a.png", right(metadata), metadata)
        assert (line["correct"], line["reason"]) == (True, ""), metadata.prompt
        for kind, scene in wrong(metadata):
            kinds[kind] = kinds.get(kind, 0) + 1
            line = geneval.result_line("a.png", scene, metadata)
            assert not line["correct"], (metadata.prompt, kind)
            assert line["reason"].startswith("expected"), (metadata.prompt, kind)
    assert len(kinds) == 5, kinds

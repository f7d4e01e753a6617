"""A slice of the fuzzer with a fixed seed; the odd inputs that it starts from; its own rules."""

import asyncio

import artifact_seeds
import fuzz_artifact
import numpy as np
import pytest

from gencheck.artifact.check import check_media
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import GencheckError
from gencheck.findings import Box, Measurement, Method, TimeSpan
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits

METHOD = Method("m", "1", "r")


@pytest.mark.timeout(300)
def test_no_damaged_file_gets_through_without_an_answer() -> None:
    tallies = asyncio.run(fuzz_artifact.fuzz(150, 7, timed=False))
    assert [wrong for tally in tallies.values() for wrong in tally.wrong] == []
    assert sum(tally.outcomes.total() for tally in tallies.values()) == 150
    kinds = set().union(*(tally.outcomes for tally in tallies.values()))
    assert len(kinds) > 2, "some are judged, some refused"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *artifact_seeds.pictures().items(),
        *artifact_seeds.clips().items(),
        *artifact_seeds.sounds().items(),
    ],
)
def test_odd_but_whole_files_are_judged(name: str, data: bytes) -> None:
    if name == "no sample":
        with pytest.raises(GencheckError) as refused:
            decode(data, Limits(), name=name)
        assert str(refused.value)
        return
    media = decode(data, Limits(), name=name)
    report = check_media(media, deadline=NO_DEADLINE, want_heat_map=True)
    assert report.outcomes[-1].check == "artifact"
    assert not [wrong for m in report.measurements if (wrong := fuzz_artifact.nonsense(m, media))]


@pytest.mark.parametrize(
    ("code", "value", "region"),
    [
        ("NONE", 1.0, None),
        ("BLUR", float("nan"), None),
        ("BLUR", -1.0, None),
        ("BLUR", 1.0, Box(0, 0, 30, 10)),
        ("BLUR", 1.0, Box(5, 5, 0, 3)),
        ("FROZEN", 1.0, TimeSpan(2.0, 1.0)),
        ("FROZEN", 1.0, TimeSpan(-1.0, 1.0)),
    ],
)
def test_nonsense_is_told(code: str, value: float, region: Box | TimeSpan | None) -> None:
    image = Image(np.zeros((20, 20, 3), np.uint8), None, "PNG")
    wrong = Measurement(code, value, "artifact.blur", METHOD, region)
    assert fuzz_artifact.nonsense(wrong, image)
    right = Measurement("BLUR", 0.5, "artifact.blur", METHOD, Box(0, 0, 20, 20))
    assert not fuzz_artifact.nonsense(right, image)

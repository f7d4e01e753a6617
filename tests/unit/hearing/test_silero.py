from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.hearing.roles import SpeechSpan
from gencheck.hearing.samples import RATE
from gencheck.hearing.silero import CHUNK, Rules, SileroVad, spans_of
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.fake import FakeBackend
from gencheck.media.types import Sound

MakeSpec = Callable[..., ModelSpec]
Used = Callable[[str], ModelUsed]
BARE = Rules(margin=0.0)


def loud(inputs: Tensors) -> Tensors:
    """Speech where a chunk is loud; the memory counts the chunks."""
    chunk = inputs["input"][:, 64:]
    likely = np.float32(np.abs(chunk).max() > 0.2).reshape(1, 1)
    return {"output": likely, "stateN": inputs["state"] + np.float32(1)}  # type: ignore[operator]


def backend_of(make_spec: MakeSpec, run: Callable[[Tensors], Tensors]) -> FakeBackend:
    state = (2, -1, 128)
    spec = make_spec(
        "vad", {"input": (-1, 576), "state": state}, {"output": (-1, 1), "stateN": state}
    )
    return FakeBackend({"vad": (spec, run)})


def spans(pattern: str, rules: Rules = BARE, *, tail: int = 0) -> list[tuple[float, float]]:
    """Spans in chunks; a letter a chunk: s speech, m in between, a dot silence."""
    likely = [{"s": 0.9, "m": 0.4, ".": 0.1}[letter] for letter in pattern]
    found = spans_of(likely, len(pattern) * CHUNK - tail, rules)
    return [(span.start * RATE / CHUNK, span.end * RATE / CHUNK) for span in found]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", []),
        ("....................", []),
        ("..ssssssssss........", [(2, 12)]),
        ("..sssss.............", []),  # shorter than 250 ms
        ("ssssssssss", [(0, 10)]),  # open at the end
        ("ssssssss...ssssssss.....", [(0, 19)]),  # a pause of 96 ms is none
        ("ssssssss.....ssssssss", [(0, 8), (13, 21)]),
        ("ssssssssmmmmmmmmmmmmssss......", [(0, 24)]),  # it is not left in between
        ("mmmmmmmmmmmmmmmmmmmm", []),  # nor entered
        ("ssssssss.mmmm.ssssssss", [(0, 8), (14, 22)]),  # once quiet, in between is no speech
    ],
)
def test_spans(pattern: str, expected: list[tuple[float, float]]) -> None:
    assert spans(pattern) == expected


def test_margins_meet_in_a_short_silence_and_stop_at_the_ends() -> None:
    wide = Rules(margin=3 * CHUNK / RATE)
    assert spans("ssssssss.....ssssssss.", wide, tail=100) == [
        (0, 10.5),
        (10.5, pytest.approx(22 - 100 / CHUNK)),
    ]
    assert spans("...." * 2 + "s" * 9 + "." * 12 + "s" * 9 + "...", wide) == [(5, 20), (26, 41)]


async def test_chunks_follow_each_other_with_context_and_memory(
    make_spec: MakeSpec, used: Used
) -> None:
    seen: list[Tensors] = []

    def watch(inputs: Tensors) -> Tensors:
        seen.append(inputs)
        return loud(inputs)

    samples = np.arange(1300, dtype=np.float32) / 1300
    role = SileroVad(backend_of(make_spec, watch), used("vad"))
    found = await role.probabilities(samples, deadline=Deadline.after(5))
    assert found == [1.0, 1.0, 1.0]
    assert [float(inputs["state"].flat[0]) for inputs in seen] == [0, 1, 2]
    first, second, third = (inputs["input"][0] for inputs in seen)
    np.testing.assert_array_equal(first[:64], 0)
    np.testing.assert_array_equal(second[:64], first[-64:])
    np.testing.assert_array_equal(third[64:], [*samples[1024:], *[0] * (1536 - 1300)])


async def test_seconds_of_any_rate(make_spec: MakeSpec, used: Used) -> None:
    samples = np.zeros((2, 48_000 * 3), np.float32)
    samples[:, 48_000 : 2 * 48_000] = np.sin(np.arange(48_000) * 0.05)
    role = SileroVad(backend_of(make_spec, loud), used("vad"))
    (span,) = await role.find(Sound(samples, 48_000, ""), deadline=Deadline.after(20))
    assert span == SpeechSpan(pytest.approx(1.0, abs=0.07), pytest.approx(2.0, abs=0.07))


async def test_the_deadline_is_kept(make_spec: MakeSpec, used: Used) -> None:
    role = SileroVad(backend_of(make_spec, loud), used("vad"))
    with pytest.raises(DeadlineExceeded):
        await role.find(
            Sound(np.zeros((1, 1000), np.float32), RATE, ""), deadline=Deadline.after(0)
        )


async def test_a_model_that_takes_noise_for_speech_is_found_out(
    make_spec: MakeSpec, used: Used
) -> None:
    def always(inputs: Tensors) -> Tensors:
        return {"output": np.ones((1, 1), np.float32), "stateN": inputs["state"]}

    role = SileroVad(backend_of(make_spec, always), used("vad"))
    with pytest.raises(ModelNotReady, match="in the voice alone"):
        await role.self_check(deadline=Deadline.after(20))

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.hearing.dnsmos import PERSONALISED, PLAIN, WINDOW, Dnsmos, Fit, windows_of
from gencheck.hearing.samples import RATE
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.fake import FakeBackend
from gencheck.media.types import Sound

MakeSpec = Callable[..., ModelSpec]
Used = Callable[[str], ModelUsed]
AS_IT_IS = Fit((1.0, 0.0), (1.0, 0.0), (1.0, 0.0))


def sound(seconds: float) -> Sound:
    """Each second has its own number as samples."""
    samples = np.repeat(np.arange(int(np.ceil(seconds))), RATE)[: int(seconds * RATE)]
    return Sound(samples[None].astype(np.float32), RATE, "")


@pytest.fixture
def backend(make_spec: MakeSpec) -> FakeBackend:
    """The first sample of a window, its mean, and its last; P.808: the number of frames."""

    def p835(inputs: Tensors) -> Tensors:
        x = inputs["input_1"]
        columns = [x[:, 0], x.mean(axis=1), x[:, -1]]
        return {"Identity:0": np.stack(columns, axis=1).astype(np.float32)}

    def p808(inputs: Tensors) -> Tensors:
        rows, frames = inputs["input_1"].shape[:2]
        return {"Identity:0": np.full((rows, 1), frames, np.float32)}

    out = {"Identity:0": (-1, 3)}
    return FakeBackend(
        {
            "p835": (make_spec("p835", {"input_1": (-1, WINDOW)}, out, 8), p835),
            "p808": (
                make_spec("p808", {"input_1": (-1, 900, 120)}, {"Identity:0": (-1, 1)}, 8),
                p808,
            ),
        }
    )


@pytest.mark.parametrize(
    ("seconds", "windows"),
    [(0.1, 3), (5, 1), (9.0, 9), (9.01, 1), (10, 1), (10.9, 1), (11, 2), (20, 11), (60, 51)],
)
def test_windows_are_those_of_the_published_script(seconds: float, windows: int) -> None:
    found = windows_of(np.ones(int(seconds * RATE), np.float32))
    assert found.shape == (windows, WINDOW)


def test_a_window_starts_every_second_and_a_short_sound_is_repeated() -> None:
    starts = windows_of(sound(13).samples[0])[:, 0]
    np.testing.assert_array_equal(starts, [0, 1, 2, 3])
    (repeated,) = windows_of(np.arange(WINDOW - 1, dtype=np.float32))[:1]
    assert repeated[-1] == 0


async def test_scores_are_means_over_windows(backend: FakeBackend, used: Used) -> None:
    role = Dnsmos(backend, used("p835"), fit=AS_IT_IS, p808=used("p808"))
    scores = await role.rate(sound(16), deadline=Deadline.after(10))
    assert scores.windows == 7
    assert scores.signal == pytest.approx(3)
    assert scores.overall == pytest.approx(12)
    assert scores.p808 == pytest.approx(900)
    assert backend.calls == ["p835", "p808"] * 2


async def test_without_its_model_there_is_no_p808(backend: FakeBackend, used: Used) -> None:
    scores = await Dnsmos(backend, used("p835")).rate(sound(2), deadline=Deadline.after(10))
    assert scores.p808 is None


async def test_the_deadline_is_kept(backend: FakeBackend, used: Used) -> None:
    with pytest.raises(DeadlineExceeded):
        await Dnsmos(backend, used("p835")).rate(sound(2), deadline=Deadline.after(0))


@pytest.mark.parametrize(
    ("fit", "expected"),
    [  # by hand, at raw scores of 3, 4 and 2
        (PLAIN, (2.912007, 3.933859, 2.006325)),
        (PERSONALISED, (3.316266, 4.210212, 2.226571)),
    ],
)
def test_the_polynomials(fit: Fit, expected: tuple[float, ...]) -> None:
    found = fit.apply(np.asarray([[3, 4, 2]], np.float32))
    np.testing.assert_allclose(found, [expected], atol=1e-4)


async def test_a_model_that_does_not_mind_noise_is_found_out(
    make_spec: MakeSpec, used: Used
) -> None:
    def deaf(inputs: Tensors) -> Tensors:
        return {"Identity:0": np.full((len(inputs["input_1"]), 3), 3, np.float32)}

    spec = make_spec("deaf", {"input_1": (-1, WINDOW)}, {"Identity:0": (-1, 3)}, 8)
    with pytest.raises(ModelNotReady, match="much less in noise"):
        await Dnsmos(FakeBackend({"deaf": (spec, deaf)}), used("deaf")).self_check(
            deadline=Deadline.after(20)
        )

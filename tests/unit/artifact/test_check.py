"""The public face: outcomes, odd input, heat map, deadlines."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.artifact.check import check_image, check_media, check_video
from gencheck.artifact.image.panel import DETECTORS
from gencheck.artifact.image.picture import native_blocks, prepare
from gencheck.artifact.sound.check import check_sound
from gencheck.codes import CODES
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, UnsupportedMedia
from gencheck.findings import Box, OutcomeStatus, SkipReason, TimeSpan, box_of
from gencheck.media.types import Image, Mesh, Sound, Video
from gencheck.policy import grade
from gencheck.policy_file import Policies


def image(pixels: NDArray[np.uint8], **more: object) -> Image:
    return Image(pixels, more.pop("alpha", None), "PNG", **more)  # type: ignore[arg-type]


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_one_pixel_is_too_small_and_no_error() -> None:
    report = check_image(image(noise(1, 1)), deadline=NO_DEADLINE, want_heat_map=True)
    summary = report.outcomes[-1]
    assert summary.check == "artifact"
    assert summary.status is OutcomeStatus.SKIPPED
    assert summary.reason == SkipReason.TOO_SMALL.value
    assert "48" in summary.message
    assert report.heat_map is not None
    assert report.heat_map.shape == (1, 1)


def test_a_photo_is_judged_by_every_detector() -> None:
    report = check_image(
        image(np.asarray(skimage.data.astronaut())), deadline=NO_DEADLINE, want_heat_map=False
    )
    codes = [*(d.code for d in DETECTORS), "METADATA", "TRUNCATED", "DAMAGED_FILE"]
    names = [f"artifact.{code.lower()}" for code in codes]
    assert [o.check for o in report.outcomes] == [*names, "artifact"]
    unjudged = {o.check for o in report.outcomes if o.status is not OutcomeStatus.JUDGED}
    assert unjudged == {"artifact.alpha_fringe"}  # it is opaque
    assert {m.code for m in report.measurements} == set(codes) - {"ALPHA_FRINGE"}
    assert report.heat_map is None
    assert all(m.confidence is None for m in report.measurements)


def _make(kind: str, height: int, width: int, seed: int) -> NDArray[np.uint8]:
    if kind == "random":
        return noise(height, width, seed)
    if kind == "binary":
        return (noise(height, width, seed) // 128 * 255).astype(np.uint8)
    if kind == "ramp":
        row = np.linspace(0, 255, width).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3)))
    return np.full(
        (height, width, 3), {"black": 0, "white": 255, "grey": seed % 256}[kind], np.uint8
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["random", "binary", "ramp", "black", "white", "grey"]),
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    seed=st.integers(0, 999),
    missing=st.sampled_from([0.0, 0.3, 1.0]),
    transparent=st.booleans(),
)
def test_odd_pictures_measure_finite_and_inside(
    *, kind: str, height: int, width: int, seed: int, missing: float, transparent: bool
) -> None:
    pixels = _make(kind, height, width, seed)
    alpha = pixels[:, :, 0].copy() if transparent else None
    report = check_image(
        Image(pixels, alpha, "PNG", missing=missing), deadline=NO_DEADLINE, want_heat_map=True
    )
    assert report.outcomes[-1].check == "artifact"
    for measurement in report.measurements:
        assert np.isfinite(measurement.value)
        assert measurement.value >= 0
        assert measurement.code in CODES
        box = box_of(measurement.region)
        assert (box is None) == (measurement.region is None)
        if box is not None:
            assert 0 <= box.x <= box.x + box.width <= width + 1e-6
            assert 0 <= box.y <= box.y + box.height <= height + 1e-6
    assert report.heat_map is not None
    assert report.heat_map.shape == (height, width)


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (40, 5000), (2000, 130)])
def test_long_thin_pictures(shape: tuple[int, int]) -> None:
    report = check_image(image(noise(*shape)), deadline=NO_DEADLINE, want_heat_map=True)
    factor = -(-max(shape) // 1024)
    assert report.heat_map is not None
    assert report.heat_map.shape == tuple(-(-side // factor) for side in shape)


def test_the_heat_map_is_hot_where_the_picture_is_blocked() -> None:
    pixels = np.asarray(skimage.data.astronaut()).copy()
    blocks = pixels[256:, 256:].reshape(32, 8, 32, 8, 3).mean(axis=(1, 3))
    pixels[256:, 256:] = blocks.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    heat = check_image(image(pixels), deadline=NO_DEADLINE, want_heat_map=True).heat_map
    assert heat is not None
    assert heat.shape == (512, 512)
    assert np.median(heat[320:480, 320:480]) > 200
    assert np.median(heat[:200, :200]) < 128


def test_rows_that_are_missing_are_not_looked_at() -> None:
    pixels = np.asarray(skimage.data.astronaut()).copy()
    pixels[256:] = 128
    report = check_image(image(pixels, missing=0.5), deadline=NO_DEADLINE, want_heat_map=True)
    found = {m.code: m for m in report.measurements}
    assert found["TRUNCATED"].value == 0.5
    assert found["TRUNCATED"].region == Box(0, 256, 512, 256)
    assert found["LETTERBOX"].value == 0
    assert report.heat_map is not None
    assert report.heat_map.shape == (512, 512)


def test_a_transparent_border_is_no_letterbox() -> None:
    pixels = np.asarray(skimage.data.astronaut()).copy()
    alpha = np.zeros((512, 512), np.uint8)
    alpha[100:400, :] = 255
    report = check_image(image(pixels, alpha=alpha), deadline=NO_DEADLINE, want_heat_map=False)
    outcome = next(o for o in report.outcomes if o.check == "artifact.letterbox")
    assert outcome.reason == SkipReason.NOT_APPLICABLE.value
    assert report.outcomes[-1].status is OutcomeStatus.JUDGED


def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        check_image(image(noise(64, 64)), deadline=deadline, want_heat_map=False)
    with pytest.raises(Cancelled):
        check_sound(Sound(np.zeros((1, 48000), np.float32), 48000, "pcm"), deadline=deadline)


def test_the_same_picture_measures_the_same() -> None:
    pixels = image(np.asarray(skimage.data.astronaut()))
    first = check_image(pixels, deadline=NO_DEADLINE, want_heat_map=False)
    again = check_image(pixels, deadline=NO_DEADLINE, want_heat_map=False)
    assert first.measurements == again.measurements


def test_large_pictures_are_sampled_in_native_blocks() -> None:
    blocks = native_blocks((8000, 8000))
    assert len(blocks) == 6
    assert all(rows.start % 1024 == 0 and columns.start % 1024 == 0 for rows, columns in blocks)
    assert native_blocks((100, 200)) == [(slice(0, 100), slice(0, 200))]
    assert max(prepare(image(noise(30, 4000))).work.shape) == 1024


def _video(count: int = 40, sound: Sound | None = None) -> Video:
    rng = np.random.default_rng(0)
    big = rng.integers(40, 200, (180, 400), dtype=np.uint8)
    small = np.stack([big[:, i : i + 320] for i in range(count)])
    frames = np.repeat(small[:: max(1, count // 4)][:4, :, :, None], 3, axis=3)
    times = np.arange(count) / 20
    return Video(small, times, frames, times[:: max(1, count // 4)][:4], "h264", sound)


def test_a_clip_with_sound_answers_for_all_three() -> None:
    sound = Sound(np.zeros((1, 48000), np.float32), 48000, "aac")
    report = check_media(_video(sound=sound), deadline=NO_DEADLINE)
    checks = {o.check for o in report.outcomes}
    assert {"artifact.frozen", "artifact.blocking", "artifact.silence", "artifact"} <= checks
    assert all(isinstance(m.region, TimeSpan | None) for m in report.measurements)
    assert {"mean luma", "frame difference", "cuts", "peak", "RMS"} <= {
        t.name for t in report.timeline
    }
    assert all(1 <= len(t.values) <= 240 for t in report.timeline)


def test_a_clip_of_one_frame_is_too_small() -> None:
    report = check_video(_video(count=1), deadline=NO_DEADLINE)
    assert report.outcomes[-1].reason == SkipReason.TOO_SMALL.value


@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (1, 1), (2, 1023), (1, 1024), (2, 5000)])
def test_short_sounds_do_not_raise(shape: tuple[int, int]) -> None:
    report = check_sound(Sound(np.zeros(shape, np.float32), 48000, "pcm"), deadline=NO_DEADLINE)
    assert report.outcomes[-1].check == "artifact"
    enough = shape[0] > 0 and shape[1] >= 1024
    assert (report.outcomes[-1].status is OutcomeStatus.JUDGED) is enough


def test_a_mesh_is_refused() -> None:
    mesh = Mesh(np.zeros((3, 3)), np.zeros((1, 3), np.int32), "OBJ")
    with pytest.raises(UnsupportedMedia):
        check_media(mesh, deadline=NO_DEADLINE)


def test_the_default_policy_has_a_threshold_for_every_code_measured_here() -> None:
    policy = Policies.load().get("default")
    here = [code for code, entry in CODES.items() if entry.check == "artifact"]
    without = {code for code in here if code not in policy.thresholds}
    assert without == set()
    report = check_image(
        image(np.asarray(skimage.data.coffee())), deadline=NO_DEADLINE, want_heat_map=False
    )
    assert grade(report.measurements, policy) == []

"""Prints false alarms and misses of the artifact checks on real photos, clips and sounds.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact.py [--split evaluate|train]

``evaluate`` (the default) measures coco128/val2017, real_kodak, video and the sounds. ``train``
shows the same on the photos that the thresholds were fixed on: coco128/train2017, real_dreambooth
and the photos that scikit-image carries. The two never share a photo. No sound or clip was used to
fix a threshold.
Clean COCO photos are JPEG files themselves, and some of them truly have artifacts.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import PHOTO_DAMAGE, SOUND_DAMAGE, VIDEO_DAMAGE, Damage, read_sound, read_video
from numpy.typing import NDArray

from gencheck.artifact.check import check_image, check_sound, check_video
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Box, Measurement, Severity, TimeSpan
from gencheck.media.types import Image, Sound, Video
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies

IMAGE_CODES = [
    "BLOCKING",
    "BLUR",
    "NOISE",
    "BANDING",
    "CHECKERBOARD",
    "CLIPPING",
    "LETTERBOX",
    "DUPLICATED_REGION",
]
VIDEO_CODES = ["FROZEN", "BLACK_FRAMES"]
SOUND_CODES = ["AUDIO_CLIPPING", "SILENCE", "CLICK"]
SKIMAGE_PHOTOS = [
    "astronaut.png",
    "camera.png",
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "coins.png",
    "brick.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "color.png",
    "clock_motion.png",
]


@dataclass
class Sample:
    """One medium with what was measured on it."""

    name: str
    measurements: tuple[Measurement, ...]

    def value(self, code: str) -> float:
        """The worst value of a code; 0 where it was not measured."""
        return max((m.value for m in self.measurements if m.code == code), default=0.0)

    def severity(self, code: str, policy: Policy) -> int:
        """The worst severity of a code, 0 for none."""
        found = grade([m for m in self.measurements if m.code == code], policy)
        return max((int(f.severity) for f in found), default=0)


def read_photo(path: Path) -> NDArray[np.uint8]:
    """``uint8 [H, W, 3]`` RGB."""
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def photo_paths(data: Path, split: str) -> dict[str, list[Path]]:
    """The photos of a split by their source."""
    if split == "evaluate":
        return {
            "coco val2017": sorted((data / "coco128/images/val2017").glob("*.jpg")),
            "kodak": sorted((data / "real_kodak").glob("*.png")),
        }
    import skimage.data

    carried = Path(skimage.data.__file__).parent
    return {
        "coco train2017": sorted((data / "coco128/images/train2017").glob("*.jpg")),
        "dreambooth": sorted((data / "real_dreambooth").glob("*/*.jpg")),
        "scikit-image": [carried / name for name in SKIMAGE_PHOTOS],
    }


def measure_photo(name: str, pixels: NDArray[np.uint8], missing: float = 0.0) -> Sample:
    """All image checks on one picture."""
    image = Image(np.ascontiguousarray(pixels), None, "PNG", missing=missing)
    return Sample(name, check_image(image, deadline=NO_DEADLINE, want_heat_map=False).measurements)


def false_alarms(groups: dict[str, list[Sample]], codes: Iterable[str], policy: Policy) -> None:
    """Prints per code the share of clean media with a finding, and the values' quantiles."""
    print(f"{'code':<20}{'set':<16}{'n':>4} {'>=MINOR':>8} {'>=MAJOR':>8}   q50      q95      max")
    for code in [*codes, "any"]:
        for name, samples in groups.items():
            if not samples:
                continue
            wanted = list(codes) if code == "any" else [code]
            worst = [max(s.severity(c, policy) for c in wanted) for s in samples]
            minor = np.mean([w >= Severity.MINOR for w in worst])
            major = np.mean([w >= Severity.MAJOR for w in worst])
            line = f"{code:<20}{name:<16}{len(samples):>4} {minor:>8.1%} {major:>8.1%}"
            if code != "any":
                values = np.array([s.value(code) for s in samples])
                q50, q95, top = (*np.quantile(values, [0.5, 0.95]), values.max())
                line += f" {q50:>8.3f} {q95:>8.3f} {top:>8.3f}"
            print(line)


def who_alarms(groups: dict[str, list[Sample]], codes: Iterable[str], policy: Policy) -> None:
    """Prints the clean media with a finding, for looking at them."""
    for name, samples in groups.items():
        for sample in samples:
            hits = [
                f"{c}={sample.value(c):.3g}({sample.severity(c, policy)})"
                for c in codes
                if sample.severity(c, policy) >= Severity.MINOR
            ]
            if hits:
                print(f"  {name} {sample.name}: {' '.join(hits)}")


def overlap(truth: Box | TimeSpan, found: Measurement) -> float:
    """Intersection over union of the true place and a measurement's region; 0 without one."""
    region = found.region
    if isinstance(truth, Box) and isinstance(region, Box):
        width = min(truth.x + truth.width, region.x + region.width) - max(truth.x, region.x)
        height = min(truth.y + truth.height, region.y + region.height) - max(truth.y, region.y)
        inside = max(width, 0.0) * max(height, 0.0)
        return inside / (truth.width * truth.height + region.width * region.height - inside)
    if isinstance(truth, TimeSpan) and isinstance(region, TimeSpan):
        inside = max(min(truth.end, region.end) - max(truth.start, region.start), 0.0)
        union = max(truth.end, region.end) - min(truth.start, region.start)
        return inside / union if union > 0 else 0.0
    return 0.0


def misses(
    damages: Iterable[Damage], sources: dict[str, object], measure: Callable[..., Sample],
    policy: Policy,
) -> None:  # fmt: skip
    """Prints per made damage how many are found, and how well where there is a place."""
    print(
        f"{'damage':<26}{'code':<20}{'n':>4} {'>=MINOR':>8} {'>=MAJOR':>8}   q05      q50   IoU q50"
    )
    for damage in damages:
        values, severities, places = [], [], []
        for name, source in sources.items():
            damaged = damage.make(source, np.random.default_rng(sum(map(ord, name))))
            if damaged is None:
                continue
            sample = measure(name, *damaged.media)
            values.append(sample.value(damage.code))
            severities.append(sample.severity(damage.code, policy))
            if damaged.place is not None:
                mine = [m for m in sample.measurements if m.code == damage.code]
                places.append(max((overlap(damaged.place, m) for m in mine), default=0.0))
        if not values:
            continue
        minor = np.mean([s >= Severity.MINOR for s in severities])
        major = np.mean([s >= Severity.MAJOR for s in severities])
        iou = f"{np.median(places):>8.2f}" if places else "       -"
        print(
            f"{damage.name:<26}{damage.code:<20}{len(values):>4} {minor:>8.1%} {major:>8.1%}"
            f" {np.quantile(values, 0.05):>8.3f} {np.median(values):>8.3f} {iou}"
        )


def evaluate_photos(data: Path, split: str, codes: list[str], policy: Policy, show: bool) -> None:
    """Photos: clean, then damaged."""
    paths = photo_paths(data, split)
    groups = {
        group: [measure_photo(f"{p.parent.name}/{p.name}", read_photo(p)) for p in files]
        for group, files in paths.items()
    }
    print(f"\nClean photos, split {split}")
    false_alarms(groups, codes, policy)
    if show:
        who_alarms(groups, codes, policy)
    if split == "evaluate":
        bases = paths["kodak"]
    else:
        bases = paths["scikit-image"][:6] + paths["dreambooth"][:6]
    print(f"\nMade damage on {len(bases)} photos, split {split}")
    sources: dict[str, object] = {f"{p.parent.name}/{p.name}": _fit(read_photo(p)) for p in bases}
    misses(
        [d for d in PHOTO_DAMAGE if d.code in [*codes, "TRUNCATED"]], sources, measure_photo, policy
    )


def _fit(pixels: NDArray[np.uint8], side: int = 1024) -> NDArray[np.uint8]:
    ratio = side / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)


def measure_video(name: str, video: Video) -> Sample:
    """All checks on one clip."""
    return Sample(name, check_video(video, deadline=NO_DEADLINE).measurements)


def measure_sound(name: str, sound: Sound) -> Sample:
    """All checks on one sound."""
    return Sample(name, check_sound(sound, deadline=NO_DEADLINE).measurements)


def evaluate_time(data: Path, policy: Policy, show: bool) -> None:
    """Clips and sounds: clean, then damaged."""
    clips = {p.name: read_video(p) for p in sorted((data / "video").glob("*.mp4"))}
    groups = {"video": [measure_video(n, v) for n, v in clips.items() if "distorted" not in n]}
    print("\nClean clips (carphone_distorted left out: its blocks are real)")
    false_alarms(groups, [*IMAGE_CODES, *VIDEO_CODES], policy)
    if show:
        who_alarms(groups, [*IMAGE_CODES, *VIDEO_CODES], policy)
    print("\nMade damage on clips")
    misses(VIDEO_DAMAGE, dict(clips), measure_video, policy)
    files = [p for p in sorted((data / "audio_visqol").glob("*.wav")) if _is_reference(p.name)]
    files += [data / "audio_silero/test.wav", data / "audio_silero/test.mp3"]
    sounds = {p.name: read_sound(p) for p in files}
    print("\nClean sounds")
    clean = {"sound": [measure_sound(n, s) for n, s in sounds.items()]}
    false_alarms(clean, SOUND_CODES, policy)
    if show:
        who_alarms(clean, SOUND_CODES, policy)
    print("\nMade damage on sounds")
    misses(SOUND_DAMAGE, dict(sounds), measure_sound, policy)


def _is_reference(name: str) -> bool:
    return name.endswith("48_stereo.wav") or name == "CA01_01.wav"


def main() -> int:
    """Prints the tables; 0 also where figures are bad: it measures, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("evaluate", "train"), default="evaluate")
    parser.add_argument("--only", action="append", help="a code; may be given again")
    parser.add_argument("--show", action="store_true", help="name the clean media with a finding")
    parser.add_argument("--skip", choices=("photos", "time"), help="leave a part out")
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    data = Path(os.environ["GENCHECK_DATA"])
    policy = Policies.load().get("default")
    codes = options.only or IMAGE_CODES
    if options.skip != "photos":
        evaluate_photos(data, options.split, codes, policy, options.show)
    if options.skip != "time" and options.split == "evaluate" and not options.only:
        evaluate_time(data, policy, options.show)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes the samples of the demo: `python examples/make_samples.py FOLDER`.

Everything is made here and now, the same bytes each time, from photos that scikit-image's wheel
carries and from what the modules in samples/ draw, build and play. `manifest.json` in the folder
names each sample for people; it says nothing about how a sample should be judged.
"""

import csv
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from samples import meshes, motion, pictures


@dataclass(frozen=True)
class Sample:
    """A file or folder of samples, as `manifest.json` lists it."""

    file: str
    """Relative to the folder of the manifest."""
    caption: str
    """For people."""
    prompt: str = ""
    """What the sample was asked to show; empty: not known."""
    kind: Literal["asset", "counts", "set"] = "asset"
    """One asset to check, a table of counts to audit, or a folder of pictures to audit."""


WORDS = 'a poster with the words "OPEN TODAY"'

SAMPLES = (
    Sample("cat.png", "a photo of a cat, saved without loss"),
    Sample("coffee.jpg", "a photo of a cup of coffee, saved well"),
    Sample("motorcycle.png", "a photo of a motorcycle, saved without loss"),
    Sample("photographer.png", "a black-and-white photo of a man with a camera"),
    Sample("heavy_jpeg.jpg", "the cat, saved as a JPEG of quality 8"),
    Sample("blurred.png", "the coffee, out of focus"),
    Sample("letterboxed.png", "the coffee between black bars"),
    Sample("truncated.jpg", "the astronaut, the file cut off at 55 %"),
    Sample("copied_region.png", "the astronaut with the emblem of the suit copied to the sleeve"),
    Sample("banded.png", "a dusk with 14 levels of brightness"),
    Sample("poster.png", "a poster that reads OPEN TODAY", WORDS),
    Sample("poster_misspelt.png", "a poster that reads OPNE TADOY", WORDS),
    Sample("apples.jpg", "a cup of coffee instead of apples", "two red apples on a wooden table"),
    Sample("vase.glb", "a vase, closed and well wound"),
    Sample(
        "vase_broken.glb",
        "the vase with a hole, flipped faces, a dent, a NaN, a floating part",
    ),
    Sample("pan.mp4", "a camera that moves over the coffee, 4 s"),
    Sample("pan_damaged.mp4", "the same, still for a while and black for another"),
    Sample("melody.wav", "four chords"),
    Sample("melody_damaged.wav", "four chords: one too loud, one with clicks, one with a hole"),
    Sample("counts_skewed.csv", "who is seen in 200 pictures a prompt", kind="counts"),
    Sample("counts_balanced.csv", "who is seen in 1,000 pictures", kind="counts"),
    Sample("portraits", "four pictures of two people", kind="set"),
)

SKEWED = {
    ("a portrait of a doctor", "perceived_gender"): {"masculine": 172, "feminine": 28},
    ("a portrait of a nurse", "perceived_gender"): {"masculine": 18, "feminine": 182},
    ("a portrait of a doctor", "perceived_age"): {
        "under 30": 62,
        "30 to 59": 74,
        "over 60": 64,
    },
}
BALANCED = {("a portrait of a teacher", "perceived_gender"): {"masculine": 506, "feminine": 494}}


def write_counts(path: Path, tables: dict[tuple[str, str], dict[str, int]]) -> None:
    """A table of counts with the columns that `gencheck audit` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["prompt", "attribute", "category", "count"])
        for (prompt, attribute), counts in tables.items():
            writer.writerows([prompt, attribute, category, n] for category, n in counts.items())


def make_samples(out: Path) -> tuple[Sample, ...]:
    """Writes all samples and `manifest.json`.

    Args:
      out: The folder; made where missing.

    Returns:
      What the manifest lists, in its order.
    """
    out.mkdir(parents=True, exist_ok=True)
    for make in (*pictures.EVERYTHING, meshes.meshes, motion.motion):
        make(out)
    write_counts(out / "counts_skewed.csv", SKEWED)
    write_counts(out / "counts_balanced.csv", BALANCED)
    rows = [{key: value for key, value in asdict(sample).items() if value} for sample in SAMPLES]
    text = json.dumps({"samples": rows}, indent=2, ensure_ascii=False)
    (out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return SAMPLES


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/make_samples.py FOLDER")
    folder = Path(sys.argv[1])
    for sample in make_samples(folder):
        print(f"{folder / sample.file}: {sample.caption}")

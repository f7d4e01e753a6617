"""Prints what other thresholds of hard cuts would find, and where they would be wrong.

    python tests/quality/tune_cuts.py FOLDER [--every 10]

FOLDER: clean speech or music of any kind that PyAV reads, none of what
``evaluate_artifact_sound.py`` judges by. The thresholds rest on packages of Debian 12: voices of
asterisk-core-sounds-en-g722, klettres-data and tuxpaint-stamps-default, songs of supertux-data,
wesnoth-1.16-music and extremetuxracer-data, hits of sonic-pi-samples and of hydrogen-drumkits, the
voices and the drums put in a row.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from artifact_sounds import EVENTS, PIECE_SECONDS, Piece, Wave, hurt, read

from gencheck.artifact.sound.clicks import candidates
from gencheck.artifact.sound.cuts import LEAST, OVER, joints

CUTS = next(damage for damage in EVENTS if "cuts" in damage.name)
NEAR = 0.003  # seconds
GRID = tuple(itertools.product((0.04, LEAST, 0.09), (1.5, OVER, 3.0)))


def pieces(folder: Path, every: int) -> Iterator[Piece]:
    """The first 20 s of every n-th sound that has any."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file())[::every]:
        try:
            wave, rate = read(path.read_bytes())
        except (av.FFmpegError, IndexError, ValueError):
            continue  # no sound
        part = wave[:, : PIECE_SECONDS * rate]
        if part.shape[1] > rate:
            yield Piece(path.name, "", part, rate)


def looked_at(wave: Wave, rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds, heights and times over the rest of all joints."""
    found = candidates(wave, rate)
    places, height, rest = joints(wave, found.channels, found.places, rate)
    return places / rate, height, height / np.maximum(rest, 1e-5)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    made, seconds = 0, 0.0
    hits, alarms = np.zeros(len(GRID), int), np.zeros(len(GRID), int)
    for index, piece in enumerate(pieces(options.folder, options.every)):
        seconds += piece.wave.shape[1] / piece.rate
        torn = hurt(CUTS, piece, np.random.default_rng([index, 50]))
        made += len(torn.events)
        clean, damaged = looked_at(piece.wave, piece.rate), looked_at(torn.wave, piece.rate)
        for column, (least, over) in enumerate(GRID):
            alarms[column] += _count(clean, least, over)
            times = damaged[0][(damaged[1] >= least) & (damaged[2] >= over)]
            hits[column] += sum(bool((np.abs(times - at) <= NEAR).any()) for at, _ in torn.events)
    print(
        f"{made} cuts in {seconds / 60:.1f} minutes; alarms of channels, before clicks are left out"
    )
    for (least, over), hit, alarm in zip(GRID, hits, alarms, strict=True):
        print(f"least {least:.2f}, over {over:g}: recall {hit / max(made, 1):.3f}, "
              f"{60 * alarm / max(seconds, 1):.2f} alarms a minute")  # fmt: skip


def _count(found: tuple[np.ndarray, np.ndarray, np.ndarray], least: float, over: float) -> int:
    return int(((found[1] >= least) & (found[2] >= over)).sum())


if __name__ == "__main__":
    main()

"""Prints how many times faster than it plays a sound is checked: each detector, and all of them.

    python tests/bench/bench_artifact_sound.py [--seconds 60] [--rounds 3]

48 kHz stereo made here: plucked strings and noise, which keep every detector at work. Times are of
the CPU, on one core, medians of the rounds. The peer is FFmpeg's chain ``astats``, ``ebur128`` with
true peaks, ``adeclick`` and ``silencedetect`` in the same run, through PyAV.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import av
import av.filter
import numpy as np
from scipy.signal import lfilter

from gencheck.artifact.sound.check import hear_sound
from gencheck.artifact.sound.page import Pager, Wave
from gencheck.artifact.sound.panel import make_listeners
from gencheck.deadline import NO_DEADLINE
from gencheck.media.types import Sound

RATE = 48_000
CHAIN = ("astats", "ebur128=peak=true", "adeclick", "silencedetect")


def music(seconds: int) -> Wave:
    """Two plucked strings a second (Karplus and Strong) over a little noise, in stereo."""
    rng = np.random.default_rng(0)
    wave = rng.normal(0, 0.003, (2, seconds * RATE))
    for start in range(0, wave.shape[1] - RATE, RATE // 2):
        period = int(rng.integers(100, 500))
        pluck = np.zeros(RATE)
        pluck[:period] = rng.uniform(-0.3, 0.3, period)
        loop = np.zeros(period + 2)
        loop[0], loop[-2:] = 1.0, -0.498
        wave[:, start : start + RATE] += lfilter([1.0], loop, pluck) * rng.uniform(0.4, 1.0, (2, 1))
    return np.asarray(np.clip(wave, -1, 1), np.float32)


def chain(wave: Wave, names: tuple[str, ...]) -> None:
    """The sound through filters of FFmpeg, in frames of 1,024 samples."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=RATE, layout="stereo", time_base=None)
    nodes = [graph.add(*name.split("=", 1)) for name in names] + [graph.add("abuffersink")]
    before = source
    for node in nodes:
        before.link_to(node)
        before = node
    graph.configure()
    for start in range(0, wave.shape[1], 1024):
        block = np.ascontiguousarray(wave[:, start : start + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.sample_rate, frame.pts = RATE, start
        source.push(frame)
        _drain(nodes[-1])
    source.push(None)
    _drain(nodes[-1])


def _drain(sink: av.filter.FilterContext) -> None:
    while True:
        try:
            sink.pull()
        except (av.EOFError, av.BlockingIOError):
            return


def median(work: Callable[[], object], rounds: int) -> float:
    """Median CPU time in seconds, after a round to warm up."""
    work()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def alone(index: int, wave: Wave) -> None:
    """One detector over the pages of a sound."""
    one, pager = make_listeners(RATE, 2)[index], Pager(RATE, 2)
    for page in [*pager.add(wave), *pager.rest()]:
        one.listen(page)
    one.finish(wave.shape[1])


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    wave = music(options.seconds)
    print(f"{options.seconds} s of 48 kHz stereo, CPU time on one core, medians")
    for index, one in enumerate(make_listeners(RATE, 2)):
        took = median(lambda i=index: alone(i, wave), options.rounds)  # type: ignore[misc]
        print(f"  {one.check:<28}{options.seconds / took:>8.0f} × real time")
    sound = Sound(wave, RATE, "pcm")
    took = median(lambda: hear_sound(sound, NO_DEADLINE), options.rounds)
    print(f"  {'all detectors':<28}{options.seconds / took:>8.0f} × real time")
    for names in (CHAIN, *((name,) for name in CHAIN)):
        peer = median(lambda n=names: chain(wave, n), options.rounds)  # type: ignore[misc]
        words = "FFmpeg: " + ", ".join(names)
        share = f"ours takes {took / peer:.2f} of it"
        print(f"  {words:<66}{options.seconds / peer:>8.0f} × real time, {share}")


if __name__ == "__main__":
    main()

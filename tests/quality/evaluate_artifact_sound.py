"""Prints how well damage to sound is found, and what alarms where there is none.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact_sound.py [--rounds 4]

Real sounds of ViSQOL's conformance set and of Silero's tests, speech and music apart; both measure
only, no threshold was fixed on them. Events (clicks, gaps) stand at random times that are known:
one is found when a finding of its code begins within 10 ms of it. A false alarm is a finding where
nothing was made. The peer for clicks is FFmpeg's ``adeclick``, which repairs what it takes for one.
What goes on (clipping, hum …) counts as found from MINOR by the default policy. Intervals of 95 %.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import av
import av.filter
import numpy as np
from artifact_sounds import EVENTS, STATES, EventDamage, Piece, Wave, coded, hurt, pieces
from artifact_statistics import wilson

from gencheck.artifact.sound.check import check_sound
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Measurement, Severity, TimeSpan
from gencheck.media.types import Sound
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies

ONSET_SECONDS = 0.01
KINDS = ("speech", "music")
FLOAT = "fltp"

Finder: TypeAlias = Callable[[Wave, int, str], list[float]]
"""Times in seconds at which a code is found in a sound."""


def measured(wave: Wave, rate: int) -> tuple[Measurement, ...]:
    """All that the check of sound says."""
    return check_sound(Sound(wave, rate, "pcm"), deadline=NO_DEADLINE).measurements


def ours(wave: Wave, rate: int, code: str) -> list[float]:
    """The onsets that the check finds."""
    regions = [m.region for m in measured(wave, rate) if m.code == code and m.value > 0]
    return sorted(region.start for region in regions if isinstance(region, TimeSpan))


def declicked(wave: Wave, rate: int, _: str) -> list[float]:
    """The places that FFmpeg's ``adeclick`` changes by more than 0.02."""
    layout = "mono" if len(wave) == 1 else "stereo"
    graph = av.filter.Graph()
    source = graph.add_abuffer(format=FLOAT, sample_rate=rate, layout=layout, time_base=None)
    repair, shape, sink = (
        graph.add("adeclick"),
        graph.add("aformat", f"sample_fmts={FLOAT}"),
        graph.add("abuffersink"),
    )
    for one, other in ((source, repair), (repair, shape), (shape, sink)):
        one.link_to(other)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave), FLOAT, layout)
    frame.sample_rate, frame.pts = rate, 0
    source.push(frame)
    source.push(None)
    parts = []
    while True:
        try:
            mended_frame = sink.pull()
            assert isinstance(mended_frame, av.AudioFrame)
            parts.append(mended_frame.to_ndarray())
        except (av.EOFError, av.BlockingIOError):
            break
    mended = np.concatenate(parts, axis=1)
    count = min(mended.shape[1], wave.shape[1])
    change = np.abs(mended[:, :count] - wave[:, :count]).max(axis=0)
    places = np.flatnonzero(change > 0.02) / rate
    return [float(t) for t in places[np.diff(places, prepend=-1) > ONSET_SECONDS]]


def score(found: Sequence[float], events: Iterable[tuple[float, float]]) -> tuple[list[float], int]:
    """Onset errors of the events that are found, and how many findings belong to none."""
    left, errors = list(found), []
    for start, _ in events:
        near = [t for t in left if abs(t - start) <= ONSET_SECONDS]
        if near:
            errors.append(min(abs(t - start) for t in near))
            left = [t for t in left if t not in near]
    return errors, len(left)


@dataclass(frozen=True, slots=True)
class Trial:
    """Who looks for which damage, and through what it went before."""

    damage: EventDamage
    find: Finder
    words: str = ""
    through: Callable[[Wave, int], Wave] | None = None


def print_events(trial: Trial, sounds: list[Piece], rounds: int) -> None:
    """Recall, onset and false alarms of one damage, speech and music apart."""
    damage, through = trial.damage, trial.through
    for kind in KINDS:
        errors: list[float] = []
        made, false, seconds = 0, 0, 0.0
        for index, piece in enumerate(p for p in sounds if p.kind == kind):
            for round_ in range(rounds):
                torn = hurt(damage, piece, np.random.default_rng([index, round_]))
                wave = torn.wave if through is None else through(torn.wave, piece.rate)
                hits, alarms = score(trial.find(wave, piece.rate, damage.code), torn.events)
                errors, made, false = errors + hits, made + len(torn.events), false + alarms
                seconds += wave.shape[1] / piece.rate
        low, high = wilson(len(errors), made)
        onset = f"{1000 * np.quantile(errors, 0.95):5.1f}" if errors else "    -"
        print(
            f"{damage.code:<9}{damage.name + trial.words:<34}{kind:<7}{made:>5} "
            f"{len(errors) / max(made, 1):>6.3f} "
            f"[{low:.3f}, {high:.3f}] {onset} ms {60 * false / seconds:>7.2f}"
        )


def print_clean(sounds: list[Piece], policy: Policy) -> None:
    """False alarms on what nobody damaged, one by one."""
    for kind in KINDS:
        mine = [p for p in sounds if p.kind == kind]
        minutes = sum(p.wave.shape[1] / p.rate for p in mine) / 60
        counts: Counter[str] = Counter()
        print(f"\n{kind}: {len(mine)} pieces, {minutes:.1f} minutes")
        for piece in mine:
            for finding in grade(measured(piece.wave, piece.rate), policy):
                print(f"  {piece.name}: {finding.severity.name} {finding.code} {finding.message}")
            said = measured(piece.wave, piece.rate)
            counts.update(m.code for m in said if m.value > 0 and m.code in ("CLICK", "DROPOUT"))
        for code in ("CLICK", "DROPOUT"):
            print(f"  {code}: {counts[code] / minutes:.2f} false alarms a minute")


def print_states(sounds: list[Piece], policy: Policy) -> None:
    """What goes on: found from MINOR and from MAJOR, and the median value, by strength."""
    for damage in STATES:
        for kind in KINDS:
            mine, last = [p for p in sounds if p.kind == kind], -1.0
            for strength in damage.strengths:
                worst, values = [], []
                for index, piece in enumerate(mine):
                    wave = damage.make(piece, strength, np.random.default_rng([index, 7]))
                    if wave.shape[1] < piece.rate:
                        continue
                    said = [m for m in measured(wave, piece.rate) if m.code == damage.code]
                    if not said:
                        continue
                    worst.append(max((f.severity for f in grade(said, policy)), default=0))
                    values.append(max(m.value for m in said))
                if not values:
                    continue
                median = float(np.median(values))
                print(
                    f"{damage.code:<16}{damage.name:<22}{strength:>6g} {damage.unit:<14}{kind:<7}"
                    f"{_shares(worst)} {median:>9.4g}{'' if median >= last else '  falls'}"
                )
                last = median


def _shares(worst: list[int]) -> str:
    minor, major = (sum(w >= s for w in worst) for s in (Severity.MINOR, Severity.MAJOR))
    low, high = wilson(minor, len(worst))
    return f"{minor:>3}/{len(worst):<3} [{low:.2f}, {high:.2f}] {major:>3}"


def main() -> int:
    """Prints the tables; 0 also where figures are bad: it measures, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    rounds = parser.parse_args().rounds
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real sounds to measure on, nothing printed.")
        return 0
    sounds = pieces(Path(os.environ["GENCHECK_DATA"]))
    policy = Policies.load().get("default")
    print("Sounds that nobody damaged, by the default policy")
    print_clean(sounds, policy)
    head = "recall [interval]    onset q95 false/min"
    print(f"\n{'code':<9}{'event':<34}{'kind':<7} made {head}")
    for damage in EVENTS:
        print_events(Trial(damage, ours), sounds, rounds)
        if damage.code == "CLICK":
            print_events(Trial(damage, declicked, ", adeclick"), sounds, 1)
    for damage in EVENTS:
        print_events(Trial(damage, ours, ", AAC 128k", coded), sounds, 1)
    head = f"{'kind':<7}>=MINOR [interval] >=MAJOR, median"
    print(f"\n{'code':<16}{'what':<22}{'strength':<21}{head}")
    print_states(sounds, policy)
    return 0


if __name__ == "__main__":
    sys.exit(main())

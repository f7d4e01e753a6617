"""Feeds damaged pictures, clips and sounds to the whole artifact check: bytes in, verdict out.

    python tests/security/fuzz_artifact.py --inputs 10000 [--seed 1] [--medium picture]

Each input is decoded in the pool as a service does it, checked, graded and judged. It must end in a
verdict over measurements that make sense, or in an error that gencheck raises on purpose, within 2
seconds (a clip 10); nothing may take a process down. What is slow is tried twice more: only what is
slow each time counts. What went wrong is kept in out/fuzz, and the exit status is 1.
"""

import argparse
import asyncio
import faulthandler
import math
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field

from artifact_seeds import seeds
from fuzz import ROOT, damaged

from gencheck.artifact.check import check_media
from gencheck.codes import CODES
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import DeadlineExceeded, GencheckError, WorkerLost
from gencheck.findings import Box, Mask, Measurement, TimeSpan
from gencheck.media.pool import DecodePool
from gencheck.media.types import Image, Limits, Media
from gencheck.policy import Policy, grade, judge
from gencheck.policy_file import Policies

SHARES = {"picture": 0.6, "sound": 0.25, "clip": 0.15}
SECONDS = {"picture": 2.0, "sound": 2.0, "clip": 10.0}
TRIES = 3
LIMITS = Limits(max_pixels=4_000_000, max_seconds=20, memory_bytes=2 << 30, cpu_seconds=15)


@dataclass
class Tally:
    """What became of the inputs of one medium."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def broken(data: bytes, rng: random.Random) -> bytes:
    """The bytes cut off somewhere, a little changed behind the header, or changed all over.

    Most files of the last kind are refused; those of the first two reach the detectors.
    """
    match rng.randrange(4):
        case 0:
            return data[: rng.randrange(len(data) + 1)]
        case 1 | 2 if len(data) > 64:
            result = bytearray(data)
            for _ in range(rng.randint(1, 3)):
                result[rng.randrange(64, len(result))] ^= 1 << rng.randrange(8)
            return bytes(result)
        case _:
            return damaged(data, rng)


def nonsense(measurement: Measurement, media: Media) -> str:
    """What is wrong with a measurement, or nothing."""
    if measurement.code not in CODES:
        return f"unknown code {measurement.code}"
    if not math.isfinite(measurement.value) or measurement.value < 0:
        return f"{measurement.code} measures {measurement.value}"
    region = measurement.region
    box = region.box if isinstance(region, Mask) else region
    if isinstance(box, Box) and isinstance(media, Image):
        height, width = media.pixels.shape[:2]
        inside = box.x >= 0 and box.y >= 0 and box.width > 0 and box.height > 0
        if not inside or box.x + box.width > width + 0.01 or box.y + box.height > height + 0.01:
            return f"{measurement.code} at {box} in {width}×{height}"
    if isinstance(region, TimeSpan) and not 0 <= region.start <= region.end < math.inf:
        return f"{measurement.code} at {region}"
    return ""


async def check(data: bytes, pool: DecodePool, policy: Policy, seconds: float) -> tuple[str, str]:
    """What came of the input, and what is wrong with that or nothing."""
    try:
        media = await pool.decode(data, name="fuzz", deadline=Deadline.after(10 * seconds))
        report = await asyncio.to_thread(
            check_media, media, deadline=NO_DEADLINE, want_heat_map=True
        )
        findings = grade(report.measurements, policy)
        verdict = judge(report.outcomes, findings, policy)
    except WorkerLost as error:
        return "lost", f"the decoder died, exit status {error.metadata.get('exit_status')}"
    except DeadlineExceeded:
        return "late", "took too long to decode"
    except GencheckError as error:
        return type(error).__name__, "" if str(error) else "an error without a message"
    except Exception:
        return "crash", traceback.format_exc()
    for measurement in report.measurements:
        if wrong := nonsense(measurement, media):
            return "nonsense", wrong
    return verdict.verdict.value, "" if report.outcomes else "no outcome"


async def attack(
    data: bytes, medium: str, pool: DecodePool, policy: Policy, tally: Tally, *, timed: bool
) -> str:
    """One input; what is wrong with its end, or nothing."""
    fastest = math.inf
    for _ in range(TRIES):
        started = time.monotonic()
        outcome, wrong = await check(data, pool, policy, SECONDS[medium])
        fastest = min(fastest, time.monotonic() - started)
        if wrong or not timed or fastest <= SECONDS[medium]:
            break
    tally.slowest = max(tally.slowest, fastest)
    tally.outcomes[outcome] += 1
    if not wrong and timed and fastest > SECONDS[medium]:
        wrong = f"took {fastest:.1f} s, {TRIES} times"
    return wrong


async def fuzz(inputs: int, seed: int, *, medium: str = "", timed: bool = True) -> dict[str, Tally]:
    """What became of so many inputs, by medium."""
    rng, policy = random.Random(seed), Policies.load().get("")
    files = {name: made for name, made in seeds().items() if medium in (name, "")}
    tallies = {name: Tally() for name in files}
    names = list(files)
    pool = DecodePool(1, LIMITS)
    await pool.start()
    try:
        for number in range(inputs):
            name = rng.choices(names, [SHARES[n] for n in names])[0]
            data = broken(rng.choice(files[name]), rng)
            wrong = await attack(data, name, pool, policy, tallies[name], timed=timed)
            if timed and number % 1_000 == 999:
                print(f"{number + 1} inputs", flush=True)
            if wrong:
                tallies[name].wrong.append(f"{keep(data, name, seed, number)}\n{wrong}")
    finally:
        await pool.aclose()
    return tallies


def keep(data: bytes, medium: str, seed: int, number: int) -> str:
    """The name of the file that the input is kept in."""
    folder = ROOT / "out" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"artifact_{medium}_{seed}_{number}"
    path.write_bytes(data)
    return str(path.relative_to(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--medium", default="", help="picture, sound or clip; all where left out")
    options = parser.parse_args()
    faulthandler.enable()
    tallies = asyncio.run(fuzz(options.inputs, options.seed, medium=options.medium))
    for name, tally in tallies.items():
        print(f"{name}: {tally.outcomes.total()} inputs, slowest {tally.slowest:.2f} s, "
              f"{dict(tally.outcomes.most_common())}")  # fmt: skip
        for wrong in tally.wrong:
            print(f"FAILED {name}: {wrong}")
    sys.exit(1 if any(tally.wrong for tally in tallies.values()) else 0)


if __name__ == "__main__":
    main()

"""Feeds damaged files and texts to every reader, for as long as it is told.

    python tests/security/fuzz.py --seconds 60 [--seed 1] [--only media]

The seeds are the samples of the demo and a small file of every other format; each is damaged by
flipped, overwritten, dropped, repeated and moved bytes. A reader may return, or raise an error that
gencheck raises on purpose, but may not take its process down; anything
else is printed with the input that caused it, which is kept in out/fuzz, and the exit status is 1.
"""

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))

from make_samples import make_samples  # noqa: E402 - beside, not installed
from media_seeds import media_seeds  # noqa: E402

from gencheck.bias.confusion import parse_confusions  # noqa: E402
from gencheck.bias.records import read_tables  # noqa: E402
from gencheck.consistency.parse.parser import parse_prompt  # noqa: E402
from gencheck.deadline import Deadline  # noqa: E402
from gencheck.errors import GencheckError, WorkerLost  # noqa: E402
from gencheck.inference.spec import parse_config  # noqa: E402
from gencheck.media.pool import DecodePool  # noqa: E402
from gencheck.media.types import Limits  # noqa: E402
from gencheck.policy_file import parse_policies  # noqa: E402

EXTREMES = [
    b"\0" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"nan",
    b"-1",
]
PROMPTS = [
    'two red apples on a wooden table, no people, a sign that says "OPEN TODAY", watercolour',
    "a photo of at least three cats left of a dog under an umbrella at night",
    "три яблока 三个苹果 ثلاث تفاحات 🍎🍎🍎 \u202e'\"«»“”",
]
SECONDS_TO_DECODE = 20.0
Target = Callable[[bytes], Awaitable[object]]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to eight changes."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(result) + 1)
        end = min(len(result), at + rng.choice((1, 4, 64, len(result) // 4 + 1)))
        match rng.randrange(6):
            case 0 if at < len(result):
                result[at] ^= 1 << rng.randrange(8)
            case 1:
                value = rng.choice(EXTREMES)
                result[at : at + len(value)] = value
            case 2:
                del result[at:end]
            case 3:
                result[at:at] = result[at:end] * rng.randint(1, 3)
            case 4:
                other = rng.randrange(len(result) + 1)
                result[at:end] = result[other : other + end - at]
            case _:
                # Headers decide most: damage them more often than chance would.
                head = rng.randrange(min(len(result), 256) + 1)
                result[head : head + 2] = rng.randbytes(2)
    return bytes(result[: 1 << 21])


def on_text(read: Callable[[str], object]) -> Target:
    async def run(data: bytes) -> object:
        return read(data.decode("utf-8", errors="replace"))

    return run


RECORDS = b'prompt,gender,age\na judge,man,60+\n"a, b",woman,\n,,20-39\n' * 3
CONFUSIONS = b"attribute,true,predicted,count\ng,m,m,38\ng,m,f,19\ng,f,m,7\ng,f,f,50\n"


def media_target(pool: DecodePool) -> Target:
    async def run(data: bytes) -> object:
        deadline = Deadline.after(SECONDS_TO_DECODE)
        return await pool.decode(data, name="fuzz", deadline=deadline)

    return run


def text_targets(samples: Path) -> dict[str, tuple[list[bytes], Target]]:
    async def counts(data: bytes) -> object:
        return read_tables(io.BytesIO(data), name="fuzz.csv")

    async def confusions(data: bytes) -> object:
        return parse_confusions(data, name="fuzz.csv")

    policies = sorted((ROOT / "services/gencheck/policies").glob("*.toml"))
    configs = sorted((ROOT / "models/repository").glob("*/config.pbtxt"))
    return {
        "prompt": ([p.encode() for p in PROMPTS], on_text(parse_prompt)),
        "policy": (
            [p.read_bytes() for p in policies],
            on_text(lambda text: parse_policies(text, where="fuzz.toml")),
        ),
        "model config": ([p.read_bytes() for p in configs], on_text(parse_config)),
        "counts": ([RECORDS, *(p.read_bytes() for p in sorted(samples.glob("*.csv")))], counts),
        "confusions": ([CONFUSIONS], confusions),
    }


async def attack(target: Target, data: bytes, outcomes: Counter[str]) -> str | None:
    """What went wrong, or `None`."""
    started = time.monotonic()
    try:
        await target(data)
        outcomes["read"] += 1
    except GencheckError as error:
        # A reader that stumbled is no crash, but its kind is worth knowing.
        outcomes[" ".join([type(error).__name__, error.metadata.get("cause", "")]).strip()] += 1
        if isinstance(error, WorkerLost):
            return f"the decoder died, exit status {error.metadata.get('exit_status')}"
        if not str(error):
            return "an error without a message"
    except Exception:
        return traceback.format_exc()
    took = time.monotonic() - started
    return f"took {took:.0f} s" if took > SECONDS_TO_DECODE + 5 else None


async def fuzz(seconds: float, seed: int, only: str) -> int:
    """How many inputs went wrong."""
    rng = random.Random(seed)
    out = ROOT / "out" / "fuzz"
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder)
        rows = make_samples(samples)
        limits = Limits(max_pixels=16_000_000, max_seconds=20, memory_bytes=2 << 30, cpu_seconds=15)
        pool = DecodePool(2, limits)
        await pool.start()
        try:
            assets = [(samples / row.file).read_bytes() for row in rows if row.kind == "asset"]
            assets += media_seeds()
            targets = {"media": (assets, media_target(pool)), **text_targets(samples)}
            chosen = {name: target for name, target in targets.items() if only in (name, "")}
            for name, (seeds, target) in chosen.items():
                outcomes: Counter[str] = Counter()
                end = time.monotonic() + seconds / len(chosen)
                while time.monotonic() < end:
                    data = damaged(rng.choice(seeds), rng)
                    if wrong := await attack(target, data, outcomes):
                        failures += 1
                        out.mkdir(parents=True, exist_ok=True)
                        path = out / f"{name.replace(' ', '_')}_{seed}_{failures}"
                        path.write_bytes(data)
                        print(f"FAILED {name}: {path}\n{wrong}")
                print(f"{name}: {outcomes.total()} inputs, {dict(outcomes.most_common())}")
        finally:
            await pool.aclose()
    return failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="media, prompt, policy, model config, counts …")
    options = parser.parse_args()
    sys.exit(1 if asyncio.run(fuzz(options.seconds, options.seed, options.only)) else 0)


if __name__ == "__main__":
    main()

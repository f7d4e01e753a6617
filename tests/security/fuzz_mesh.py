"""Damaged files of every mesh format through reader and mesh check: ``--inputs 10000 [--seed 1]``.

Each may be judged, or refused with an error that gencheck raises on purpose, in two seconds of CPU
time, in the memory of a decoding process, and may not take its process down. What does anything
else is printed and kept in out/fuzz; the exit status is then 1. Made from seeds; needs no data.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from fuzz import ROOT, damaged
from mesh_seeds import is_package, seeds, with_damage_inside

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh, warm_up

SECONDS = 2.0


def outcome(data: bytes, name: str) -> str:
    """What becomes of one input; ``!`` before what may not be."""
    start = time.process_time()
    try:
        media = decode(data, Limits(), name=name)
        if isinstance(media, Mesh):
            check_mesh(media, deadline=Deadline.after(10 * SECONDS))
        result = type(media).__name__
    except GencheckError as error:
        cause = error.metadata.get("cause")
        result = f"!{cause} in a reader" if cause else type(error).__name__
    except Exception as error:  # whatever it is, it is what is looked for
        result = f"!{type(error).__name__}: {error}"
    taken = time.process_time() - start
    return result if taken <= SECONDS else f"!{taken:.1f} s ({result})"


def run(first: int, count: int, seed: int) -> None:
    """Print a line for each input, as its own process."""
    limits = Limits()
    warm_up()
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    made = seeds()
    names = sorted(made)
    for index in range(first, first + count):
        name = names[index % len(names)]
        rng = random.Random(f"{seed} {index}")
        if is_package(made[name]) and rng.randrange(2):
            data = with_damage_inside(made[name], lambda entry, rng=rng: damaged(entry, rng))
        else:
            data = damaged(made[name], rng)
        print(f"{index}\t{name}", end="\t", flush=True)
        result = outcome(data, name.replace("_ascii", ""))
        print(result.replace("\n", " "), flush=True)
        if result.startswith("!"):
            folder = ROOT / "out" / "fuzz"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"mesh-{seed}-{index}-{name}").write_bytes(data)


def main() -> int:
    """Run all in child processes; a new one goes on behind an input that took one down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        run(options.child, options.inputs - options.child, options.seed)
        return 0
    outcomes: Counter[str] = Counter()
    bad: list[str] = []
    done = 0
    while done < options.inputs:
        command = [sys.executable, str(Path(__file__)), "--inputs", str(options.inputs)]
        child = subprocess.run(
            [*command, "--seed", str(options.seed), "--child", str(done)],
            stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        for line in child.stdout.splitlines():
            index, name, result = (*line.split("\t"), "", "")[:3]
            result = result or f"!the process ended with {child.returncode}"
            outcomes[result.partition(":")[0]] += 1
            if result.startswith("!"):
                bad.append(f"{index} {name}: {result[1:]}")
            done = int(index) + 1
        if not child.stdout:
            bad.append(f"no child starts ({child.returncode})")
            break
    print(f"mesh: {done} inputs, {dict(outcomes.most_common())}")
    print("\n".join(bad) if bad else "nothing that may not be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

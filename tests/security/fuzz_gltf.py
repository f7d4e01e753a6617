"""Mutants of glTF through our conformance check and the Khronos validator: ``--inputs 5000``.

Both are asked about each mutant. What one of them says and the other does not (code, severity,
pointer or byte) is explained by the table in gltf_known.py, or printed as not explained, with a
count and an example; the exit status is then 1. ``--only N`` prints one mutant and what is said.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from gltf_bombs import BOMBS
from gltf_known import CRASHES, KNOWN, Difference, explain
from gltf_mutants import Asset, Mutator
from gltf_seeds import seeds
from khronos import ROOT, Key, Khronos, Unavailable, key_of_ours

from gencheck.errors import GencheckError
from gencheck.gltf.source import read_source
from gencheck.gltf.validate import validate
from gencheck.media.decode import decode
from gencheck.media.types import Limits

OUT = ROOT / "out" / "fuzz"


class Tally:
    """What became of the mutants."""

    def __init__(self) -> None:
        self.same = 0
        self.explained = 0
        self.known: dict[str, list[str]] = {}
        self.crashes: dict[str, list[str]] = {}
        self.unexplained: dict[str, list[str]] = {}
        self.failed: list[str] = []
        self.ours_ms = 0.0
        self.theirs_ms = 0.0

    def add(self, asset: Asset, found: Difference) -> None:
        """Count the differences of one mutant by their kinds."""
        if found.theirs == found.ours:
            self.same += 1
            return
        for name in explain(found):
            self.known.setdefault(name, []).append(asset.name)
        sides = [("only theirs", key) for key in found.theirs.elements()]
        sides += [("only ours", key) for key in found.ours.elements()]
        self.explained += not sides
        for side, (code, severity, where) in sides:
            kind = f"{side}: {code} {severity} {re.sub('[0-9]+', 'N', where)}"
            self.unexplained.setdefault(kind, []).append(asset.name)

    def add_crash(self, asset: Asset, message: str) -> None:
        """Count a mutant that the validator throws at."""
        reason = next((why for text, why in CRASHES.items() if re.search(text, message)), "")
        group = self.crashes if reason else self.unexplained
        group.setdefault(reason or f"the validator throws: {message}", []).append(asset.name)

    def print(self) -> None:
        """All figures, with one example each."""
        crashed = sum(map(len, self.crashes.values()))
        print(f"identical {self.same}, explained {self.explained}, the validator throws {crashed}")
        print(f"  ours {self.ours_ms:.0f} ms, the validator {self.theirs_ms:.0f} ms in all")
        for name, names in sorted(self.known.items()):
            print(f"  {len(names)} × {name} ({names[0]}): {KNOWN[name].reason}")
        for reason, names in sorted(self.crashes.items()):
            print(f"  {len(names)} × the validator throws ({names[0]}): {reason}")
        for kind, names in sorted(self.unexplained.items()):
            print(f"  NOT EXPLAINED {len(names)} × {kind} ({names[0]})")
        for failure in self.failed:
            print(f"  FAILED {failure}")


def ours(asset: Asset) -> Counter[Key]:
    """Our issues of an asset and the files beside it."""
    report = validate(read_source(asset.data, packed=asset.packed), loader(asset.folder))
    if report.unchecked:
        raise RuntimeError(f"not all was checked: {report.unchecked}")
    return Counter(map(key_of_ours, report.issues))


def loader(folder: Path | None) -> Callable[[str], bytes | None] | None:
    """Reads what lies in a folder."""
    if folder is None:
        return None

    def load(uri: str) -> bytes | None:
        file = (folder / unquote(uri)).resolve()
        return file.read_bytes() if file.parent == folder.resolve() and file.is_file() else None

    return load


def fuzz(inputs: int, seed: int, peer: Khronos) -> Tally:
    """Ask both about so many mutants."""
    tally, mutator = Tally(), Mutator(seeds())
    for number in range(inputs):
        asset = mutator.mutant(number, seed)
        theirs = peer.ask(asset.data, packed=asset.packed, folder=asset.folder)
        start = time.perf_counter()
        try:
            mine = ours(asset)
        except Exception:  # whatever it is, it is what is looked for
            OUT.mkdir(parents=True, exist_ok=True)
            kept = OUT / f"gltf-{seed}-{number}"
            kept.write_bytes(asset.data)
            tally.failed.append(f"{asset.name} ({kept}): {traceback.format_exc()}")
            continue
        tally.ours_ms += (time.perf_counter() - start) * 1e3
        tally.theirs_ms += theirs.milliseconds
        if theirs.crash:
            tally.add_crash(asset, theirs.crash)
        else:
            tally.add(asset, Difference(asset, theirs.issues - mine, mine - theirs.issues))
    return tally


def show(number: int, seed: int, peer: Khronos) -> None:
    """Print one mutant, and what is said of it by one of the two only."""
    asset = Mutator(seeds()).mutant(number, seed)
    theirs = peer.ask(asset.data, packed=asset.packed, folder=asset.folder)
    mine = ours(asset)
    print(asset.name, asset.data)
    print("the validator:", theirs.crash or dict(theirs.issues - mine))
    print("ours:", dict(mine - theirs.issues))


def detonate() -> None:
    """Print how long what is made to hurt takes, in the memory of a decoding process."""
    limits = Limits()
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    taken: list[tuple[float, str, str]] = []
    for bomb in BOMBS:
        data = bomb.make()
        start = time.process_time()
        try:
            result = type(decode(data, limits, name="bomb.gltf")).__name__
        except GencheckError as error:
            result = type(error).__name__
        taken.append((time.process_time() - start, bomb.name, result))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"glTF: {len(taken)} files made to hurt, {peak:.0f} MiB at most; the slowest:")
    for seconds, name, result in sorted(taken, reverse=True)[:5]:
        print(f"  {seconds:.2f} s of CPU: {name} ({result})")


def main() -> int:
    """Compare, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one mutant")
    options = parser.parse_args()
    try:
        with Khronos() as peer:
            if options.only is not None:
                show(options.only, options.seed, peer)
                return 0
            tally = fuzz(options.inputs, options.seed, peer)
    except Unavailable as error:
        print(f"glTF: not compared: {error}")
        tally = Tally()
    else:
        print(f"glTF: {options.inputs} mutants of seed {options.seed}")
        tally.print()
    detonate()
    return 1 if tally.unexplained or tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())

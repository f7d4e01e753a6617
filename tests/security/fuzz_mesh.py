"""Damaged files of every mesh format through reader and mesh check: ``--inputs 10000 [--seed 1]``.

Each may be judged, or refused with an error that gencheck raises on purpose, in two seconds of CPU
time, in the memory of a decoding process, and may not take its process down; no array may point
out of another. What does anything else is printed and kept in out/fuzz; the exit status is then 1.
Made from seeds; needs no data.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from fuzz import ROOT, damaged
from mesh_seeds import is_package, seeds, with_damage_inside
from numpy.typing import NDArray

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
            assert not (stray := astray(media)), f"{stray} out of range"
            check_mesh(media, deadline=Deadline.after(10 * SECONDS))
        result = type(media).__name__
    except GencheckError as error:
        cause = error.metadata.get("cause")
        result = f"!{cause} in a reader" if cause else type(error).__name__
    except Exception as error:  # whatever it is, it is what is looked for
        result = f"!{type(error).__name__}: {error}"
    taken = time.process_time() - start
    return result if taken <= SECONDS else f"!{taken:.1f} s ({result})"


def astray(mesh: Mesh) -> list[str]:
    """The arrays of a mesh that kernels would read, or read by, out of bounds."""
    count, faces = len(mesh.vertices), len(mesh.faces)
    within = {"faces": _below(mesh.faces, count)}
    if (look := mesh.appearance) is not None:
        rows, parts = count if look.uv is None else len(look.uv), look.parts
        of_corners = look.uv_faces
        within["uv"] = rows == count if of_corners is None else len(of_corners) == faces
        within["uv_faces"] = of_corners is None or _below(of_corners, rows)
        for name in ("second_uv", "normals", "tangents", "colours"):
            values = getattr(look, name)
            within[name] = values is None or len(values) == count
        within["first vertices"] = _rise(parts[:, 3], count)
        within["first faces"] = _rise(parts[:, 4], faces)
        materials = 1 << 31 if look.materials is None else len(look.materials.metallic)
        within["materials"] = _below(parts[:, 2] + 1, materials + 1)
        if look.materials is not None and look.textures is not None and look.images is not None:
            textures, shape = look.textures, look.textures.shape.astype(np.int64)
            within["texture"] = _below(look.materials.texture + 1, len(shape) + 1)
            within["of_texture"] = len(look.images.of_texture) == len(shape)
            within["images"] = _below(look.images.of_texture + 1, len(look.images.state) + 1)
            ends = textures.start + shape.prod(axis=1)
            within["texels"] = _below(ends, len(textures.texels) + 1) and bool((shape >= 0).all())
    if (motion := mesh.motion) is not None and mesh.appearance is not None:
        within["part"] = _below(motion.part, len(mesh.appearance.parts))
        within["first_astray"] = _below(motion.first_astray + 1, count + 1)
    return [name for name, is_within in within.items() if not is_within]


def _below(values: NDArray[np.integer], count: int) -> bool:
    return not values.size or 0 <= int(values.min()) <= int(values.max()) < count


def _rise(firsts: NDArray[np.integer], count: int) -> bool:
    rising = bool((np.diff(firsts) >= 0).all())
    return not len(firsts) or (rising and int(firsts[0]) == 0 and int(firsts[-1]) <= count)


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

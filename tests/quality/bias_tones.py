"""How right skin tones are read: swatches under bad light, and rendered heads of known albedo.

python tests/quality/bias_tones.py [--heads N]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from bias_camera import decode, light_matrix, photograph
from bias_heads import Head, render_head
from bias_rules import dall_eval, heim, shades_of_grey

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.images import ATTRIBUTES, category_of
from gencheck.bias.light import weigh_lights
from gencheck.bias.monk import GROUPS, TONES, swatches
from gencheck.bias.skin import Abstention, SkinReading, read_skin
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

REPORTED = 710_000
"""The first seed of the heads that are reported; ``tune_tones.py`` uses others."""
_SIDE, _EDGE = 192, 48


@dataclass(frozen=True)
class Read:
    """One head: what it is, what was read, and how far off shades-of-grey is, in degrees."""

    tone: int
    light: str
    grey_error: float
    best: int | None
    mass: float
    answer: int | None
    group: str | None
    reason: Abstention | None


def read(picture: Picture, face: Face) -> SkinReading:
    """As an audit reads the only face of a picture."""
    return read_skin(picture, face, light_weights=weigh_lights(picture, [face]))


def read_head(head: Head) -> Read:
    """A head, with landmarks from its geometry."""
    reading = read(head.picture, head.face)
    answer, group = (category_of(reading, name) for name in ATTRIBUTES)
    best = None if reading.masses is None else int(reading.masses.argmax()) + 1
    mass = 0.0 if reading.masses is None else float(reading.masses.max())
    reason = reading.reason or (None if answer else Abstention.UNCERTAIN)
    return Read(
        head.tone,
        head.light,
        _grey_error(head),
        best,
        mass,
        int(answer) if answer else None,
        group,
        reason,
    )


def _grey_error(head: Head) -> float:
    """Degrees in linear RGB by which white is off once the estimated light is taken out."""
    true = light_matrix(head.light) @ np.ones(3)
    left = shades_of_grey(head.picture, head.face.box) / np.maximum(true, 1e-3)
    return float(np.degrees(np.arccos(left.sum() / np.sqrt(3) / np.linalg.norm(left))))


def render(seed: int) -> Head:
    """The head of a seed; tones take turns."""
    tone = seed % 10 + 1
    return render_head(swatches()[tone - 1], tone, seed)


def _read_seed(seed: int) -> Read:
    return read_head(render(seed))


def read_seeds(seeds: Sequence[int]) -> list[Read]:
    """The heads of these seeds, rendered and read on two cores."""
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_read_seed, seeds, chunksize=25))


def card(tone: int, rng: np.random.Generator, *, stops: float, noise: float) -> Picture:
    """A swatch, shaded from one side, in the middle of a grey card."""
    scene = np.full((_SIDE, _SIDE, 3), 0.18)
    inner = slice(_EDGE, _SIDE - _EDGE)
    scene[inner, inner] = decode(swatches()[tone - 1])
    shade = np.linspace(1.0, rng.uniform(0.5, 0.9), _SIDE)
    scene *= shade[:, None, None] if rng.random() < 0.5 else shade[None, :, None]
    return photograph(scene, light="D65", stops=stops, noise=noise, quality=75, rng=rng)


def plain_card(tone: int) -> Picture:
    """A swatch as it is, in the middle of a grey card."""
    picture = np.full((_SIDE, _SIDE, 3), 118, np.uint8)
    picture[_EDGE:-_EDGE, _EDGE:-_EDGE] = swatches()[tone - 1]
    return picture


def _ours(picture: Picture) -> int | None:
    marks = np.array([(76, 86), (116, 86), (96, 104), (80, 122), (112, 122)], np.float32)
    size = float(_SIDE - 2 * _EDGE)
    reading = read(picture, Face(Box(_EDGE, _EDGE, size, size), 1.0, marks))
    return None if reading.masses is None else int(reading.masses.argmax()) + 1


def _patch(rule: Callable[[Picture], int | None]) -> Callable[[Picture], int | None]:
    inner = slice(_EDGE + 4, _SIDE - _EDGE - 4)
    return lambda picture: rule(np.ascontiguousarray(picture[inner, inner]))


def print_swatches(cards: int) -> None:
    """The likeliest tone of each swatch beside two published rules, which see the patch alone."""
    print(f"\nThe ten swatches, plain and as {cards} bad photographs of each")
    print("(shaded by up to half, -0.5 to 0.5 EV, noise to 2.5 % at white, JPEG 75)")
    print("| rule | plain, right | bad, right | bad, within one tone | least of any tone |")
    print("|---|---:|---:|---:|---:|")
    rules = {"gencheck": _ours, "HEIM": _patch(heim), "DALL-Eval": _patch(dall_eval)}
    rng = np.random.default_rng(77)
    bad = [
        (tone, card(tone, rng, stops=rng.uniform(-0.5, 0.5), noise=rng.uniform(0, 0.025)))
        for tone in range(1, 11)
        for _ in range(cards)
    ]
    for name, rule in rules.items():
        plain = sum(rule(plain_card(tone)) == tone for tone in range(1, 11))
        off = np.array([abs((rule(picture) or 99) - tone) for tone, picture in bad])
        least = (off.reshape(10, cards) <= 1).mean(axis=1).min()
        print(
            f"| {name} | {plain}/10 | {(off == 0).mean():.1%} | {(off <= 1).mean():.1%}"
            f" | {least:.0%} |"
        )


def print_heads(found: Sequence[Read], title: str) -> None:
    """What was answered, and how far off it was, by tone and by light."""
    print(f"\n{title}")
    print(
        "| heads | n | answered | mean error, tones | right | mean mass | group answered | right |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, rows in _cuts(found):
        print(_line(name, rows))
    error = {k: _error(found, tones) for k, tones in (("l", (1, 2, 3)), ("d", (7, 8, 9, 10)))}
    print(
        f"error of dark (7-10) over light (1-3): {error['d']:.3f} / {error['l']:.3f} = "
        f"{error['d'] / max(error['l'], 1e-9):.2f}"
    )
    reasons = Counter(row.reason for row in found if row.reason is not None)
    grey = np.array([row.grey_error for row in found])
    print(f"shades-of-grey in these rooms: {np.nanmedian(grey):.1f} degrees off at the median")
    print("not answered: " + "; ".join(f"{n} × {r.value}" for r, n in reasons.most_common()))


def _cuts(found: Sequence[Read]) -> Iterator[tuple[str, list[Read]]]:
    yield "all", list(found)
    for tone in range(1, 11):
        yield f"tone {tone}", [row for row in found if row.tone == tone]
    for light in sorted({row.light for row in found}):
        yield f"light {light}", [row for row in found if row.light == light]


def _line(name: str, rows: Sequence[Read]) -> str:
    told = [row for row in rows if row.answer is not None]
    grouped = [row for row in rows if row.group is not None]
    right = np.mean([row.answer == row.tone for row in told]) if told else np.nan
    mass = np.mean([row.mass for row in told]) if told else np.nan
    group = np.mean([_in_group(row) for row in grouped]) if grouped else np.nan
    return (
        f"| {name} | {len(rows)} | {len(told) / len(rows):.1%} | {_error(rows, range(1, 11)):.3f}"
        f" | {right:.1%} | {mass:.2f} | {len(grouped) / len(rows):.1%} | {group:.1%} |"
    )


def _error(rows: Sequence[Read], tones: Sequence[int]) -> float:
    off = [abs(row.answer - row.tone) for row in rows if row.answer and row.tone in tones]
    return float(np.mean(off)) if off else float("nan")


def _in_group(row: Read) -> bool:
    return row.group is not None and row.tone in GROUPS[row.group]


def print_audit(found: Sequence[Read]) -> None:
    """The audit of a fair set, every tone equally often: SKEWED would be the reader's doing."""
    counts = Counter(str(row.answer) for row in found if row.answer)
    counts_of = {tone: float(counts[tone]) for tone in TONES}
    unread = len(found) - counts.total()
    for name, missing in (("only those read", 0), ("all", unread)):
        table = CountTable("", "skin_tone", counts_of, float(missing))
        audit = audit_tables(state_of([table]), {}, deadline=NO_DEADLINE).audits[0]
        print(
            f"audit of {name}: {audit.finding.name}, distance {audit.distance:.2f}, "
            f"bounds {audit.distance_low:.2f} to {audit.distance_high:.2f}"
        )


def print_tones(heads: int = 1000, cards: int = 50) -> None:
    """Print both tables."""
    print_swatches(cards)
    found = read_seeds(range(REPORTED, REPORTED + heads))
    print_heads(found, f"{heads} rendered heads, -1 to 1 EV, five lights, no white balance")
    print_audit(found)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=int, default=1000)
    parser.add_argument("--cards", type=int, default=50, help="bad photographs of each swatch")
    chosen = parser.parse_args()
    print_tones(chosen.heads, chosen.cards)
    return 0


if __name__ == "__main__":
    sys.exit(main())

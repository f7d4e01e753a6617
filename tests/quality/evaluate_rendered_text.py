"""How well words are read and judged: ``python tests/quality/evaluate_rendered_text.py``.

Text of ``rendered_text.py`` is read by gencheck's text reader, by RapidOCR as it comes (the same
models) and by Tesseract as it comes, where they are installed. Printed for each: how many texts are
read exactly (some run of words spells it; case and punctuation do not count), the character error
rate of the nearest run, and what is said of the claim that the text stands there, and of the claim
that it stands there with one letter replaced, left out or put in. Half of the pictures are
themselves spelt wrong, so that guessing words does not help. The others say yes where the text was
read exactly and no otherwise. gencheck may also leave it open; what it reads is its first reading,
its claims and its time are of both.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from artifact_pictures import photo_paths, read_photo
from artifact_statistics import wilson
from installed_roles import with_roles
from rendered_text import HARMS, Drawn, drawn, halves

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.look import read_again
from gencheck.consistency.verify.text import edit_distance, judge_readings, normalise
from gencheck.deadline import NO_DEADLINE
from gencheck.vision.roles import Picture, Roles, TextReader

Said = tuple[str, ClaimStatus, ClaimStatus]
"""What was read, and what is said of the right claim and of the wrong one."""
_WEIGHTS = {"right": 0.5, "one letter wrong": 0.25, "not there": 0.25}
"""Of claims, for probabilities: half are right."""
Peer = Callable[[Drawn], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One picture: the share of characters read wrong, and what is said of both claims."""

    picture: Drawn
    errors: int
    length: int
    right: ClaimStatus
    wrong: ClaimStatus


def main() -> int:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", choices=("train", "measure"), default="measure")
    arguments.add_argument("--each", type=int, default=6, help="pictures of each ground and harm")
    arguments.add_argument("--show", action="store_true", help="print gencheck's misses")
    arguments.add_argument("--only", default="", help="one reader")
    options = arguments.parse_args()

    async def evaluate(data: Path, roles: Roles) -> None:
        await _evaluate(data, roles, options)

    return with_roles(evaluate)


async def _evaluate(data: Path, roles: Roles, options: argparse.Namespace) -> None:
    if roles.text is None:
        print("no text reader: gencheck models install embedded")
        return
    fonts, words, missing = halves(options.half)
    print(f"{len(fonts)} fonts, {len(words)} words of the half {options.half}")
    if missing:
        print(f"fonts skipped that are not installed: {', '.join(missing)}")
    split = "evaluate" if options.half == "measure" else "fix"
    paths = next(iter(photo_paths(data, split).values()))[:40]
    pictures = list(drawn([read_photo(path) for path in paths], fonts, words, options.each))
    if options.only in ("", "probabilities"):
        await _probabilities(pictures, roles.text)
    for name, ask in _peers(roles.text).items():
        if options.only in ("", name):
            await _print(name, ask, pictures, show=options.show and name == "gencheck")


def _peers(reader: TextReader) -> dict[str, Peer]:
    async def gencheck(picture: Drawn) -> Said:
        lines = await reader.read(picture.pixels, deadline=NO_DEADLINE)
        claims = (picture.written, picture.other)
        again = await read_again(picture.pixels, reader, NO_DEADLINE)
        right, wrong = (judge_readings(claim, lines, again).status for claim in claims)
        return " ".join(line.text for line in lines), right, wrong

    peers: dict[str, Peer] = {"gencheck": gencheck}
    try:
        peers["RapidOCR"] = _plain(_rapidocr())
    except ImportError:
        print("RapidOCR skipped: not installed")
    if shutil.which("tesseract"):
        peers["Tesseract"] = _plain(_tesseract)
    else:
        print("Tesseract skipped: not installed (Debian: tesseract-ocr)")
    return peers


async def _probabilities(pictures: Sequence[Drawn], reader: TextReader) -> None:
    """How often claims are right for which the check tells a probability, and how many there are.

    A third claim is of the next picture's words that are not alike any that was read here.
    """
    shares: dict[float | None, dict[str, float]] = {}
    for at, picture in enumerate(pictures):
        first = await reader.read(picture.pixels, deadline=NO_DEADLINE)
        second = await read_again(picture.pixels, reader, NO_DEADLINE)
        text = " ".join(line.text for line in (*first, *second)) + " " + picture.written
        others = (pictures[(at + step) % len(pictures)].written for step in range(1, len(pictures)))
        absent = next(other for other in others if nearest(other, text) > 0.4 * len(other))
        claims = zip(_WEIGHTS.items(), (picture.written, picture.other, absent), strict=True)
        for (kind, weight), claim in claims:
            told = judge_readings(claim, first, second).probability
            row = shares.setdefault(told, dict.fromkeys(_WEIGHTS, 0.0))
            row[kind] += weight / len(pictures)
    print("Probability told, share of claims, of these right (left open where none is told)")
    error = 0.0
    for told, row in sorted(shares.items(), key=lambda item: item[0] or 0.0):
        total, right = sum(row.values()), row["right"]
        error += 0.0 if told is None else abs(told * total - right)
        kinds = ", ".join(f"{kind} {share:.3f}" for kind, share in row.items())
        print(
            f"  {'none' if told is None else told:>5}  {total:.3f}  {right / total:.3f}   ({kinds})"
        )
    print(f"  calibration error {error:.3f}\n")


def _plain(read: Callable[[Picture], str]) -> Peer:
    """Yes where the text is among what was read, no where it is not."""

    async def ask(picture: Drawn) -> Said:
        text = read(picture.pixels)
        right, wrong = (
            ClaimStatus.SUPPORTED if nearest(claim, text) == 0 else ClaimStatus.CONTRADICTED
            for claim in (picture.written, picture.other)
        )
        return text, right, wrong

    return ask


def _rapidocr() -> Callable[[Picture], str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from rapidocr import RapidOCR

        engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(picture: Picture) -> str:
        found = engine(np.ascontiguousarray(picture[:, :, ::-1]))
        return " ".join(found.txts or ())

    return read


def _tesseract(picture: Picture) -> str:
    data = cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()
    command = ["tesseract", "stdin", "stdout"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()


def nearest(wanted: str, text: str) -> int:
    """Edits from the wanted text to the nearest run of whole words, at most its length."""
    target = normalise(wanted).replace(" ", "")
    words = normalise(text).split()
    best = len(target)
    for start in range(len(words)):
        joined = ""
        for word in words[start:]:
            joined += word
            best = min(best, edit_distance(target, joined))
            if len(joined) > 2 * len(target):
                break
    return best


async def _print(name: str, ask: Peer, pictures: Sequence[Drawn], *, show: bool) -> None:
    outcomes, took = [], []
    for picture in pictures:
        start = time.perf_counter()
        text, right, wrong = await ask(picture)
        took.append(time.perf_counter() - start)
        length = len(normalise(picture.written).replace(" ", ""))
        one = Outcome(picture, nearest(picture.written, text), length, right, wrong)
        outcomes.append(one)
        if show and (one.errors or right.name[0] + wrong.name[0] != "SC"):
            verdicts = right.name[0] + wrong.name[0]
            print(f"  {picture.ground:5} {picture.harm:12} {picture.font:24} “{picture.written}” "
                  f"read “{text[:60]}”, not “{picture.other}”: {verdicts}")  # fmt: skip
    print(f"{name}, median {1000 * np.median(took):.0f} ms a picture")
    print(f"  {'':18}{'n':>4}  exact                  CER"
          f"                  right S/C/U   wrong S/C/U   judged  accuracy")  # fmt: skip
    for ground in ("plain", "photo"):
        for harm in HARMS:
            row = [o for o in outcomes if (o.picture.ground, o.picture.harm) == (ground, harm)]
            _row(f"{ground} {harm}", row)
    _row("clean", [one for one in outcomes if one.picture.harm == "clean"])
    _row("degraded", [one for one in outcomes if one.picture.harm != "clean"])
    _row("all", outcomes)
    print()


def _row(name: str, outcomes: Sequence[Outcome]) -> None:
    count = len(outcomes)
    exact = sum(one.errors == 0 for one in outcomes)
    low, high = wilson(exact, count)
    rate, least, most = error_rate(outcomes)
    right = [sum(one.right is status for one in outcomes) for status in _ORDER]
    wrong = [sum(one.wrong is status for one in outcomes) for status in _ORDER]
    decided = sum(right[:2] + wrong[:2])
    good = right[0] + wrong[1]
    sure_low, sure_high = wilson(good, decided) if decided else (0.0, 1.0)
    print(f"  {name:18}{count:4}  {exact / count:.3f} ({low:.3f}-{high:.3f})  "
          f"{rate:.3f} ({least:.3f}-{most:.3f})  {'/'.join(map(str, right)):>12}  "
          f"{'/'.join(map(str, wrong)):>12}   {decided / (2 * count):.3f}  "
          f"{good / max(1, decided):.3f} ({sure_low:.3f}-{sure_high:.3f})")  # fmt: skip


_ORDER = (ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED)


def error_rate(outcomes: Sequence[Outcome]) -> tuple[float, float, float]:
    """Edits per character over all, with a 95 % interval over pictures drawn again."""
    errors = np.asarray([one.errors for one in outcomes])
    lengths = np.asarray([one.length for one in outcomes])
    rows = np.random.default_rng(0).integers(0, len(errors), (500, len(errors)))
    rates = errors[rows].sum(axis=1) / lengths[rows].sum(axis=1)
    low, high = np.quantile(rates, (0.025, 0.975))
    return float(errors.sum() / lengths.sum()), float(low), float(high)


if __name__ == "__main__":
    sys.exit(main())

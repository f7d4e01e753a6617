"""Right and wrong claims about real pictures: how many are judged, and how many of those rightly.

Claims are made from coco128's labels: for every right claim a wrong one, so that saying "yes" to
everything scores 0.5. Thresholds were fixed on train2017; val2017 measures.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from coco_photos import Photo, Remembering, photos, read
from consistency_calibrated import Asked, Case, print_calibration
from consistency_colours import print_colours
from consistency_detector import print_detector
from consistency_pairs import print_pairs
from consistency_unrequested import print_unrequested
from installed_roles import install_everything

from gencheck.consistency.check import ClaimResult, check_consistency
from gencheck.consistency.claims import (
    AbsenceClaim,
    AttributeClaim,
    ClaimStatus,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    TextClaim,
)
from gencheck.deadline import NO_DEADLINE
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Picture, Roles

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
_ABSENT_STEPS = (17, 41)  # pictures whose things are asked of this one: a fixed, blind choice


def evaluate_judging(data: Path, split: str) -> None:
    """Print the tables of each object detector that can be installed here, and of none."""
    asyncio.run(_evaluate(data, split))


async def _evaluate(data: Path, split: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder), shipped_models())
        install_everything(store)
        backend = EmbeddedBackend(Path(folder), threads=2)
        try:
            await print_colours(data / "coco128", split)
            for entry in store.catalog:
                if entry.role == "segmenter" and await backend.ready(entry.name):
                    played = await build_roles(backend, {entry.role: entry.name})
                    await print_colours(data / "coco128", split, played.segments)
            players = store.players("standard")
            others = {role: name for role, name in players.items() if role != "object_detector"}
            await _judge(data, split, "no object detector", await build_roles(backend, others))
            for entry in store.catalog:
                if entry.role == "object_detector" and await backend.ready(entry.name):
                    roles = await build_roles(backend, others | {entry.role: entry.name})
                    await _judge(data, split, entry.name, roles)
        finally:
            await backend.aclose()


async def _judge(data: Path, split: str, title: str, roles: Roles) -> None:
    if roles.objects is not None:
        roles = Roles(roles.faces, Remembering(roles.objects), roles.text)
        await print_detector(data / "coco128", split, roles.objects)
        fitted = await judged_photos(data / "coco128", "train2017", Roles(objects=roles.objects))
        asked = await judged_photos(data / "coco128", split, Roles(objects=roles.objects))
        print_calibration(title, fitted, asked)
        await print_unrequested(data / "coco128", split, title, Roles(objects=roles.objects))
        await print_pairs(data / "coco128", title, Roles(objects=roles.objects))
    asked = await judged_photos(data / "coco128", split, roles)
    for picture, case in _written(data / "ocr_mmocr/rec_toy_dataset"):
        asked.append(await _ask(picture, case, roles))
    _print(f"Judging with {title}, coco128/{split} and MMOCR's words", asked)
    await _generated(data / "gen_prompt_image", roles, title)


async def judged_photos(root: Path, split: str, roles: Roles) -> list[Asked]:
    """Every claim about every photo of a split, judged."""
    asked = []
    found = photos(root, split)
    for at, photo in enumerate(found):
        picture = read(photo.path)
        others = [found[(at + step) % len(found)] for step in _ABSENT_STEPS]
        asked.extend([await _ask(picture, case, roles) for case in _cases(photo, others)])
    return asked


async def _ask(picture: Picture, case: Case, roles: Roles) -> Asked:
    report = await check_consistency([picture], case.prompt, roles, {}, deadline=NO_DEADLINE)
    found = (r for r in report.claims if isinstance(r.claim.claim, case.kind))
    return Asked(case, next(found, None))


def _print(title: str, asked: list[Asked]) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for one in asked:
        side = "right" if one.case.true else "wrong"
        said = f"{side} {one.result.status.name}" if one.result else "unparsed"
        table[one.case.group][said] += 1
    print(title)
    print(
        f"  {'claim':26} {'n':>5} {'judged':>7} {'accuracy':>9}   right claims S/C/U, wrong S/C/U"
    )
    for group, counts in sorted(table.items()):
        right = [counts[f"right {s.name}"] for s in ClaimStatus]
        wrong = [counts[f"wrong {s.name}"] for s in ClaimStatus]
        total, decided = sum(right + wrong), sum(right[:2] + wrong[:2])
        # Balanced: right and wrong claims weigh the same, however many there are of each.
        good = right[0] / max(1, sum(right)) + wrong[1] / max(1, sum(wrong))
        bad = right[1] / max(1, sum(right)) + wrong[0] / max(1, sum(wrong))
        accuracy = f"{good / (good + bad):9.3f}" if good + bad else f"{'–':>9}"
        unparsed = f"  unparsed {counts['unparsed']}" if counts["unparsed"] else ""
        print(
            f"  {group:26} {total:5} {decided / max(1, total):7.3f} {accuracy}   {right} {wrong}"
            + unparsed
        )
    print()


def _cases(photo: Photo, others: list[Photo]) -> Iterator[Case]:
    """Claims about one photo: what is there, what is not, how many, where."""
    absent = {name for other in others for name in other.counts} - set(photo.counts)
    # "a mouse" is an animal to a reader and a device to COCO: no claim is made of it.
    for name in sorted(set(photo.counts) - {"mouse"}):
        size = max((w * h for _, _, w, h in photo.boxes.get(name, [])), default=0.0)
        group = "person" if name == "person" else "object ≥1 %" if size >= 0.01 else "object <1 %"
        yield Case(f"a photo of a {name}", ObjectClaim, True, group)
        yield Case(f"a photo with no {name}", AbsenceClaim, False, "absence")
        yield from _counts(name, photo)
    for name in sorted(absent - {"mouse"}):
        groups = ("person",) if name == "person" else ("object ≥1 %", "object <1 %")
        for group in groups:
            yield Case(f"a photo of a {name}", ObjectClaim, False, group)
        yield Case(f"a photo with no {name}", AbsenceClaim, True, "absence")
    yield from _places(photo)
    yield from _sides(photo)


def _counts(name: str, photo: Photo) -> Iterator[Case]:
    n = photo.counts[name]
    if n > 6:
        return
    sizes = [w * h for _, _, w, h in photo.boxes.get(name, [])]
    group = "count, all ≥1 %" if min(sizes, default=0.0) >= 0.01 else "count, some <1 %"
    for m, true in ((n, True), (n + 1, False), (n - 1, False)):
        if m < 1:
            continue
        plural = name if name.endswith("s") or m == 1 else f"{name}s"
        side = "" if true else " n+1" if m > n else " n−1"
        case = Case(f"a photo of {_NUMBERS[m]} {plural}", CountClaim, true, f"{group}")
        yield case
        if side:
            yield Case(case.prompt, CountClaim, true, f"{group}{side}")


def _places(photo: Photo) -> Iterator[Case]:
    """Pairs of things that stand there once each, clearly beside or above each other."""
    lone = sorted(name for name, boxes in photo.boxes.items() if len(boxes) == 1)
    for i, a in enumerate(lone):
        for b in lone[i + 1 :]:
            (ax, ay, aw, ah), (bx, by, bw, bh) = photo.boxes[a][0], photo.boxes[b][0]
            if "mouse" in (a, b):
                continue
            if abs(ax - bx) > (aw + bw) / 2:
                first, second = ("left of", "right of") if ax < bx else ("right of", "left of")
            elif abs(ay - by) > (ah + bh) / 2:
                first, second = ("above", "below") if ay < by else ("below", "above")
            else:
                continue
            yield Case(f"a {a} {first} a {b}", RelationClaim, True, "relation")
            yield Case(f"a {a} {second} a {b}", RelationClaim, False, "relation")


def _sides(photo: Photo) -> Iterator[Case]:
    """Things that are there once, wholly in one half of the photo."""
    for name, boxes in sorted(photo.boxes.items()):
        (x, _, width, _) = boxes[0]
        if len(boxes) == 1 and name != "mouse" and abs(x - 0.5) >= width / 2:
            for side in ("left", "right"):
                true = (x < 0.5) == (side == "left")
                yield Case(f"a {name} on the {side}", AttributeClaim, true, "position")


def _written(root: Path) -> Iterator[tuple[Picture, Case]]:
    """MMOCR's word crops on a canvas: the word, and the word with one letter changed."""
    for path in sorted(root.glob("*.json*")):
        text = path.read_text()
        try:
            rows = json.loads(text)
        except json.JSONDecodeError:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        if isinstance(rows, dict):
            rows = rows.get("data_list", [])
        for row in rows:
            name = row.get("filename") or row.get("img_path")
            word = row.get("text") or row["instances"][0]["text"]
            found = next(root.rglob(Path(name).name), None)
            if found is None or len(word) < 3:
                continue
            picture = _on_canvas(read(found))
            yield picture, Case(f'a sign with "{word}"', TextClaim, True, "text")
            letter = "X" if word[1].upper() != "X" else "K"
            wrong = word[0] + letter + word[2:]
            yield picture, Case(f'a sign with "{wrong}"', TextClaim, False, "text")
        return


def _on_canvas(crop: Picture) -> Picture:
    height, width = crop.shape[:2]
    scale = 160 / width
    crop = cv2.resize(crop, (160, max(24, round(height * scale)))).astype(np.uint8)
    canvas = np.full((320, 480, 3), int(np.median(crop)), np.uint8)
    canvas[100 : 100 + crop.shape[0], 150:310] = crop[:200]
    return canvas


async def _generated(root: Path, roles: Roles, title: str) -> None:
    """Generated pictures with their own prompt and with the others'."""
    rows = [row for row in json.loads((root / "manifest.json").read_text()) if row["prompt"]]
    own: Counter[str] = Counter()
    other: Counter[str] = Counter()
    print(f"Generated pictures with {title}: claims of their own prompt")
    for row in rows:
        picture = read(root / row["image"])
        for rival in rows:
            report = await check_consistency(
                [picture], rival["prompt"], roles, {}, deadline=NO_DEADLINE
            )
            counts = own if rival is row else other
            counts.update(result.status.name for result in report.claims)
            if rival is row:
                decided = [_short(result) for result in report.claims if _decided(result)]
                print(f"  {row['prompt'][:52]:52} {report.coverage:5.2f}  {'; '.join(decided)}")
    for name, counts in (("own prompts", own), ("others' prompts", other)):
        print(f"  {name:16} {dict(sorted(counts.items()))}")
    print()


def _decided(result: ClaimResult) -> bool:
    return result.status is not ClaimStatus.UNVERIFIED


def _short(result: ClaimResult) -> str:
    return f"{result.status.name[0]} {result.claim.kind} “{result.claim.span.text}”"

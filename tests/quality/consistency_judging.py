"""Right and wrong claims about real pictures: how many are judged, and how many of those rightly.

Claims are made from coco128's labels: for every right claim a wrong one, so that saying "yes" to
everything scores 0.5. Thresholds were fixed on train2017; val2017 measures.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gencheck.consistency.check import ClaimResult, check_consistency
from gencheck.consistency.claims import (
    AbsenceClaim,
    ClaimStatus,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    TextClaim,
)
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import GencheckError
from gencheck.findings import ModelUsed
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import DetectedObject, ObjectDetector, Picture, Roles

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven")
_ABSENT_STEPS = (17, 41)  # pictures whose things are asked of this one: a fixed, blind choice


@dataclass(frozen=True, slots=True)
class _Case:
    prompt: str
    kind: type
    true: bool
    group: str


@dataclass(slots=True)
class _Photo:
    path: Path
    counts: dict[str, int]
    boxes: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)


class _Remembering:
    """An object detector that looks at the same pixels once."""

    def __init__(self, inner: ObjectDetector) -> None:
        self._inner = inner
        self.model: ModelUsed = inner.model
        self.labels = inner.labels
        self._seen: dict[int, list[DetectedObject]] = {}

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """As the inner one."""
        key = hash(picture.tobytes())
        if key not in self._seen:
            self._seen[key] = await self._inner.detect(picture, deadline=deadline)
        return self._seen[key]


def evaluate_judging(data: Path, split: str) -> None:
    """Print a table for each profile that can be installed here."""
    asyncio.run(_evaluate(data, split))


async def _evaluate(data: Path, split: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder), shipped_models())
        weights = os.environ.get("GENCHECK_WEIGHTS")
        for profile in ("embedded", "standard"):
            source = Path(weights) if weights else None
            try:
                store.install(profile, source_dir=source)
            except GencheckError as error:
                print(f"judging with {profile}: skipped, {error}")
                continue
            backend = EmbeddedBackend(Path(folder), threads=2)
            try:
                roles = await build_roles(backend, store.players(profile))
                await _profile(data, split, profile, roles)
            finally:
                await backend.aclose()


async def _profile(data: Path, split: str, profile: str, roles: Roles) -> None:
    if roles.objects is not None:
        roles = Roles(roles.faces, _Remembering(roles.objects), roles.text)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    photos = _photos(data / "coco128", split)
    for at, photo in enumerate(photos):
        picture = _read(photo.path)
        for case in _cases(photo, [photos[(at + step) % len(photos)] for step in _ABSENT_STEPS]):
            await _ask(picture, case, roles, table)
    for picture, case in _written(data / "ocr_mmocr/rec_toy_dataset"):
        await _ask(picture, case, roles, table)
    title = f"Judging with the {profile} profile, coco128/{split} and MMOCR's words"
    _print(title, table)
    await _generated(data / "gen_prompt_image", roles, profile)


async def _ask(picture: Picture, case: _Case, roles: Roles, table: dict[str, Counter[str]]) -> None:
    report = await check_consistency([picture], case.prompt, roles, {}, deadline=NO_DEADLINE)
    for result in report.claims:
        if isinstance(result.claim.claim, case.kind):
            side = "right" if case.true else "wrong"
            table[case.group][f"{side} {result.status.name}"] += 1
            return
    table[case.group]["unparsed"] += 1


def _print(title: str, table: dict[str, Counter[str]]) -> None:
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


def _photos(root: Path, split: str) -> list[_Photo]:
    names = (shipped_models() / "repository/yolox_nano/labels.txt").read_text().splitlines()
    photos = []
    for line in (root / "counts.jsonl").read_text().splitlines():
        row = json.loads(line)
        path = root / row["image"]
        if path.parent.name != split or not path.is_file():
            continue
        photo = _Photo(path, row["counts"])
        labels = root / "object_detection/labels" / split / f"{path.stem}.txt"
        for label in labels.read_text().splitlines() if labels.is_file() else []:
            index, *box = label.split()
            x, y, width, height = (float(value) for value in box)
            photo.boxes.setdefault(names[int(index)], []).append((x, y, width, height))
        photos.append(photo)
    return photos


def _read(path: Path) -> Picture:
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(pixels, np.uint8)


def _cases(photo: _Photo, others: list[_Photo]) -> Iterator[_Case]:
    """Claims about one photo: what is there, what is not, how many, where."""
    absent = {name for other in others for name in other.counts} - set(photo.counts)
    # "a mouse" is an animal to a reader and a device to COCO: no claim is made of it.
    for name in sorted(set(photo.counts) - {"mouse"}):
        size = max((w * h for _, _, w, h in photo.boxes.get(name, [])), default=0.0)
        group = "person" if name == "person" else "object ≥1 %" if size >= 0.01 else "object <1 %"
        yield _Case(f"a photo of a {name}", ObjectClaim, True, group)
        yield _Case(f"a photo with no {name}", AbsenceClaim, False, "absence")
        yield from _counts(name, photo)
    for name in sorted(absent - {"mouse"}):
        groups = ("person",) if name == "person" else ("object ≥1 %", "object <1 %")
        for group in groups:
            yield _Case(f"a photo of a {name}", ObjectClaim, False, group)
        yield _Case(f"a photo with no {name}", AbsenceClaim, True, "absence")
    yield from _places(photo)


def _counts(name: str, photo: _Photo) -> Iterator[_Case]:
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
        case = _Case(f"a photo of {_NUMBERS[m]} {plural}", CountClaim, true, f"{group}")
        yield case
        if side:
            yield _Case(case.prompt, CountClaim, true, f"{group}{side}")


def _places(photo: _Photo) -> Iterator[_Case]:
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
            yield _Case(f"a {a} {first} a {b}", RelationClaim, True, "relation")
            yield _Case(f"a {a} {second} a {b}", RelationClaim, False, "relation")


def _written(root: Path) -> Iterator[tuple[Picture, _Case]]:
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
            picture = _on_canvas(_read(found))
            yield picture, _Case(f'a sign with "{word}"', TextClaim, True, "text")
            letter = "X" if word[1].upper() != "X" else "K"
            wrong = word[0] + letter + word[2:]
            yield picture, _Case(f'a sign with "{wrong}"', TextClaim, False, "text")
        return


def _on_canvas(crop: Picture) -> Picture:
    height, width = crop.shape[:2]
    scale = 160 / width
    crop = cv2.resize(crop, (160, max(24, round(height * scale)))).astype(np.uint8)
    canvas = np.full((320, 480, 3), int(np.median(crop)), np.uint8)
    canvas[100 : 100 + crop.shape[0], 150:310] = crop[:200]
    return canvas


async def _generated(root: Path, roles: Roles, profile: str) -> None:
    """Generated pictures with their own prompt and with the others'."""
    rows = [row for row in json.loads((root / "manifest.json").read_text()) if row["prompt"]]
    own: Counter[str] = Counter()
    other: Counter[str] = Counter()
    print(f"Generated pictures with the {profile} profile: claims of their own prompt")
    for row in rows:
        picture = _read(root / row["image"])
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

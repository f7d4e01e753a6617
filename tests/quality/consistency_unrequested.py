"""People that nobody asked for: how often real photos with ordinary prompts bring the finding.

Photos are asked for by one other thing that they show, and by their own captions as far as these
name nobody. Whether somebody is there, and how large, is known from coco128's labels.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from coco_photos import Photo, photos, read

from gencheck.consistency.check import check_consistency
from gencheck.consistency.verify.people import LARGE
from gencheck.deadline import NO_DEADLINE
from gencheck.vision.roles import Picture, Roles


async def print_unrequested(root: Path, split: str, title: str, roles: Roles) -> None:
    """Photos with the finding, by who is in them."""
    asked, told = Counter[str](), Counter[str]()
    own, shown = [0, 0], set[str]()
    captions = _captions(root)
    for photo in photos(root, split):
        picture = read(photo.path)
        others = sorted(set(photo.counts) - {"person", "mouse"})
        if others:
            found = await _found(picture, f"a photo of a {others[0]}", roles)
            asked[_people(photo)] += 1
            told[_people(photo)] += bool(found)
        for caption in captions.get(photo.path.name, ()):
            found = await _found(picture, caption, roles)
            if found is not None:
                own[0] += found
                own[1] += 1
                shown |= {caption} if found else set()
    print(f"People unasked with {title}, coco128/{split}: photos with the finding")
    for who in sorted(asked):
        print(f"  {who:28} {told[who]} of {asked[who]}")
    print(f"  own captions that name nobody {own[0]} of {own[1]}: {'; '.join(sorted(shown))}\n")


async def _found(picture: Picture, prompt: str, roles: Roles) -> bool | None:
    """Whether a person is told of; ``None``: the prompt may mean people, or no detector looked."""
    report = await check_consistency([picture], prompt, roles, {}, deadline=NO_DEADLINE)
    values = [m.value for m in report.measurements if m.code == "UNREQUESTED_PERSON"]
    return any(values) if values else None


def _people(photo: Photo) -> str:
    if not photo.counts.get("person"):
        return "nobody is there"
    large = any(w * h >= LARGE for _, _, w, h in photo.boxes.get("person", ()))
    return f"somebody of ≥ {LARGE:.0%}" if large else "somebody smaller"


def _captions(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in json.loads((root / "sugarcrepe_pairs.json").read_text()):
        found.setdefault(Path(row["image"]).name, set()).add(row["caption"])
    return found

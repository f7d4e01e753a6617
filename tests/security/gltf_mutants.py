"""Mutants of glTF assets: structure, numbers, text, binary and containers, several changes each."""

from __future__ import annotations

import base64
import copy
import json
import random
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Path_ = tuple[Any, ...]

_ODD: tuple[Any, ...] = (
    *(None, True, False, [], {}, "", "a", [None], [{}], [[]], {"a": {}}, "data:", "x.png", "../x"),
    *(0, 1, 2, 3, 4, -1, 0.5, 1.5, 1.0, 1e300, 2**31, 2**40, 255, 65535, [0], [0, 0], [3], [-1.5]),
    *([0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0], [0.25] * 4, {"": 0}, "a~b/c", "\u00e9 %41"),
)
_DATA_URI = re.compile(r"data:[^,]*;base64,")


@dataclass(frozen=True)
class Asset:
    """A document as bytes, and where the files beside it are."""

    name: str
    data: bytes
    packed: bool = False
    folder: Path | None = None


class Mutator:
    """Makes mutants of seeds; what one seed has may turn up in another."""

    def __init__(self, seeds: Sequence[Asset]) -> None:
        self.seeds = seeds
        self._parts: dict[str, list[Any]] = {}
        for seed in seeds:
            document = document_of(seed)
            if document is not None:
                self._collect(document)

    def mutant(self, number: int, seed: int) -> Asset:
        """The mutant of a number; the same each time."""
        rng = random.Random(f"{seed} {number}")
        asset = self.seeds[number % len(self.seeds)]
        document = document_of(asset)
        if document is None or rng.random() < 0.02:
            return _replace(asset, number, _bytes_changed(asset.data, rng))
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
            self._change(document, rng)
        text = _text(document, rng)
        if not asset.packed:
            return _replace(asset, number, text)
        return _replace(asset, number, _container(text, asset.data, rng))

    def _collect(self, value: Any, name: str = "") -> None:
        """Keep every value under the name of its member, and entries under that of their list."""
        inner = value.items() if isinstance(value, dict) else ((name + "[]", v) for v in value)
        for key, entry in inner:
            self._parts.setdefault(key, []).append(entry)
            if isinstance(entry, dict | list):
                self._collect(entry, key)

    def _change(self, document: Any, rng: random.Random) -> None:
        """One change somewhere; most of them keep the types."""
        places = _places(document)
        if not places:
            return
        path = rng.choice(places)
        holder: Any = document
        for key in path[:-1]:
            holder = holder[key]
        changes: tuple[tuple[int, Callable[..., None]], ...] = (
            (6, self._splice),
            (6, _near),
            (3, _odd),
            (2, _remove),
            (2, _double),
            (2, self._add_member),
            (1, _rename),
            (1, _swap),
        )
        weights = [weight for weight, _ in changes]
        change = rng.choices([c for _, c in changes], weights)[0]
        change(holder, path[-1], rng)

    def _splice(self, holder: Any, key: Any, rng: random.Random) -> None:
        """What another asset has at a member of this name."""
        name = key if isinstance(holder, dict) else None
        known = self._parts.get(name or "", ())
        if known:
            holder[key] = copy.deepcopy(rng.choice(known))
        else:
            _near(holder, key, rng)

    def _add_member(self, holder: Any, key: Any, rng: random.Random) -> None:
        """A member of any name with a value that it has somewhere; a list gets one more entry."""
        if isinstance(holder, dict):
            name = rng.choice([n for n in self._parts if not n.endswith("[]")])
            holder[name] = copy.deepcopy(rng.choice(self._parts[name]))
        else:
            holder.append(copy.deepcopy(rng.choice(holder)))


def _replace(asset: Asset, number: int, data: bytes) -> Asset:
    return Asset(f"{number} of {asset.name}", data, asset.packed, asset.folder)


def document_of(asset: Asset) -> Any:
    data = asset.data
    if asset.packed:
        if len(data) < 20:
            return None
        (size,) = struct.unpack_from("<I", data, 12)
        data = data[20 : 20 + size]
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _places(value: Any, path: Path_ = ()) -> list[Path_]:
    """The way to every value but the first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[Path_] = []
    for key, entry in inner:
        found.append((*path, key))
        if isinstance(entry, dict | list):
            found += _places(entry, (*path, key))
    return found


def _near(holder: Any, key: Any, rng: random.Random) -> None:
    """Another value of the same type."""
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = rng.choice(
            (value + 1, value - 1, 0, value * 2, -value, value + 4, value // 2)
        )
    elif isinstance(value, float):
        holder[key] = rng.choice((value * 1.001, -value, 0.0, value + 1, value / 3))
    elif isinstance(value, str):
        holder[key] = _near_text(value, rng)
    elif isinstance(value, list):
        if value and rng.random() < 0.6:
            del value[rng.randrange(len(value))]
        else:
            rng.shuffle(value)
    elif isinstance(value, dict) and value:
        del value[rng.choice(list(value))]


def _near_text(value: str, rng: random.Random) -> str:
    match = _DATA_URI.match(value)
    if match is None:
        words = (
            "MASK",
            "BLEND",
            "STEP",
            "CUBICSPLINE",
            "VEC2",
            "VEC4",
            "MAT2",
            "SCALAR",
            "weights",
        )
        return rng.choice((value[:-1], value.lower(), value + "1", *words, "rotation", "scale"))
    try:
        data = base64.b64decode(value[match.end() :])
    except ValueError:
        return value[:-1]
    if rng.random() < 0.1:
        return value[: rng.randrange(len(value))]
    return match.group() + base64.b64encode(_bytes_changed(data, rng)).decode()


def _odd(holder: Any, key: Any, rng: random.Random) -> None:
    holder[key] = copy.deepcopy(rng.choice(_ODD))


def _remove(holder: Any, key: Any, rng: random.Random) -> None:
    del holder[key]


def _double(holder: Any, key: Any, rng: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    else:
        holder[key] = [copy.deepcopy(holder[key])] * rng.choice((1, 2))


def _rename(holder: Any, key: Any, rng: random.Random) -> None:
    """A member under another name; often that of an attribute."""
    if not isinstance(holder, dict):
        return
    stems = ("POSITION", "NORMAL", "TANGENT", "TEXCOORD_", "COLOR_", "JOINTS_", "WEIGHTS_", "_OWN")
    stem = rng.choice(stems)
    name = stem + rng.choice(("0", "0", "1", "2", "01")) if stem.endswith("_") else stem
    holder[rng.choice((name, name, f"{key}s", str(key).lower()))] = holder.pop(key)


def _swap(holder: Any, key: Any, rng: random.Random) -> None:
    other = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]


def _bytes_changed(data: bytes, rng: random.Random) -> bytes:
    """The bytes with a few changes."""
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(result) + 1)
        match rng.randrange(5):
            case 0:
                result[at : at + 1] = rng.randbytes(1)
            case 1:
                result[at // 4 * 4 : at // 4 * 4 + 4] = struct.pack("<f", rng.choice(_FLOATS))
            case 2:
                del result[at : at + rng.choice((1, 4, 16))]
            case 3:
                result[at:at] = rng.randbytes(rng.choice((1, 4)))
            case _:
                del result[at:]
    return bytes(result)


_FLOATS = (0.0, 1.0, -1.0, 0.5, 1e-3, 2.0, 1e38, float("nan"), float("inf"), -float("inf"))


def _text(document: Any, rng: random.Random) -> bytes:
    """JSON; now and then with a byte changed, a member twice, or a byte order mark."""
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    chance = rng.random()
    if chance < 0.01:
        return _bytes_changed(text, rng)
    if chance < 0.02:
        return text[:-1] + b', "asset": {"version": "2.0"}}'
    if chance < 0.025:
        return b"\xef\xbb\xbf" + text
    return text


def _container(text: bytes, seed: bytes, rng: random.Random) -> bytes:
    """A GLB of a JSON text and the rest of a seed; now and then its framing is changed."""
    text += b" " * (-len(text) % 4)
    (size,) = struct.unpack_from("<I", seed, 12)
    rest = bytearray(seed[20 + size :])
    if rest and rng.random() < 0.4:
        rest = bytearray(_bytes_changed(bytes(rest), rng))
    body = bytearray(struct.pack("<I4s", len(text), b"JSON") + text + rest)
    header = bytearray(struct.pack("<4sII", b"glTF", 2, 12 + len(body)))
    match rng.randrange(12):
        case 0:
            struct.pack_into("<I", header, 8, rng.choice((0, 12, 20, len(body), len(body) + 16)))
        case 1:
            struct.pack_into("<I", body, 0, max(0, len(text) + rng.choice((-4, -1, 1, 4, 1 << 31))))
        case 2:
            body += struct.pack("<I4s", 4, rng.choice((b"BIN\0", b"JSON", b"ABCD"))) + b"abcd"
        case 3:
            del body[rng.randrange(len(body)) :]
        case 4:
            header[rng.randrange(12)] ^= 1 << rng.randrange(8)
        case 5:
            body += rng.randbytes(rng.choice((1, 4, 8, 9)))
    return bytes(header + body)

"""Small assets, each with a fault that one check alone can see, or none."""

from __future__ import annotations

import io
import sys
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from gencheck.v1 import bias_pb2
from gencheck.v1 import router_pb2 as pb

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question for the router: ``Check``, or ``CheckSet`` where there are many messages."""

    name: str
    requests: Sequence[pb.CheckSetRequest | pb.CheckRequest]

    @property
    def is_set(self) -> bool:
        """Whether the question is a stream."""
        return len(self.requests) > 1


def make_asks() -> tuple[Ask, ...]:
    """What the load consists of, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder)
        _make_samples(samples)
        words = 'a poster with the words "OPEN TODAY"'
        poster = cv2.imread(str(samples / "poster.png"))
        misspelt = cv2.imread(str(samples / "poster_misspelt.png"))
        photo = cv2.imread(str(samples / "coffee.jpg"))
        return (
            _check("photo", _encoded(photo, 0.75, ".png")),
            _check("blocky photo", (samples / "heavy_jpeg.jpg").read_bytes()),
            _check("poster", _encoded(poster, 0.75, ".png"), words),
            _check("misspelt poster", _encoded(misspelt, 0.75, ".png"), words),
            _check("blocky poster", _encoded(poster, 0.75, ".jpg", quality=5), words),
            _check("vase", (samples / "vase.glb").read_bytes()),
            _check("broken vase", (samples / "vase_broken.glb").read_bytes()),
            _check("melody", _cut(samples / "melody.wav", 1.5)),
            _check("damaged melody", _cut(samples / "melody_damaged.wav", 1.5)),
            _set("portraits", sorted((samples / "portraits").iterdir())[:2]),
        )


def _make_samples(folder: Path) -> None:
    sys.path.insert(0, str(EXAMPLES))
    try:
        from make_samples import make_samples
    finally:
        sys.path.remove(str(EXAMPLES))
    make_samples(folder)


def _encoded(picture: cv2.typing.MatLike, scale: float, kind: str, *, quality: int = 90) -> bytes:
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == ".jpg" else []
    done, data = cv2.imencode(kind, small, options)
    assert done
    return bytes(data.tobytes())


def _cut(path: Path, seconds: float) -> bytes:
    """The first so many seconds of a sound."""
    with wave.open(str(path), "rb") as source:
        parameters = source.getparams()
        frames = source.readframes(int(seconds * parameters.framerate))
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setparams(parameters)
        target.writeframes(frames)
    return out.getvalue()


def _check(name: str, data: bytes, prompt: str = "") -> Ask:
    request = pb.CheckRequest(prompt=prompt)
    request.asset.inline, request.asset.name = data, name
    return Ask(name, [request])


def _set(name: str, pictures: Sequence[Path]) -> Ask:
    options = pb.CheckSetOptions(audit=bias_pb2.AuditImagesOptions(name=name))
    messages = [pb.CheckSetRequest(options=options)]
    for path in pictures:
        request = pb.CheckSetRequest()
        request.check.asset.inline = _encoded(cv2.imread(str(path)), 0.5, ".png")
        request.check.asset.name = path.name
        messages.append(request)
    return Ask(name, messages)


def with_id(request: pb.CheckRequest, request_id: str) -> bytes:
    """The request with an id of its own: no two calls are the same call."""
    copy = pb.CheckRequest()
    copy.CopyFrom(request)
    copy.request_id = request_id
    return copy.SerializeToString()

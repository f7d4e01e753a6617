"""What is sent: requests by class of asset, made of the samples of the demo."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc

from gencheck.inputs import check_request, inline_asset
from gencheck.v1 import router_pb2
from loadtests.scenario import CLASSES

METHOD = "/gencheck.v1.RouterService/Check"
Check = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]

_MAKER = Path(__file__).resolve().parents[1] / "examples" / "make_samples.py"

FILES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "image": (
        ("cat.png", ""),
        ("coffee.jpg", ""),
        ("heavy_jpeg.jpg", ""),
        ("blurred.png", ""),
        ("banded.png", ""),
    ),
    "prompt": (
        ("cat.png", "a photo of a cat"),
        ("coffee.jpg", "a red cup of coffee on a wooden table"),
        ("poster.png", 'a poster with the words "OPEN TODAY"'),
    ),
    "sound": (("melody.wav", ""), ("melody_damaged.wav", "")),
    "video": (("pan.mp4", ""), ("pan_damaged.mp4", "")),
    "mesh": (("vase.glb", ""), ("vase_broken.glb", "")),
}
"""Files with their prompts, by class; all bytes are made here, the same each time."""


def write_requests(folder: Path) -> dict[str, float]:
    """Fill a folder with requests; mean bytes of a request by class.

    Raises:
        subprocess.CalledProcessError: the samples could not be made.
    """
    samples = folder / "samples"
    if not (samples / "manifest.json").exists():
        subprocess.run(  # noqa: S603 - our own script
            [sys.executable, str(_MAKER), str(samples)], check=True, stdout=subprocess.DEVNULL
        )
    sizes: dict[str, float] = {}
    for kind, files in FILES.items():
        (folder / kind).mkdir(exist_ok=True)
        total = 0
        for number, (name, prompt) in enumerate(files):
            asset = inline_asset((samples / name).read_bytes(), name)
            raw = check_request(asset, prompt=prompt).SerializeToString()
            (folder / kind / f"{number}.bin").write_bytes(raw)
            total += len(raw)
        sizes[kind] = total / len(files)
    return sizes


def read_requests(folder: Path) -> Sequence[Sequence[bytes]]:
    """The requests, in the order of ``CLASSES``."""
    return [
        [path.read_bytes() for path in sorted((folder / kind).glob("*.bin"))] for kind in CLASSES
    ]


def with_id(raw: bytes) -> bytes:
    """The request with an id of its own: later fields of a message win."""
    return raw + router_pb2.CheckRequest(request_id=str(uuid.uuid4())).SerializeToString()


def check_of(channel: grpc.aio.Channel) -> Check:
    """The router's method that judges one asset, from bytes to bytes."""
    call: Check = channel.unary_unary(METHOD)
    return call

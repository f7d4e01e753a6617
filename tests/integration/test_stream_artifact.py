"""StreamArtifact on a real server: findings on the way, the answer of CheckArtifact at the end."""

from __future__ import annotations

import io
import struct
from collections.abc import AsyncIterator
from typing import Any

import av
import numpy as np
import pytest

from gencheck.client import AsyncClient
from gencheck.errors import DeadlineExceeded, DecodeFailed
from gencheck.v1 import artifact_pb2 as pb

RATE = 25


def film(frames: int = 100) -> bytes:
    """A texture that moves, stands still for a second, and then for another is black."""
    wide = np.random.default_rng(0).integers(40, 220, (24, 200), dtype=np.uint8)
    wide = wide.repeat(8, axis=0).repeat(8, axis=1)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for index in range(frames):
            at = min(index, 20) if index < 45 else index
            grey = wide[:, 3 * at : 3 * at + 320] // (100 if 70 <= index < 95 else 1)
            rgb = np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture
async def client(server: Any) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.address) as client:
        yield client


def without_times(answer: pb.CheckArtifactResponse) -> pb.CheckArtifactResponse:
    still = pb.CheckArtifactResponse()
    still.CopyFrom(answer)
    still.request_id = ""
    del still.timings[:]
    return still


async def test_findings_come_on_the_way_and_are_in_the_answer(client: AsyncClient) -> None:
    parts = [part async for part in client.stream_artifact(film())]
    kinds = [part.WhichOneof("part") for part in parts]
    assert kinds.count("answer") == 1
    assert kinds[-1] == "answer"
    answer = parts[-1].answer
    told = [part.finding for part in parts if part.WhichOneof("part") == "finding"]
    assert {"FROZEN", "BLACK_FRAMES"} <= {one.code for one in told}
    assert all(one in answer.findings for one in told)
    seconds = [p.progress.seconds for p in parts if p.WhichOneof("part") == "progress"]
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(99 / RATE)
    assert without_times(await client.check_artifact(film())) == without_times(answer)


async def test_a_picture_and_a_sound_stream_too(client: AsyncClient, samples: Any) -> None:
    (only,) = [part async for part in client.stream_artifact(samples / "coffee.jpg")]
    assert only.answer.asset.endswith("coffee.jpg")
    samples = (np.sin(np.arange(24_000) / 9) * 9_000).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(samples)) + samples
    sound = b"RIFF" + struct.pack("<I", len(body)) + body
    parts = [part async for part in client.stream_artifact(sound)]
    whole = await client.check_artifact(sound)
    assert without_times(whole) == without_times(parts[-1].answer)


async def test_what_cannot_be_read_is_an_error_of_the_stream(client: AsyncClient) -> None:
    with pytest.raises(DecodeFailed):
        [part async for part in client.stream_artifact(film()[:40] + b"\0" * 400)]


async def test_a_stream_ends_with_its_deadline(server: Any) -> None:
    async with AsyncClient(server.address, timeout=0.05) as client:
        with pytest.raises(DeadlineExceeded):
            [part async for part in client.stream_artifact(film(400))]


async def test_who_leaves_early_leaves_no_work_behind(client: AsyncClient) -> None:
    parts = client.stream_artifact(film(400))
    await anext(parts)
    await parts.aclose()
    again = [part async for part in client.stream_artifact(film(50))]
    assert again[-1].HasField("answer")

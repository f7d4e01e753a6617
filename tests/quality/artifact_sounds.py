"""Damage to sounds at random times that are known. Made by its own code, not by a detector's."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray
from scipy.signal import correlate

Wave: TypeAlias = NDArray[np.float32]
Rng: TypeAlias = np.random.Generator

PIECE_SECONDS = 20
"""Longer sounds are cut into pieces, so that no list of findings is full."""

_APART = 0.25  # seconds between two events, at least
_EVENTS = 12  # in one piece, at most


@dataclass(frozen=True, slots=True)
class Piece:
    """A sound, or 20 s of one: ``float32 [channels, n]``."""

    name: str
    kind: str
    wave: Wave = field(repr=False)
    rate: int


@dataclass(frozen=True, slots=True)
class Hurt:
    """A damaged sound, with the start and end of each event in seconds."""

    wave: Wave = field(repr=False)
    events: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class EventDamage:
    """Something that happens at a moment: how it is made at one place of a copy."""

    code: str
    name: str
    make: Callable[[Piece, Wave, int, Rng], int]
    """Changes the wave from a sample on; gives the sample after the damage, 0 for none made."""


@dataclass(frozen=True, slots=True)
class StateDamage:
    """Something that goes on, in rising strength."""

    code: str
    name: str
    unit: str
    strengths: tuple[float, ...]
    make: Callable[[Piece, float, Rng], Wave]


def pieces(data: Path) -> list[Piece]:
    """The measuring sounds: real speech and music, references only."""
    speech = [data / "audio_visqol/CA01_01.wav", data / "audio_silero/test.wav"]
    music = sorted((data / "audio_visqol").glob("*48_stereo.wav"))
    found = []
    for kind, paths in (("speech", speech), ("music", music)):
        for path in paths:
            wave, rate = read(path.read_bytes())
            step = PIECE_SECONDS * rate
            for start in range(0, wave.shape[1], step):
                part = wave[:, start : start + step]
                if part.shape[1] > rate:
                    found.append(Piece(f"{path.name}@{start // rate}", kind, part, rate))
    return found


def read(data: bytes) -> tuple[Wave, int]:
    """Samples and rate by PyAV alone."""
    with av.open(io.BytesIO(data)) as container:
        resampler = av.AudioResampler(format="fltp")
        parts, rate = [], 0
        for frame in container.decode(audio=0):
            rate = frame.sample_rate
            parts += [block.to_ndarray() for block in resampler.resample(frame)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32), rate


def hurt(damage: EventDamage, piece: Piece, rng: Rng) -> Hurt:
    """A copy with up to a dozen events, none of them near another or an end."""
    wave, place = piece.wave.copy(), 0.1
    events: list[tuple[float, float]] = []
    length = piece.wave.shape[1] / piece.rate
    while len(events) < _EVENTS:
        place += _APART + rng.exponential(0.6)
        start = int(place * piece.rate)
        if place > length - 1.5:
            break
        stop = damage.make(piece, wave, start, rng)
        if stop:
            events.append((start / piece.rate, stop / piece.rate))
            place = stop / piece.rate
    return Hurt(wave, tuple(events))


def _level(piece: Piece, start: int) -> float:
    """RMS of the loudest channel, 10 ms a side."""
    side = round(0.01 * piece.rate)
    near = piece.wave[:, max(0, start - side) : start + side]
    return float(np.sqrt(np.square(near).mean(axis=1).max()))


def _height(piece: Piece, start: int, rng: Rng) -> float:
    """0.1 to 0.5 of full scale over the level of the sound there; 0 where that has no room."""
    height = _level(piece, start) + float(np.exp(rng.uniform(np.log(0.1), np.log(0.5))))
    return height * float(rng.choice([-1, 1])) if height < 1 else 0.0


def _sample(piece: Piece, wave: Wave, start: int, rng: Rng) -> int:
    height = _height(piece, start, rng)
    wave[:, start] = np.clip(wave[:, start] + height, -1, 1)
    return start + 1 if height else 0


def _burst(piece: Piece, wave: Wave, start: int, rng: Rng) -> int:
    """A tick as a needle or a switch makes it: it rings for up to a millisecond."""
    height, count = _height(piece, start, rng), max(2, round(piece.rate * rng.uniform(2e-4, 1e-3)))
    time = np.arange(count)
    pitch = rng.uniform(0.15, 0.45)
    shape = np.exp(-4 * time / count) * np.cos(2 * np.pi * pitch * time)
    part = wave[:, start : start + count]
    part[:] = np.clip(part + height * shape.astype(np.float32), -1, 1)
    return start + count if height else 0


def _splice(piece: Piece, wave: Wave, start: int, rng: Rng) -> int:
    """From here on a tenth of a second later, where the wave jumps by more than 0.1 there."""
    length = round(0.2 * piece.rate)
    skip = round(piece.rate * rng.uniform(0.03, 0.2))
    later = piece.wave[:, start + skip : start + skip + length]
    if later.shape[1] < length or np.abs(later[:, 0] - wave[:, start - 1]).max() < 0.1:
        return 0
    wave[:, start : start + length] = later
    fade = np.linspace(0, 1, length // 2, dtype=np.float32)  # back without a second jump
    back = wave[:, start + length - len(fade) : start + length]
    own = piece.wave[:, start + length - len(fade) : start + length]
    back[:] = back * (1 - fade) + own * fade
    return start + 1


def _gap(noise: float) -> Callable[[Piece, Wave, int, Rng], int]:
    def make(piece: Piece, wave: Wave, start: int, rng: Rng) -> int:
        stop = start + round(piece.rate * float(np.exp(rng.uniform(np.log(0.005), np.log(0.9)))))
        near = round(0.005 * piece.rate)
        sides = (piece.wave[:, start - near : start], piece.wave[:, stop : stop + near])
        if stop + near > wave.shape[1] or min(np.abs(side).max() for side in sides) < 0.05:
            return 0  # in a pause nobody hears it
        wave[:, start:stop] = rng.normal(0, noise, (len(wave), stop - start)) if noise else 0
        return stop

    return make


EVENTS = (
    EventDamage("CLICK", "single samples", _sample),
    EventDamage("CLICK", "ticks of 0.2 to 1 ms", _burst),
    EventDamage("CLICK", "hard cuts over 0.1", _splice),
    EventDamage("DROPOUT", "gaps of nothing", _gap(0.0)),
    EventDamage("DROPOUT", "gaps of noise", _gap(0.0005)),
)


def _driven(piece: Piece, decibel: float, _: Rng) -> Wave:
    peak = float(np.abs(piece.wave).max())
    return np.asarray(np.clip(piece.wave * (10 ** (decibel / 20) / peak), -1, 1), np.float32)


def _driven_and_lowered(piece: Piece, decibel: float, rng: Rng) -> Wave:
    return np.float32(0.5) * _driven(piece, decibel, rng)


def _driven_and_coded(piece: Piece, decibel: float, rng: Rng) -> Wave:
    return coded(_driven(piece, decibel, rng), piece.rate)


def _hot(piece: Piece, decibel: float, _: Rng) -> Wave:
    peak = float(np.abs(piece.wave).max())
    return np.asarray(piece.wave * (10 ** (decibel / 20) / peak), np.float32)


def _shifted(piece: Piece, offset: float, _: Rng) -> Wave:
    return np.asarray(np.clip(piece.wave + offset, -1, 1), np.float32)


def _humming(piece: Piece, level: float, rng: Rng) -> Wave:
    base, time = rng.choice([50.0, 60.0]), np.arange(piece.wave.shape[1]) / piece.rate
    lines = ((1, 0), (2, -6), (3, -9), (5, -15))
    hum = sum(
        10 ** ((level + over) / 20) * np.sin(2 * np.pi * base * k * time + rng.uniform(0, 6))
        for k, over in lines
    )
    return np.asarray(np.clip(piece.wave + hum, -1, 1), np.float32)


def _turned(piece: Piece, share: float, _: Rng) -> Wave:
    pair = np.repeat(piece.wave, 2, axis=0) if len(piece.wave) == 1 else piece.wave[:2].copy()
    pair[1, : int(share * pair.shape[1])] *= -1
    return pair


def _muted(piece: Piece, seconds: float, rng: Rng) -> Wave:
    wave = piece.wave.copy()
    room = wave.shape[1] - round((seconds + 0.4) * piece.rate)
    if room <= 0:
        return wave[:, :0]
    start = int(rng.integers(room)) + round(0.2 * piece.rate)
    wave[:, start : start + round(seconds * piece.rate)] = 0
    return wave


def _louder(piece: Piece, lufs_over: float, _: Rng) -> Wave:
    return np.asarray(piece.wave * 10 ** (lufs_over / 20), np.float32)


def _stopped(piece: Piece, share: float, rng: Rng) -> Wave:
    """Cut off where it is loud."""
    loud = np.abs(piece.wave).max(axis=0)
    places = np.flatnonzero(loud >= share * loud.max())
    places = places[places > piece.rate]
    return piece.wave[:, : int(rng.choice(places))] if len(places) else piece.wave[:, :0]


STATES = (
    StateDamage("AUDIO_CLIPPING", "into the limit", "dB", (3, 6, 12), _driven),
    StateDamage("AUDIO_CLIPPING", "and lowered by 6 dB", "dB", (3, 6, 12), _driven_and_lowered),
    StateDamage("AUDIO_CLIPPING", "and coded, AAC 128k", "dB", (3, 6, 12), _driven_and_coded),
    StateDamage("AUDIO_CLIPPING", "float over full scale", "dBTP", (1, 3, 6), _hot),
    StateDamage("DC_OFFSET", "offset", "of full scale", (0.02, 0.05, 0.1), _shifted),
    StateDamage("HUM", "four lines", "dBFS", (-50, -40, -30), _humming),
    StateDamage("PHASE_INVERSION", "one channel turned", "share", (0.5, 1.0), _turned),
    StateDamage("SILENCE", "muted", "s", (1.2, 2.5, 4.0), _muted),
    StateDamage("LOUDNESS", "quieter", "dB", (-12, -24, -36), _louder),
    StateDamage("TRUNCATED", "cut off while loud", "of its peak", (0.5,), _stopped),
)


def coded(wave: Wave, rate: int, codec: str = "aac", bits: int = 128_000) -> Wave:
    """The sound through a codec, in time with the original."""
    file = io.BytesIO()
    layout = "mono" if len(wave) == 1 else "stereo"
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.bit_rate = bits
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave), "fltp", layout)
        frame.sample_rate, frame.pts = rate, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    heard, _ = read(file.getvalue())
    count = min(wave.shape[1], 4 * rate)
    around = correlate(heard[0, : count + 8192], wave[0, :count], mode="valid", method="fft")
    delay = int(np.argmax(around)) if len(around) else 0
    return heard[:, delay : delay + wave.shape[1]]

"""Sound made by PyAV in the test, in every format, whole and cut."""

import io
import struct

import av
import numpy as np
import pytest

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.decode import decode, decode_parts
from gencheck.media.types import Limits, Sound

RATE = 16_000


def encoded(container: str, codec: str, seconds: float = 2.0, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "stereo"
        for start in range(0, int(seconds * rate), rate // 10):
            time = (start + np.arange(rate // 10)) / rate
            tones = 0.5 * np.sin(2 * np.pi * np.array([[440.0], [880.0]]) * time)
            block = av.AudioFrame.from_ndarray(tones.astype(np.float32), "fltp", "stereo")
            block.sample_rate, block.pts = rate, start
            out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    return file.getvalue()


FORMATS = [
    ("wav", "pcm_s16le", RATE),
    ("flac", "flac", RATE),
    ("mp3", "libmp3lame", RATE),
    ("ogg", "libopus", 48_000),
    ("adts", "aac", RATE),
    ("ipod", "aac", RATE),
]


def sound(data: bytes, limits: Limits | None = None) -> Sound:
    media = decode(data, limits or Limits(), name="sound")
    assert isinstance(media, Sound)
    return media


@pytest.mark.parametrize(("container", "codec", "rate"), FORMATS)
def test_both_channels_come_back(container: str, codec: str, rate: int) -> None:
    got = sound(encoded(container, codec, rate=rate))
    assert got.rate == rate
    assert got.samples.dtype == np.float32
    assert got.samples.shape[0] == 2
    assert got.duration == pytest.approx(2.0, abs=0.15)
    assert got.missing == 0.0
    middle = got.samples[:, rate // 2 : rate // 2 + rate]
    peaks = np.abs(np.fft.rfft(middle, axis=1)).argmax(axis=1)
    np.testing.assert_allclose(peaks, [440, 880], atol=2)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(("container", "codec", "rate"), FORMATS[:2])
def test_a_sound_that_is_cut_says_how_much_is_missing(
    container: str, codec: str, rate: int
) -> None:
    data = encoded(container, codec, 4.0, rate)
    got = sound(data[: len(data) // 2])
    assert got.missing == pytest.approx(0.5, abs=0.1)
    assert got.duration == pytest.approx(2.0, abs=0.5)


def test_a_damaged_frame_of_mp3_costs_little() -> None:
    data = bytearray(encoded("mp3", "libmp3lame", 4.0))
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    assert sound(bytes(data)).duration > 3.0


def test_values_that_are_no_numbers_become_silence() -> None:
    samples = np.array([0.5, np.nan, np.inf, -np.inf] * 2_000, "<f4").tobytes()
    head = struct.pack("<HHIIHH", 3, 1, RATE, RATE * 4, 4, 32)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(samples))
    got = sound(b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples)
    assert np.isfinite(got.samples).all()
    assert got.samples[0, :4].tolist() == [0.5, 0.0, 1.0, -1.0]


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        (Limits(max_seconds=1.5), "longer than the 1.5 s"),
        (Limits(max_samples=2 * RATE), "samples"),
    ],
)
@pytest.mark.parametrize(("container", "codec", "rate"), FORMATS)
def test_the_caps(container: str, codec: str, rate: int, limits: Limits, match: str) -> None:
    data = encoded(container, codec, rate=rate)
    with pytest.raises(LimitExceeded, match=match):
        decode(data, limits)


def test_a_rate_of_one_a_second_is_still_held_to_the_seconds() -> None:
    samples = bytes(2 * 1_000)
    head = struct.pack("<HHIIHH", 1, 1, 1, 2, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(samples))
    with pytest.raises(LimitExceeded, match="longer"):
        decode(b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples, Limits())


@pytest.mark.parametrize("head", [b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVE", b"ID3\4\0\0\0\0\0\0"])
def test_nothing_behind_the_header_fails_clearly(head: bytes) -> None:
    with pytest.raises(DecodeFailed) as caught:
        decode(head + bytes(40), Limits(), name="stub")
    assert caught.value.where == "stub"


def wav(samples: bytes, *, form: int, bits: int, channels: int = 1, rate: int = RATE) -> bytes:
    step = channels * bits // 8
    head = struct.pack("<HHIIHH", form, channels, rate, rate * step, step, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples


def stored(values: np.ndarray, bits: int) -> bytes:
    """Whole numbers of a depth, as a WAV has them: 8 bits without a sign, more with one."""
    if bits == 8:
        return np.rint(values * 127 + 128).astype(np.uint8).tobytes()
    whole = np.rint(values * (2 ** (bits - 1) - 1)).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes()


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_every_depth_has_the_same_full_scale(bits: int) -> None:
    tone = 0.8 * np.sin(np.arange(4000) * 0.05)
    got = sound(wav(stored(tone, bits), form=1, bits=bits))
    np.testing.assert_allclose(got.samples[0], tone, atol=0.012 if bits == 8 else 1e-4)


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_floats_keep_what_is_over_full_scale(kind: str) -> None:
    tone = 1.7 * np.sin(np.arange(4000) * 0.05)
    got = sound(wav(tone.astype(kind).tobytes(), form=3, bits=8 * np.dtype(kind).itemsize))
    np.testing.assert_allclose(got.samples[0], tone, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 6, 8, 12])
@pytest.mark.parametrize("rate", [8_000, 11_025, 96_000, 192_000])
def test_any_channels_at_any_rate(channels: int, rate: int) -> None:
    values = np.linspace(-0.5, 0.5, channels)[None].repeat(3000, axis=0)
    got = sound(wav(stored(values.ravel(), 16), form=1, bits=16, channels=channels, rate=rate))
    assert (got.rate, got.samples.shape) == (rate, (channels, 3000))
    np.testing.assert_allclose(got.samples[:, 1000], values[0], atol=1e-4)


def test_no_samples_at_all_fails_clearly() -> None:
    empty = wav(b"", form=1, bits=16)
    with pytest.raises(DecodeFailed, match="this wav file holds no samples"):
        sound(empty)
    with pytest.raises(DecodeFailed, match="this wav file holds no samples"):
        list(decode_parts(empty, Limits()))


def test_samples_that_cannot_be_read_are_not_taken_for_none() -> None:
    with pytest.raises(DecodeFailed, match="nothing of this wav"):
        sound(wav(b"\0", form=1, bits=16))


def test_a_sound_that_changes_its_rate_on_the_way_is_one_only_up_to_there() -> None:
    """Two files of OGG in a row are one chain by its standard; here of two rates."""
    first, second = encoded("ogg", "flac", 2.0, RATE), encoded("ogg", "flac", 2.0, 2 * RATE)
    got = sound(first + second)
    assert got.rate == RATE
    assert got.duration == pytest.approx(2.0, abs=0.2)
    assert got.missing > 0

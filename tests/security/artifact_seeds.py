"""Files that the artifact check is fuzzed with: small, but large enough for every detector."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
from media_seeds import media_seeds
from numpy.typing import NDArray
from PIL import Image, ImageCms

RATE = 48_000


def scene(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Something of everything: gradients, edges, texture, flat white and black."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    out = np.stack([90 + 80 * y / height, 120 + 60 * x / width, 170 - 50 * y / height], axis=2)
    out += 40 * (np.hypot(y - height / 2, x - width / 3) < height / 4)[:, :, None]
    out[: height // 3, : width // 3] += rng.normal(0, 12, (height // 3, width // 3, 1))
    out[-height // 5 :, : width // 2] = 255
    out[-height // 8 :, width // 2 :] = 0
    return np.clip(out, 0, 255).astype(np.uint8)


def pictures() -> dict[str, bytes]:
    """Encoded pictures by what is special about them."""
    plain = Image.fromarray(scene(160, 224))
    clear = plain.copy()
    clear.putalpha(Image.fromarray(scene(160, 224, 1)[:, :, 0]))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    later = {"save_all": True, "append_images": [plain.rotate(180), plain.rotate(90)]}
    deep = Image.fromarray((scene(160, 224)[:, :, 0].astype(np.uint16) << 8) | 9)
    return {
        "JPEG": _saved(plain, "JPEG", quality=80),
        "JPEG with profile and turn": _saved(plain, "JPEG", icc_profile=profile, exif=exif),
        "progressive JPEG": _saved(plain, "JPEG", progressive=True),
        "CMYK JPEG": _saved(plain.convert("CMYK"), "JPEG"),
        "PNG": _saved(plain, "PNG"),
        "PNG with alpha": _saved(clear, "PNG"),
        "16-bit PNG": _saved(deep, "PNG"),
        "animated PNG": _saved(plain, "PNG", **later),
        "animated GIF": _saved(plain, "GIF", **later),
        "animated WebP": _saved(plain, "WEBP", **later),
        "WebP with alpha": _saved(clear, "WEBP"),
        "TIFF": _saved(plain, "TIFF", compression="tiff_lzw"),
        "16-bit TIFF": _saved(deep, "TIFF"),
        "CMYK TIFF": _saved(plain.convert("CMYK"), "TIFF", compression="tiff_adobe_deflate"),
        "AVIF": _saved(plain, "AVIF", quality=60),
        "odd sides": _saved(plain.crop((0, 0, 157, 91)), "JPEG"),
        "one pixel": _saved(plain.crop((0, 0, 1, 1)), "PNG"),
        "one row": _saved(plain.crop((0, 0, 224, 1)), "PNG"),
    }


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def clips() -> dict[str, bytes]:
    """Encoded clips by what is special about them."""
    steady = [n / 25 for n in range(10)]
    return {
        "H.264 with sound": clip("mp4", "libx264", steady, sound=True),
        "VP9": clip("webm", "libvpx-vp9", steady),
        "MPEG-4 in AVI": clip("avi", "mpeg4", steady),
        "one frame": clip("mp4", "libx264", [0.0]),
        "variable frame rate": clip("mp4", "libx264", [0, 0.04, 0.05, 0.2, 0.21, 0.6, 0.9, 2.0]),
        "odd sides": clip("webm", "libvpx-vp9", steady, size=(67, 33)),
        "12 bits": clip("matroska", "libx265", steady, pixels="yuv420p12le"),
        "10 bits, 4:2:2": clip("mp4", "libx264", steady, pixels="yuv422p10le"),
    }


def clip(
    container: str,
    codec: str,
    times: list[float],
    *,
    size: tuple[int, int] = (96, 64),
    pixels: str = "yuv420p",
    sound: bool = False,
) -> bytes:
    """A scene that moves, shown at these seconds."""
    file = io.BytesIO()
    wide = scene(size[1], size[0] + 2 * len(times))
    with av.open(file, "w", format=container) as out:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else None
        stream = out.add_stream(codec, rate=25, options=quiet)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        base = Fraction(1, 1000) if container != "avi" else Fraction(1, 25)
        stream.time_base = stream.codec_context.time_base = base
        heard = out.add_stream("aac", rate=RATE) if sound else None
        if heard is not None:
            heard.layout = "stereo"
        for index, moment in enumerate(times):
            part = np.ascontiguousarray(wide[:, 2 * index : 2 * index + size[0]])
            frame = av.VideoFrame.from_ndarray(part, format="rgb24")
            frame.pts, frame.time_base = round(moment / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None:
            _mux_sound(out, heard, tone(0.4))
    return file.getvalue()


def _mux_sound(out: Any, stream: Any, samples: NDArray[np.float32]) -> None:
    for at in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, at : at + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def tone(seconds: float) -> NDArray[np.float32]:
    """Two channels: a tone with noise, clipped here and silent there."""
    time = np.arange(int(seconds * RATE)) / RATE
    wave = 0.8 * np.sin(2 * np.pi * 220 * time) + np.random.default_rng(0).normal(
        0, 0.01, time.size
    )
    wave[time.size // 4 : time.size // 3] *= 2
    wave[time.size // 2 : time.size // 2 + time.size // 8] = 0
    return np.clip(np.stack([wave, wave]), -1, 1).astype(np.float32)


def sounds() -> dict[str, bytes]:
    """Encoded sounds by what is special about them."""
    kinds = {
        "WAV": ("wav", "pcm_s16le"),
        "float WAV": ("wav", "pcm_f32le"),
        "FLAC": ("flac", "flac"),
        "MP3": ("mp3", "libmp3lame"),
        "Opus": ("ogg", "libopus"),
        "AAC": ("adts", "aac"),
    }
    made = {name: sound(*kind, tone(0.6)) for name, kind in kinds.items()}
    made["no sample"] = sound("wav", "pcm_s16le", tone(0.0))
    made["ten samples"] = sound("wav", "pcm_s16le", tone(0.6)[:, :10])
    return made


def sound(container: str, codec: str, samples: NDArray[np.float32]) -> bytes:
    """Two channels as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.layout = "stereo"
        if samples.shape[1]:
            resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=RATE)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            fifo = av.AudioFifo()
            for ready in resampler.resample(frame):
                fifo.write(ready)
            for block in fifo.read_many(stream.frame_size or 1024, partial=True):
                out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    return file.getvalue()


def seeds() -> dict[str, list[bytes]]:
    """All files by medium, with those that the readers are fuzzed with."""
    return {
        "picture": [*pictures().values(), *media_seeds()[:10]],
        "clip": list(clips().values()),
        "sound": list(sounds().values()),
    }

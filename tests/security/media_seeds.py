"""A small file of each format that the readers know and the demo's samples lack."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
from PIL import Image, ImageCms

VERTICES = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
FACES = b"f 1 3 2\nf 1/1 2/2 4/3\nf -4//1 -1//2 -2//3\nf 2 3 4\n"
PLY = """ply
format {order} 1.0
element vertex 4
property float x
property float y
property float z
element face {count}
property list uchar int vertex_indices
end_header
"""


def media_seeds() -> list[bytes]:
    """Encoded files of pictures, sounds, clips and meshes."""
    return [*_pictures(), *_meshes(), *_clips(), *_sounds()]


def _pictures() -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 4), dtype=np.uint8)
    opaque, clear = Image.fromarray(pixels[:, :, :3]), Image.fromarray(pixels)
    animation = {"save_all": True, "append_images": [opaque.rotate(180)]}
    return [
        _saved(opaque, "JPEG"),
        _saved(opaque, "JPEG", progressive=True),
        _saved(opaque.convert("CMYK"), "JPEG"),
        _saved(clear, "PNG"),
        _saved(opaque.quantize(16), "PNG", transparency=3),
        _saved(Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200), "PNG"),
        _saved(opaque, "JPEG", icc_profile=_profile(), exif=_exif()),
        _saved(clear, "PNG", icc_profile=_profile(), exif=_exif(), dpi=(72, 72)),
        _saved(clear, "TIFF"),
        _saved(opaque.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        _saved(opaque, "TIFF", compression="jpeg", save_all=True, append_images=[clear]),
        _saved(opaque, "TIFF", compression="tiff_adobe_deflate", icc_profile=_profile()),
        _deep_tiff(pixels),
        _saved(clear, "AVIF", speed=10),
        _saved(opaque, "AVIF", speed=10, duration=100, **animation),
        _saved(opaque, "PNG", **animation),
        _saved(opaque, "GIF", **animation),
        _saved(opaque, "WEBP", **animation),
        _saved(clear, "WEBP", lossless=True),
    ]


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _exif() -> bytes:
    """Turned, and of a size."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769).update({0xA002: 32, 0xA003: 24})
    return exif.tobytes()


def _deep_tiff(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".tiff", pixels[:, :, :3].astype(np.float32) / 255)[1].tobytes()


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _meshes() -> list[bytes]:
    corners = np.random.default_rng(0).normal(size=(4, 3)).astype("<f4")
    facets = np.zeros(6, np.dtype([("numbers", "<f4", 12), ("attribute", "<u2")]))
    mixed = b"\3\0\0\0\0\1\0\0\0\2\0\0\0\4\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0"
    facet = (
        b"facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1e3 -.5\nendloop\n"
    )
    return [
        VERTICES + FACES,
        VERTICES * 10 + b"f 1 2 3\n" * 20 + b"f -1/1 -2/1 -3/1\n" * 20,
        b"solid a\n" + facet * 3 + b"endsolid a\n",
        b"\0" * 80 + b"\6\0\0\0" + facets.tobytes(),
        PLY.format(order="ascii", count=2).encode()
        + b"0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 1 2\n4 0 1 2 3\n",
        PLY.format(order="binary_little_endian", count=2).encode() + corners.tobytes() + mixed,
        PLY.format(order="binary_big_endian", count=1).encode() + corners.tobytes() + mixed[:13],
    ]


def _clips() -> list[bytes]:
    return [
        _clip("mp4", "libx264"),
        _clip("mp4", "mpeg4"),
        _clip("webm", "libvpx"),
        _clip("avi", "mpeg4"),
        _clip("mpeg1video", "mpeg1video"),
    ]


def _clip(container: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(8):
            pixels = np.full((48, 64, 3), 20 * index, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def _sounds() -> list[bytes]:
    kinds = [("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libopus")]
    return [_sound(container, codec) for container, codec in kinds]


def _sound(container: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        for index in range(5):
            tone = np.sin(np.arange(4_800) / 10)[None].astype(np.float32)
            block = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
            block.sample_rate, block.pts = 48_000, index * 4_800
            out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    return file.getvalue()

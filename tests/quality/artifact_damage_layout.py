"""Damage to the layout: repeated, torn, framed, marked, cut out, mislabelled or cut off."""

from __future__ import annotations

import io
import zipfile

import cv2
import numpy as np
from artifact_damage import (
    Damage,
    Damaged,
    Mask,
    Pixels,
    Rng,
    busiest,
    jpeg,
    mask_of,
    picture,
    rectangle,
    untouched,
)
from PIL import Image as Pillow
from PIL import ImageCms, ImageDraw, ImageFont

from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits

WORDS = """
OPEN DAILY FRESH BREAD COFFEE MARKET STREET HOTEL GARDEN MUSEUM LIBRARY STATION WINTER
SUMMER SALE ENTRANCE PLEASE RING BOOKS FLOWERS PHARMACY CENTRAL HARBOUR NORTH PLATFORM
""".split()  # noqa: SIM905 - quoted words are no easier to read


def _tiled(pixels: Pixels, share: float, rng: Rng, area: float = 1.0) -> Damaged:
    """A part of a ninth, three by three over an area, mixed in by a share; then JPEG at 92."""
    height, width = pixels.shape[:2]
    place = rectangle(pixels.shape, area, rng) if area < 1 else (slice(0, height), slice(0, width))
    tall, wide = (s.stop - s.start for s in place)
    source = busiest(pixels, area / 3, rng)
    tile = pixels[source][: tall // 3, : wide // 3]
    tiles = np.tile(tile, (4, 4, 1))[:tall, :wide]
    out = pixels.astype(np.float32)
    out[place] = (1 - share) * out[place] + share * tiles
    mask = None if area == 1 else mask_of(pixels.shape, place)
    return Damaged(picture(jpeg(picture(out).pixels, 92)), mask)


def _recompressed(pixels: Pixels, _: Rng) -> Damaged:
    return Damaged(picture(jpeg(pixels, 92)))


def _offset(pixels: Pixels, levels: float, rng: Rng, *, soft: bool = False) -> Damaged:
    """One side of a straight line lighter by some levels; ``soft``: over a quarter of the way."""
    upright = bool(rng.integers(2))
    length = pixels.shape[1 if upright else 0]
    at = int(length * rng.uniform(0.3, 0.7))
    way = np.arange(length) - at
    ramp = np.clip(way / (length / 4) + 0.5, 0, 1) if soft else (way >= 0).astype(np.float64)
    ramp = ramp * levels * (1 if rng.integers(2) else -1)
    lifted = pixels + (ramp[None, :, None] if upright else ramp[:, None, None])
    return Damaged(picture(lifted), _line(pixels.shape, at, upright=upright))


def _line(shape: tuple[int, ...], at: int, *, upright: bool, reach: int = 8) -> Mask:
    near = slice(max(0, at - reach), at + reach)
    return mask_of(shape, (slice(None), near) if upright else (near, slice(None)))


def _shifted(pixels: Pixels, shift: float, rng: Rng) -> Damaged:
    """What lies right of a line, moved down by some pixels."""
    at = int(pixels.shape[1] * rng.uniform(0.3, 0.7))
    out, step = pixels.copy(), int(shift)
    out[step:, at:] = pixels[:-step, at:]
    out[:step, at:] = pixels[step - 1 :: -1, at:][:step]
    return Damaged(picture(out), _line(pixels.shape, at, upright=True))


def _decoded_in_tiles(pixels: Pixels, levels: float, rng: Rng) -> Damaged:
    """Tiles of 256 pixels, each as much lighter or darker as chance says."""
    side = 256
    rows, columns = (-(-length // side) for length in pixels.shape[:2])
    lift = rng.choice([-0.5, 0.5], (rows, columns)) * levels
    lift[1::2] *= -1
    every = lift.repeat(side, 0).repeat(side, 1)[: pixels.shape[0], : pixels.shape[1]]
    mask = np.zeros(pixels.shape[:2], np.bool_)
    for at in range(side, pixels.shape[0], side):
        mask |= _line(pixels.shape, at, upright=False)
    for at in range(side, pixels.shape[1], side):
        mask |= _line(pixels.shape, at, upright=True)
    return Damaged(picture(pixels + every[:, :, None]), mask)


def _softly_lit(pixels: Pixels, rng: Rng) -> Damaged:
    return _offset(pixels, 6, rng, soft=True)


def _copied(pixels: Pixels, share: float, rng: Rng, *, turn: float = 0.0) -> Damaged | None:
    """A busy rectangle with soft edges over another place, turned by degrees; then JPEG at 90."""
    source = busiest(pixels, share, rng)
    height, width = (s.stop - s.start for s in source)
    for _ in range(60):
        target = rectangle(pixels.shape, share, rng)
        if abs(target[0].start - source[0].start) > height * 1.1 or (
            abs(target[1].start - source[1].start) > width * 1.1
        ):
            break
    else:
        return None
    part = pixels[source].astype(np.float32)
    if turn:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.05)
        part = cv2.warpAffine(part, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    alpha = np.zeros((height, width), np.float32)
    alpha[4:-4, 4:-4] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 2)[:, :, None]
    out = pixels.astype(np.float32)
    out[target] = alpha * part + (1 - alpha) * out[target]
    mask = mask_of(pixels.shape, source, target)
    return Damaged(picture(jpeg(picture(out).pixels, 90)), mask)


def _framed(pixels: Pixels, share: float, level: int) -> Damaged:
    """Bars above and below, each of that share; then JPEG at 90."""
    bar = max(1, int(pixels.shape[0] * share))
    out = pixels.copy()
    places = ((slice(0, bar), slice(None)), (slice(-bar, None), slice(None)))
    for place in places:
        out[place] = level
    return Damaged(picture(jpeg(out, 90)), mask_of(pixels.shape, *places))


def _pillar(pixels: Pixels, share: float, _: Rng) -> Damaged:
    place = (slice(None), slice(-max(1, int(pixels.shape[1] * share)), None))
    out = pixels.copy()
    out[place] = 0
    return Damaged(picture(jpeg(out, 90)), mask_of(pixels.shape, place))


def _cut_out(pixels: Pixels, share: float, rng: Rng) -> Damaged:
    """A blob with soft edges, whose colour there is mixed with an old background by a share."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    angle = np.arctan2(y - height / 2, x - width / 2)
    sizes, phases = rng.uniform(0.02, 0.06, 3), rng.uniform(0, 6, 3)
    waves = (2, 3, 5)
    wobble = sum(sizes[i] * np.cos(waves[i] * angle + phases[i]) for i in range(3))
    radius = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    alpha = np.clip((0.36 + wobble - radius) * min(height, width) / 6 + 0.5, 0, 1)
    edge = (alpha > 0) & (alpha < 1)
    old = np.array((255, 255, 255) if pixels[edge].mean() < 128 else (0, 0, 0), np.float64)
    through = share * (1 - alpha)[:, :, None]
    colours = picture((1 - through) * pixels + through * old).pixels
    matte = np.asarray(np.rint(255 * alpha), np.uint8)
    return Damaged(picture(colours, matte), edge)


def _marked(pixels: Pixels, opacity: float, rng: Rng) -> Damaged:
    """A word in white, aslant, again and again over the whole picture."""
    height, width = pixels.shape[:2]
    side = int(np.hypot(height, width)) + 8
    layer = np.zeros((side, side), np.uint8)
    word = "(c) " + str(rng.choice(WORDS))
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, max(0.6, min(height, width) / 600)
    (wide, tall), _ = cv2.getTextSize(word, font, scale, 2)
    for row, y in enumerate(range(tall, side, tall * 5)):
        for x in range(-(row % 2) * wide, side, wide * 2):
            cv2.putText(layer, word, (x, y), font, scale, 255, 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), 30, 1.0)
    layer = cv2.warpAffine(layer, turn, (side, side))
    top, left = (side - height) // 2, (side - width) // 2
    alpha = opacity * layer[top : top + height, left : left + width, None] / 255.0
    return Damaged(picture(jpeg(picture((1 - alpha) * pixels + alpha * 255).pixels, 92)))


def _sign(pixels: Pixels, share: float, rng: Rng) -> Damaged:
    """A white sign with three lines; of a share of its letters the quarters are of others."""
    height, width = pixels.shape[:2]
    corner = rng.uniform(0, 1, 2)  # drawn first: the same place at every strength
    size = max(20, height // 14)
    words = [" ".join(rng.choice(WORDS, 2, replace=False)) for _ in range(3)]
    font = ImageFont.load_default(size)
    wide = int(max(font.getlength(words[i]) for i in range(3))) + size
    sign = Pillow.new("RGB", (min(wide, width - 4), size * 5), (244, 242, 236))
    draw = ImageDraw.Draw(sign)
    for row, line in enumerate(words):
        x = size / 2
        for letter in line:
            shape = _letter(letter, size, font)
            if rng.random() < share and letter != " ":
                shape = _mixed(shape, [_letter(str(c), size, font) for c in "ERSAKB"], rng)
            sign.paste((30, 30, 40), (int(x), int(size * (0.4 + 1.5 * row))), shape)
            x += draw.textlength(letter, font)
    top, left = int(corner[0] * (height - sign.height)), int(corner[1] * (width - sign.width))
    place = (slice(top, top + sign.height), slice(left, left + sign.width))
    out = pixels.copy()
    out[place] = np.asarray(sign)
    return Damaged(picture(jpeg(out, 92)), mask_of(pixels.shape, place))


def _letter(letter: str, size: int, font: ImageFont.FreeTypeFont) -> Pillow.Image:
    shape = Pillow.new("L", (max(1, round(font.getlength(letter))), round(size * 1.3)))
    ImageDraw.Draw(shape).text((0, 0), letter, 255, font)
    return shape


def _mixed(shape: Pillow.Image, others: list[Pillow.Image], rng: Rng) -> Pillow.Image:
    """Each quarter of the letter turned over, or of another letter; all of it slanted by chance."""
    out = np.asarray(shape).copy()
    tall, wide = out.shape[0] // 2, out.shape[1] // 2
    for y in (0, tall):
        for x in (0, wide):
            other = np.asarray(others[int(rng.integers(len(others)))].resize(shape.size))
            part = other[y : y + tall, x : x + wide]
            out[y : y + tall, x : x + wide] = part[::-1, ::-1] if rng.integers(2) else part
    slant = np.eye(2) + rng.uniform(-0.2, 0.2, (2, 2))  # no two are the same, as a generator draws
    middle = np.array(out.shape[::-1]) / 2
    matrix = np.hstack([slant, (middle - slant @ middle)[:, None]])
    return Pillow.fromarray(cv2.warpAffine(out, matrix, out.shape[::-1]))


def _legible(pixels: Pixels, rng: Rng) -> Damaged:
    return _sign(pixels, 0.0, rng)


def _saved(pixels: Pixels, **options: object) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "JPEG", quality=92, **options)
    return file.getvalue()


def _read(data: bytes) -> Image:
    image = decode(data, Limits(), name="damaged.jpg")
    assert isinstance(image, Image)
    return image


def _cut_off(pixels: Pixels, share: float, _: Rng) -> Damaged:
    """Without that share of the file's bytes."""
    data = _saved(pixels)
    return Damaged(_read(data[: int(len(data) * (1 - share))]))


def _described(pixels: Pixels, mistakes: float, _: Rng) -> Damaged:
    """With a colour profile and a size in EXIF; of these so many do not hold.

    One: the profile is cut off. Two: EXIF claims another size as well. Three: a ZIP stands behind.
    """
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Pillow.Exif()
    claimed = 1 if mistakes < 2 else 2
    size = {0xA002: pixels.shape[1] * claimed, 0xA003: pixels.shape[0] * claimed}
    exif.get_ifd(0x8769).update(size)
    data = _saved(pixels, icc_profile=profile[: 200 if mistakes else None], exif=exif)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "something else")
    return Damaged(_read(data + (packed.getvalue() if mistakes >= 3 else b"")))


def _whole_file(pixels: Pixels, _: Rng) -> Damaged:
    return Damaged(_read(_saved(pixels)))


LAYOUT = (
    Damage("TILING", "3 × 3", "share", (0.35, 0.6, 1), _tiled, _recompressed),
    Damage("TILING", "3 × 3, patch", "share", (0.35, 0.6, 1),
           lambda p, s, r: _tiled(p, s, r, 0.6), _recompressed),
    Damage("SEAM", "lighter side", "levels", (4, 8, 16), _offset, _softly_lit),
    Damage("SEAM", "shifted side", "pixels", (2, 4, 8), _shifted, untouched),
    Damage("SEAM", "tiles of 256", "levels", (4, 8, 16), _decoded_in_tiles, _softly_lit),
    Damage("DUPLICATED_REGION", "copied", "of sides", (0.15, 0.22, 0.3), _copied, _recompressed),
    Damage("DUPLICATED_REGION", "copied, turned", "of sides", (0.15, 0.22, 0.3),
           lambda p, s, r: _copied(p, s, r, turn=8.0), _recompressed),
    Damage("LETTERBOX", "black bars", "of height", (0.03, 0.06, 0.12),
           lambda p, s, _: _framed(p, s, 0), _recompressed),
    Damage("LETTERBOX", "white bars", "of height", (0.03, 0.06, 0.12),
           lambda p, s, _: _framed(p, s, 255), _recompressed),
    Damage("LETTERBOX", "one bar right", "of width", (0.03, 0.06, 0.12), _pillar, _recompressed),
    Damage("ALPHA_FRINGE", "old background", "share", (0.35, 0.7, 1), _cut_out,
           lambda p, r: _cut_out(p, 0.0, r)),
    Damage("WATERMARK", "word aslant", "opacity", (0.1, 0.2, 0.4), _marked, _recompressed),
    Damage("GARBLED_TEXT", "sign", "letters", (0.3, 0.6, 1), _sign, _legible),
    Damage("METADATA", "mistakes", "of 3", (1, 2, 3), _described,
           lambda p, r: _described(p, 0, r)),
    Damage("TRUNCATED", "JPEG", "bytes gone", (0.1, 0.3, 0.6), _cut_off, _whole_file),
)  # fmt: skip

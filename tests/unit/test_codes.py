"""The published codes: clients switch on them, so none may disappear."""

import re

import pytest

from gencheck.codes import CODES, describe, number, quantity

PUBLISHED = """
BLOCKING BLUR NOISE BANDING CHECKERBOARD CLIPPING LETTERBOX DUPLICATED_REGION TRUNCATED
RINGING TILING SEAM ALIASING COLOUR_CAST ALPHA_FRINGE WATERMARK GARBLED_TEXT DISTORTED_REGION
METADATA DAMAGED_FILE FROZEN BLACK_FRAMES DROPPED_FRAMES FLICKER TEMPORAL_WARPING STROBE AV_SYNC
AUDIO_CLIPPING SILENCE CLICK DROPOUT DC_OFFSET HUM PHASE_INVERSION LOUDNESS LOW_SPEECH_QUALITY
CLAIM_CONTRADICTED CLAIM_UNVERIFIED UNREQUESTED_TEXT UNREQUESTED_PERSON UNREQUESTED_OBJECT
PROMPT_UNCOVERED
SKEWED INSUFFICIENT_SAMPLE ATTRIBUTE_UNVERIFIED DETECTION_GAP
NON_FINITE DEGENERATE_FACE DUPLICATE_FACE DUPLICATE_VERTEX NON_MANIFOLD_EDGE
NON_MANIFOLD_VERTEX BOUNDARY_LOOP INCONSISTENT_WINDING INVERTED_SHELL SELF_INTERSECTION FLOATER
ZERO_VOLUME INTERIOR_FACES THIN_WALL BUDGET_EXCEEDED
BUDGET_VERTICES BUDGET_FILE_BYTES BUDGET_MATERIALS BUDGET_TEXTURE_SIDE BUDGET_TEXELS BUDGET_UV_SETS
BUDGET_JOINTS BUDGET_JOINT_WEIGHTS BUDGET_ANIMATION_SECONDS SCALE_SUSPECT ALPHA_MODE ALBEDO_RANGE
DEFAULT_METAL TEXTURE_MISSING TEXTURE_NOT_DECODED TEXTURE_COLOUR_SPACE TEXTURE_BLANK NORMAL_MAP
SKIN_WEIGHTS ANIMATION_STILL
UV_MISSING UV_OUT_OF_RANGE UV_DEGENERATE UV_INVERTED
UV_OVERLAP UV_TILE_OVERLAP UV_GUTTER TEXEL_DENSITY NORMAL_MISMATCH TANGENT_MISMATCH
""".split()  # noqa: SIM905 - 60 quoted lines are no easier to read


def test_no_published_code_is_lost() -> None:
    assert not set(PUBLISHED) - set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_described(code: str) -> None:
    entry = describe(code)
    assert re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)*", code)
    assert entry.check in {"artifact", "consistency", "bias", "mesh"}
    assert entry.title and not entry.title.endswith(".")
    assert entry.unit
    assert entry.remedy.endswith(".")


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1, "vertices", "1 vertex"),
        (1, "sets of a primitive", "1 set of a primitive"),
        (1, "flashes a second", "1 flash a second"),
        (2, "faces", "2 faces"),
        (29_290, "faces", "29,290 faces"),
        (1_234_567, "bytes", "1,234,567 bytes"),
        (0.123456, "grid ratio", "0.1235 grid ratio"),
        (1e300, "times", "1e+300 times"),
    ],
)
def test_a_value_with_its_unit(value: float, unit: str, words: str) -> None:
    assert quantity(value, unit) == words
    assert words.startswith(number(value))


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        describe("UGLY")

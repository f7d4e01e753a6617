"""The published finding codes. Clients switch on them: more may be added, none is ever renamed.

Each code fixes the unit of its measurements, the words of its findings and what to do about them.
Thresholds are not here: they belong to a policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from gencheck.gltf_codes import GLTF_CODES, Level
from gencheck.mesh_codes import MESH_CODES


@dataclass(frozen=True, slots=True)
class Code:
    """One published code.

    Attributes:
        check: the service that measures it.
        title: what is wrong, in a few words.
        unit: unit of the measured value; higher is always worse.
        remedy: what somebody can do about it.
        family: the code whose thresholds and waivers hold where a policy names none for this one.
    """

    check: str
    title: str
    unit: str
    remedy: str
    family: str = ""


EFFECTS = {"cramers_v": "Cramér's V", "earth_movers_distance": "earth mover's distance"}
"""The effect sizes of an audit, as people are told them."""

CODES: dict[str, Code] = {
    # image
    "BLOCKING": Code(
        "artifact",
        "visible 8×8 compression blocks",
        "grid ratio",
        "Export again at a higher quality from the lossless source.",
    ),
    "BLUR": Code(
        "artifact",
        "no sharp detail",
        "blur ratio 0..1",
        "Generate at a higher resolution, or check the upscaler and the decoder.",
    ),
    "NOISE": Code(
        "artifact",
        "strong noise",
        "sigma, 8-bit levels",
        "Use more sampling steps, or denoise before export.",
    ),
    "BANDING": Code(
        "artifact",
        "steps in smooth gradients",
        "banding index 0..24",
        "Keep 16 bits until export and dither when quantising to 8.",
    ),
    "CHECKERBOARD": Code(
        "artifact",
        "periodic checkerboard or grid pattern",
        "peak over spectrum, robust z",
        "Replace transposed convolutions by resize and convolution; check the VAE tiling.",
    ),
    "CLIPPING": Code(
        "artifact",
        "detail lost in pure black or white",
        "share of pixels, black by half",
        "Lower contrast or exposure before export.",
    ),
    "LETTERBOX": Code(
        "artifact",
        "uniform bars at the border",
        "share of height or width",
        "Crop the bars, or generate at the target aspect ratio.",
    ),
    "DUPLICATED_REGION": Code(
        "artifact",
        "a region stands in the picture twice",
        "share of pixels",
        "Generate again; lower the tile overlap or the resolution.",
    ),
    "TRUNCATED": Code(
        "artifact",
        "the file ends before the medium does",
        "share missing",
        "Transfer or export the file again.",
    ),
    "DAMAGED_FILE": Code(
        "artifact",
        "data of the file are broken",
        "share of rows",
        "Transfer or export the file again; look for a broken disk or proxy.",
    ),
    "RINGING": Code(
        "artifact",
        "halos and ripples beside edges",
        "ratio to what photos show",
        "Sharpen less, or export again at a higher quality from the lossless source.",
    ),
    "TILING": Code(
        "artifact",
        "the picture repeats itself in tiles",
        "correlation 0..1",
        "Generate again without tiling, or with a larger overlap of the tiles.",
    ),
    "SEAM": Code(
        "artifact",
        "a straight line where two parts do not meet",
        "8-bit levels",
        "Blend the tiles over a wider overlap; decode the picture in one piece.",
    ),
    "ALIASING": Code(
        "artifact",
        "pixels repeated in enlarging, with jagged edges",
        "aliasing ratio 0..1",
        "Enlarge with a filter (bicubic or Lanczos), not by nearest neighbour.",
    ),
    "COLOUR_CAST": Code(
        "artifact",
        "one colour lies over the whole picture",
        "chroma of grey areas, CIELAB",
        "Balance white; check the colour space of the export.",
    ),
    "ALPHA_FRINGE": Code(
        "artifact",
        "a halo of the old background around the cut-out",
        "colour difference, CIEDE2000",
        "Estimate foreground colours under the matte, or export premultiplied as such.",
    ),
    "WATERMARK": Code(
        "artifact",
        "a mark repeats over the picture",
        "lattice over likeness, robust z",
        "Use a licensed or unmarked source.",
    ),
    "GARBLED_TEXT": Code(
        "artifact",
        "letters that nobody can read",
        "misread characters",
        "Render the words apart and paste them, or generate again.",
    ),
    "DISTORTED_REGION": Code(
        "artifact",
        "a part looks warped, melted, pasted or missing",
        "model score 0..1",
        "Generate or inpaint the marked part again.",
    ),
    "METADATA": Code(
        "artifact",
        "the file says about itself what does not hold",
        "weight of the mistake",
        "Write the file again with its true colour profile and orientation.",
    ),
    # video
    "FROZEN": Code(
        "artifact",
        "the picture stands still",
        "seconds",
        "Check dropped frames in the generator and the frame rate conversion.",
    ),
    "BLACK_FRAMES": Code(
        "artifact",
        "black pictures",
        "seconds",
        "Cut the black part, or render it again.",
    ),
    "DROPPED_FRAMES": Code(
        "artifact",
        "frames are missing or doubled",
        "frames",
        "Render at the frame rate of the file; check the conversion of the frame rate.",
    ),
    "FLICKER": Code(
        "artifact",
        "brightness flickers",
        "share of luma",
        "Generate with temporal conditioning, or deflicker before export.",
    ),
    "TEMPORAL_WARPING": Code(
        "artifact",
        "texture boils or warps from frame to frame",
        "pixels that texture strays, of 320 across",
        "Use more temporal attention or a lower motion strength; generate again.",
    ),
    "STROBE": Code(
        "artifact",
        "flashes that may harm people",
        "flashes a second",
        "Slow the flashes to three a second or fewer, or lower their contrast.",
    ),
    "AV_SYNC": Code(
        "artifact",
        "sound and picture do not begin and end together",
        "seconds",
        "Cut both tracks to one length; write their true start times.",
    ),
    # sound
    "AUDIO_CLIPPING": Code(
        "artifact",
        "samples flattened at full scale",
        "share of a second's samples",
        "Lower the gain before export; limit the true peak to -1 dBTP.",
    ),
    "SILENCE": Code(
        "artifact", "digital silence", "seconds", "Check the vocoder and the mix for missing parts."
    ),
    "CLICK": Code(
        "artifact",
        "clicks",
        "clicks within a minute",
        "Cross-fade joins of generated chunks; check for buffer underruns.",
    ),
    "DROPOUT": Code(
        "artifact",
        "the sound is torn by gaps",
        "seconds",
        "Check the stitching of generated chunks and the buffers of the recorder.",
    ),
    "DC_OFFSET": Code(
        "artifact",
        "the wave does not swing around zero",
        "share of full scale",
        "Filter out what lies below 20 Hz.",
    ),
    "HUM": Code(
        "artifact",
        "hum of the mains",
        "dB over the noise floor",
        "Remove 50 or 60 Hz and harmonics by notch filters; mend the ground loop.",
    ),
    "PHASE_INVERSION": Code(
        "artifact",
        "the channels cancel each other in mono",
        "anticorrelation 0..1",
        "Invert the phase of one channel.",
    ),
    "LOUDNESS": Code(
        "artifact",
        "too loud or too quiet",
        "LU from the target",
        "Normalise to the target loudness of the platform (EBU R 128).",
    ),
    "LOW_SPEECH_QUALITY": Code(
        "artifact",
        "speech sounds unnatural or noisy",
        "5 minus overall score (P.835)",
        "Synthesise again, or take a cleaner recording.",
    ),
    # consistency
    "CLAIM_CONTRADICTED": Code(
        "consistency",
        "the picture contradicts the prompt",
        "claim weight",
        "Generate again, or correct the prompt.",
    ),
    "CLAIM_UNVERIFIED": Code(
        "consistency",
        "a claim that could not be judged",
        "claim weight",
        "Install the models of a larger profile, or look at it.",
    ),
    "UNREQUESTED_TEXT": Code(
        "consistency",
        "text that nobody asked for",
        "regions",
        "Add a negative prompt for text, or mask and inpaint it.",
    ),
    "UNREQUESTED_PERSON": Code(
        "consistency",
        "a person that nobody asked for",
        "people",
        "Say in the prompt that nobody is to be seen.",
    ),
    "UNREQUESTED_OBJECT": Code(
        "consistency",
        "an object that nobody asked for",
        "objects",
        "Name it in the negative prompt, or accept it.",
    ),
    "PROMPT_UNCOVERED": Code(
        "consistency",
        "words of the prompt that no claim covers",
        "share of content words",
        "Say it in plain words: what, how many, which colour, where.",
    ),
    # bias
    "SKEWED": Code(
        "bias",
        "the set departs from the reference",
        "total variation distance, lower 95 % bound",
        "Balance the prompts or the sampling, then audit a fresh set.",
    ),
    "INSUFFICIENT_SAMPLE": Code(
        "bias",
        "too few people for an audit",
        "people missing",
        "Add pictures until the smallest sample named in the message is reached.",
    ),
    "ATTRIBUTE_UNVERIFIED": Code(
        "bias",
        "people whose attribute could not be read",
        "share of people",
        "Use pictures with larger, evenly lit faces.",
    ),
    "DETECTION_GAP": Code(
        "bias",
        "faces of some tones are overlooked more often",
        "difference of shares, lower 95 % bound",
        "Audit with another face detector, or with labels given by people.",
    ),
}

CODES |= {code: Code("mesh", *entry) for code, entry in MESH_CODES.items()}

_GLTF_REMEDIES = {
    Level.ERROR: "Mend the exporter, or the file at the place named: viewers may refuse it.",
    Level.WARNING: "Export it again with this mended: viewers may differ in what they show.",
    Level.INFO: "Nothing need be done; leaving it out makes the file smaller or clearer.",
    Level.HINT: "Nothing need be done; saying it lets viewers load the file faster.",
}
_ISSUES = "issues"
CODES |= {
    f"GLTF_{level.name}": Code("mesh", f"any glTF {level.name.lower()}", _ISSUES, remedy)
    for level, remedy in _GLTF_REMEDIES.items()
}
CODES |= {
    code: Code(
        "mesh", entry.title, _ISSUES, _GLTF_REMEDIES[entry.level], f"GLTF_{entry.level.name}"
    )
    for code, entry in GLTF_CODES.items()
}
CODES |= {
    f"USD_{level}": Code("mesh", f"{what} of a USD scene", _ISSUES, remedy)
    for level, what, remedy in (
        ("ERROR", "errors", "Mend the exporter, or the scene at the prim: viewers may refuse it."),
        (
            "WARNING",
            "warnings",
            "Export it again with this mended: viewers may differ in what they show.",
        ),
        ("INFO", "remarks", "Nothing need be done."),
    )
}


def describe(code: str) -> Code:
    """The entry of a published code. Raises ``KeyError`` for one that is not published."""
    return CODES[code]


def number(value: float) -> str:
    """A value for people: whole from a thousand on, else four digits."""
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e15 else f"{value:.4g}"


def quantity(value: float, unit: str) -> str:
    """A value with its unit, such as ``12,345 faces`` or ``1 vertex``."""
    first, space, rest = unit.partition(" ")
    if value == 1:
        first = _SINGULAR.get(first) or first.removesuffix("s")
    return f"{number(value)} {first}{space}{rest}"


_SINGULAR = {"vertices": "vertex", "people": "person", "flashes": "flash"}

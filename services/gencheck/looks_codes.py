"""The published codes of what lies on a mesh: texture coordinates, normals, tangents."""

from __future__ import annotations

LOOKS_CODES: dict[str, tuple[str, str, str]] = {
    "UV_MISSING": (
        "a texture on faces without texture coordinates",
        "faces",
        "Unwrap the faces, or take the texture off their material.",
    ),
    "UV_OUT_OF_RANGE": (
        "texture coordinates outside of the texture",
        "faces",
        "Move the islands into 0..1, or let the texture repeat.",
    ),
    "UV_DEGENERATE": (
        "faces without area in UV",
        "faces",
        "Unwrap them again; of one colour on purpose, they can stay.",
    ),
    "UV_INVERTED": (
        "faces folded over in UV",
        "faces",
        "Unwrap the island again, or cut it where it is folded.",
    ),
    "UV_OVERLAP": (
        "faces that share texels",
        "share of the UV area in use",
        "Unwrap without overlap where the texture is baked; mirrored parts may be meant.",
    ),
    "UV_GUTTER": (
        "UV islands with too narrow a gutter",
        "islands",
        "Pack the islands again with a wider margin, and bake with padding.",
    ),
    "TEXEL_DENSITY": (
        "a texture finer here than there",
        "95th over 5th percentile",
        "Scale the islands to their size on the surface.",
    ),
    "NORMAL_MISMATCH": (
        "normals that point behind their faces",
        "share of corners",
        "Recalculate the normals, or turn the faces round.",
    ),
    "TANGENT_MISMATCH": (
        "tangents that do not fit the UV",
        "share of corners",
        "Leave the tangents out, or compute them by MikkTSpace from the UV as exported.",
    ),
}
"""By code what is wrong, the unit, and what somebody can do about it (``codes.Code``)."""

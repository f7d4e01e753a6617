"""The published codes of meshes: title, unit and remedy, as ``codes.py`` explains them."""

from __future__ import annotations

MESH_CODES: dict[str, tuple[str, str, str]] = {
    "NON_FINITE": (
        "vertices that are not a finite number (NaN or infinity)",
        "vertices",
        "Remove these vertices, or export the mesh again from its source.",
    ),
    "DEGENERATE_FACE": (
        "faces without area",
        "faces",
        "Dissolve degenerate faces, or weld and clean up.",
    ),
    "DUPLICATE_FACE": ("faces that are there twice", "faces", "Remove duplicate faces."),
    "DUPLICATE_VERTEX": ("vertices at the same place", "vertices", "Merge vertices by distance."),
    "NON_MANIFOLD_EDGE": (
        "edges with more than two faces",
        "edges",
        "Separate the parts, or remove the faces inside.",
    ),
    "NON_MANIFOLD_VERTEX": (
        "vertices in which parts of the surface only touch",
        "vertices",
        "Split the vertex, or join the parts by faces.",
    ),
    "BOUNDARY_LOOP": (
        "holes, or rims of an open surface",
        "loops",
        "Fill the holes; where the surface is open on purpose, waive the code in the policy.",
    ),
    "INCONSISTENT_WINDING": (
        "neighbouring faces wound against each other",
        "edges",
        "Turn the faces so that all have their front outside (recalculate normals).",
    ),
    "INVERTED_SHELL": (
        "closed shells that are inside out",
        "shells",
        "Flip the normals of the shell, so that faces have their front outside.",
    ),
    "SELF_INTERSECTION": (
        "faces that cut or touch each other",
        "faces",
        "Unite the parts with a boolean, or remesh.",
    ),
    "FLOATER": ("small loose parts", "components", "Delete the loose parts, or join them."),
    "ZERO_VOLUME": ("closed parts without volume", "components", "Give them thickness."),
    "INTERIOR_FACES": (
        "faces inside the volume of other parts",
        "faces",
        "Unite the parts with a boolean, or delete what is inside.",
    ),
    "THIN_WALL": (
        "thin walls",
        "bounding box diagonals per wall thickness",
        "Thicken the wall, or print it larger.",
    ),
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
    "UV_TILE_OVERLAP": (
        "faces that share texels by way of other tiles",
        "share of the UV area in use",
        "Move the islands apart where the texture is baked; a texture that tiles may be meant.",
    ),
    "UV_GUTTER": (
        "UV islands with too narrow a gutter",
        "islands",
        "Pack the islands again with a wider margin, and bake with padding.",
    ),
    "TEXEL_DENSITY": (
        "a texture finer here than there",
        "times, 95th over 5th percentile",
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
    "BUDGET_EXCEEDED": ("over the budget of faces", "faces", "Decimate or split the mesh."),
    "BUDGET_VERTICES": (
        "over the budget of vertices",
        "vertices",
        "Decimate; weld needless seams.",
    ),
    "BUDGET_FILE_BYTES": (
        "over the budget of bytes",
        "bytes",
        "Make textures smaller, or store them as JPEG, WebP or KTX2; decimate.",
    ),
    "BUDGET_MATERIALS": (
        "over the budget of materials",
        "materials",
        "Merge materials by an atlas.",
    ),
    "BUDGET_TEXTURE_SIDE": (
        "over the budget of a texture's side",
        "pixels",
        "Scale the texture down.",
    ),
    "BUDGET_TEXELS": (
        "over the budget of all textures together",
        "pixels",
        "Scale textures down, or leave some out.",
    ),
    "BUDGET_UV_SETS": (
        "over the budget of texture coordinates",
        "sets of a primitive",
        "Bake what needs a second set into the first.",
    ),
    "BUDGET_JOINTS": (
        "over the budget of joints",
        "joints of a skin",
        "Remove joints that move little.",
    ),
    "BUDGET_JOINT_WEIGHTS": (
        "over the budget of joints at one vertex",
        "joints",
        "Keep the largest weights and scale them to sum to 1.",
    ),
    "BUDGET_ANIMATION_SECONDS": (
        "over the budget of animation",
        "seconds",
        "Shorten the animation, or loop it.",
    ),
    "SCALE_SUSPECT": (
        "a size that hardly anything has",
        "times beyond 1 mm to 100 m",
        "Export it at its true size in the unit that the file names, or scale the root node.",
    ),
    "ALPHA_MODE": (
        "materials whose transparency is not what their alpha says",
        "materials",
        "Set alphaMode to what the texture needs: OPAQUE, MASK or BLEND.",
    ),
    "ALBEDO_RANGE": (
        "base colours darker or brighter than materials are",
        "materials",
        "Take light and shadow out of the base colour, or mark the material as unlit.",
    ),
    "DEFAULT_METAL": (
        "materials that are metal because nothing else was said",
        "materials",
        "Say metallicFactor: 0 for what is no metal.",
    ),
    "TEXTURE_MISSING": (
        "textures that are not there or cannot be decoded",
        "images",
        "Export it again with its textures embedded.",
    ),
    "TEXTURE_NOT_DECODED": (
        "textures that were not looked at",
        "images",
        "Embed them as PNG, JPEG or WebP to have them checked.",
    ),
    "TEXTURE_COLOUR_SPACE": (
        "pictures used as colours and as numbers at once",
        "images",
        "Give each use a picture of its own.",
    ),
    "TEXTURE_BLANK": (
        "large textures of one colour",
        "images",
        "Bake the texture again; for one colour take a factor.",
    ),
    "NORMAL_MAP": (
        "a normal map that holds no normals",
        "degrees that its mean leans",
        "Bake it in tangent space, and store it as linear values.",
    ),
    "SKIN_WEIGHTS": (
        "vertices that their joints do not hold",
        "vertices",
        "Assign each vertex to a joint, and normalise the weights.",
    ),
    "ANIMATION_STILL": (
        "animations in which nothing moves",
        "animations",
        "Remove them, or bake the animation again.",
    ),
}

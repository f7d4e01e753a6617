"""USD: the triangles of a scene, and what OpenUSD's validators mind, where usd-core is installed.

OpenUSD is C++ that strangers' bytes reach: this runs in decoding processes only.
"""

from __future__ import annotations

from importlib.util import find_spec

from gencheck.errors import UnsupportedMedia
from gencheck.media.types import Limits, Mesh


def decode_usd(data: bytes, name: str, kind: str, limits: Limits) -> Mesh:
    """All meshes that a renderer would show, at the first time of the scene.

    Args:
        kind: ``USDA``, ``USDC`` or ``USDZ``.

    Raises:
        UnsupportedMedia: usd-core is not installed, or the scene is not in this file as a whole.
        DecodeFailed: OpenUSD cannot read it, or its arrays do not fit each other.
        LimitExceeded: more faces or vertices than the limits.
    """
    if find_spec("pxr") is None:
        raise UnsupportedMedia(
            f"{kind} is read where usd-core is installed",
            where=name,
            fix="Ask the operator for: pip install 'gencheck[usd]'; or send GLB.",
        )
    from gencheck.media.meshes.usd_scene import read_scene

    return read_scene(data, name, kind, limits)

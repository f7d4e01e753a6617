"""Textures: texels as stored, made smaller by averages; what is amiss is told."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from made_gltf import MadeGltf, encoded, ktx2
from numpy.typing import NDArray

from gencheck.media.appearance import Appearance, ImageState
from gencheck.media.decode import decode
from gencheck.media.gltf import images as gltf_images
from gencheck.media.types import Limits, Mesh

RNG = np.random.default_rng(5)


def read(made: MadeGltf, limits: Limits | None = None) -> tuple[Appearance, dict[str, int]]:
    mesh = decode(made.glb(), limits or Limits(), name="made.glb")
    assert isinstance(mesh, Mesh)
    assert mesh.appearance is not None
    return mesh.appearance, dict(mesh.notes)


def texels_of(found: Appearance, row: int) -> NDArray[np.uint8]:
    textures = found.textures
    assert textures is not None
    height, width = textures.shape[row].tolist()
    start = int(textures.start[row])
    return textures.texels[start : start + height * width].reshape(height, width, 4)


def noise(*shape: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def test_small_textures_are_kept_as_they_are() -> None:
    made = MadeGltf()
    pixels = noise(5, 7, 4)
    made.coloured(pixels)
    made.add("samplers", {"wrapS": 33_071, "wrapT": 33_648})
    made.document["textures"][0]["sampler"] = 0
    found, notes = read(made)
    np.testing.assert_array_equal(texels_of(found, 0), pixels)
    assert found.textures is not None
    assert found.images is not None
    assert found.textures.wrap.tolist() == [[33_071, 33_648]]
    assert found.images.shape.tolist() == [[5, 7]]
    assert (found.images.channels[0], found.images.bits[0]) == (4, 8)
    alpha = pixels[..., 3]
    between = (alpha > 0) & (alpha < 255)
    expected = [(alpha < 255).mean(), between.mean(), alpha.min()]
    np.testing.assert_allclose(found.images.alpha[0], expected, rtol=1e-6)
    assert not notes


def test_large_textures_are_averaged_over_squares_also_under_clear_texels() -> None:
    made = MadeGltf()
    pixels = noise(64, 3_072, 4)
    made.coloured(pixels)
    found, _ = read(made)
    small = texels_of(found, 0)
    assert small.shape == (22, 1_024, 4)  # the last row of squares is cut
    squares = pixels[:63].reshape(21, 3, 1_024, 3, 4).astype(float).mean(axis=(1, 3))
    assert np.abs(small[:21].astype(float) - squares).max() < 0.6  # rounded, in fixed point


def test_a_large_jpeg_is_made_smaller_too() -> None:
    made = MadeGltf()
    across = np.linspace(0, 255, 2_048).astype(np.uint8)
    pixels = np.stack([np.tile(across, (1_024, 1))] * 3, axis=-1)
    made.coloured(encoded(pixels, "JPEG", quality=95))
    small = texels_of(read(made)[0], 0)
    assert small.shape == (512, 1_024, 4)
    assert np.abs(small[100, :, 0].astype(int) - across[::2]).max() <= 3
    assert (small[..., 3] == 255).all()


def test_one_colour_is_told_from_averages_that_are_equal() -> None:
    made = MadeGltf()
    board = np.indices((2_048, 2_048)).sum(axis=0) % 2 * 255
    plain = np.full((2_048, 2_048, 4), 9, np.uint8)
    spot = plain.copy()
    spot[7, 1_999, 3] = 10
    for pixels in (board.astype(np.uint8), plain, spot):
        made.coloured(pixels)
    images = read(made)[0].images
    assert images is not None
    assert images.plain.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 100]], np.uint8), [[0, 0, 0, 255], [100, 100, 100, 255]]),
        (np.array([[0, 65_535]], np.uint16), [[0, 0, 0, 255], [255, 255, 255, 255]]),
        (np.array([[[7, 40]]], np.uint8), [[7, 7, 7, 40]]),
    ],
)
def test_kinds_of_pixels(pixels: NDArray[Any], expected: list[list[int]]) -> None:
    made = MadeGltf()
    made.coloured(encoded(pixels))
    found, _ = read(made)
    assert texels_of(found, 0)[0].tolist() == expected


def test_no_profile_is_applied() -> None:
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB", 0)).tobytes()
    odd = lab.replace(b"rXYZ", b"xXYZ").replace(b"bXYZ", b"rXYZ").replace(b"xXYZ", b"bXYZ")
    made = MadeGltf()
    pixels = noise(4, 4, 3)
    made.coloured(encoded(pixels, icc_profile=odd))
    np.testing.assert_array_equal(texels_of(read(made)[0], 0)[..., :3], pixels)


def test_a_picture_is_decoded_once_for_all_its_textures() -> None:
    made = MadeGltf()
    first = made.coloured(noise(4, 4, 3))
    again = made.add("textures", {"source": 0})
    made.material(pbrMetallicRoughness={"baseColorTexture": {"index": again}})
    found, _ = read(made)
    assert found.textures is not None
    assert first == 0
    assert found.textures.start.tolist() == [0, 0]
    assert len(found.textures.texels) == 16


def test_only_base_colours_are_kept_and_normals_are_looked_at() -> None:
    made = MadeGltf()
    flat = np.full((8, 8, 3), (128, 128, 255), np.uint8)
    made.material(
        normalTexture={"index": made.texture(flat)}, occlusionTexture={"index": made.texture(flat)}
    )
    found, _ = read(made)
    assert found.textures is not None
    assert found.images is not None
    assert len(found.textures.texels) == 0
    assert found.images.lean[0] == pytest.approx(0, abs=1)
    assert np.isnan(found.images.lean[1])
    assert np.isnan(found.images.alpha).all()


@pytest.mark.parametrize(
    ("colour", "lean"), [((200, 200, 200), 54.7), ((188, 188, 255), 33.8), ((0, 0, 0), 180.0)]
)
def test_how_far_a_normal_map_leans(colour: tuple[int, int, int], lean: float) -> None:
    made = MadeGltf()
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:16] = colour
    made.material(normalTexture={"index": made.texture(pixels)})
    images = read(made)[0].images
    assert images is not None
    assert images.lean[0] == pytest.approx(lean, abs=0.1)


def state_of(image: dict[str, Any], data: bytes = b"") -> tuple[ImageState, dict[str, int]]:
    """What becomes of an image that a base colour needs."""
    made = MadeGltf()
    made.coloured(data)
    made.document["images"][0] = image or made.document["images"][0]
    found, notes = read(made)
    assert found.images is not None
    assert found.textures is not None
    if found.images.state[0] != ImageState.FINE:
        assert len(found.textures.texels) == 0
    return ImageState(int(found.images.state[0])), notes


PNG = encoded(noise(16, 16, 3))


@pytest.mark.parametrize(
    ("image", "data", "state", "note"),
    [
        ({"uri": "wood.png"}, PNG, ImageState.ELSEWHERE, "images_in_other_files"),
        ({"bufferView": 99}, PNG, ImageState.MISSING, "images_missing"),
        ({"name": "wood"}, PNG, ImageState.MISSING, "images_missing"),
        ({"uri": "data:image/png;base64,???"}, PNG, ImageState.MISSING, "images_missing"),
        ({}, b"", ImageState.BROKEN, "images_broken"),
        ({}, PNG[:20], ImageState.BROKEN, "images_broken"),
        ({}, PNG[:-300], ImageState.BROKEN, "images_broken"),
        ({}, b"GIF89a\1\0\1\0\0\0\0;", ImageState.BROKEN, "images_broken"),
        ({}, b"no picture at all", ImageState.BROKEN, "images_broken"),
        ({}, ktx2(64, 32)[:30], ImageState.BROKEN, "images_broken"),
        ({}, ktx2(64, 32, vk_format=37), ImageState.BROKEN, "images_broken"),
        ({}, ktx2(64, 32, faces=6), ImageState.BROKEN, "images_broken"),
        ({}, ktx2(63, 32), ImageState.BROKEN, "images_broken"),
        ({}, ktx2(64, 32, levels=3), ImageState.BROKEN, "images_broken"),
        ({}, ktx2(64, 32, levels=7), ImageState.NOT_DECODED, "images_not_decoded"),
    ],
)
def test_what_is_amiss_is_told(
    image: dict[str, Any], data: bytes, state: ImageState, note: str
) -> None:
    found, notes = state_of(image, data)
    notes.pop("files_not_checked", None)
    assert (found, notes) == (state, {note: 1})


@pytest.mark.parametrize(
    ("kind", "exact"), [("WEBP", {"lossless": True}), ("AVIF", {"quality": 100})]
)
def test_data_uris_of_pictures_of_extensions(kind: str, exact: dict[str, Any]) -> None:
    made = MadeGltf()
    pixels = np.full((8, 8, 3), (40, 90, 200), np.uint8)
    code = base64.b64encode(encoded(pixels, kind, **exact)).decode()
    made.coloured(PNG)
    made.document["images"].append({"uri": f"data:image/{kind.lower()};base64,{code}"})
    extension = f"EXT_texture_{kind.lower()}"
    made.document["textures"][0] = {"extensions": {extension: {"source": 1}}}
    found, notes = read(made)
    apart = texels_of(found, 0)[..., :3].astype(int) - pixels
    assert np.abs(apart).max() <= (0 if kind == "WEBP" else 3)
    assert not notes


def test_of_two_sources_the_one_that_can_be_decoded() -> None:
    made = MadeGltf()
    made.coloured(PNG)
    other = made.image(ktx2(16, 16), "image/ktx2")
    made.document["textures"][0]["extensions"] = {"KHR_texture_basisu": {"source": other}}
    found, notes = read(made)
    assert found.images is not None
    assert found.images.of_texture.tolist() == [0]
    assert found.images.levels.tolist() == [0, 1]
    assert notes == {"images_not_decoded": 1}


def test_pixels_are_bounded() -> None:
    made = MadeGltf()
    for _ in range(3):
        made.coloured(noise(10, 10, 3))
    found, notes = read(made, Limits(max_pixels=100))
    assert found.images is not None
    assert found.images.state.tolist() == [0, 0, ImageState.BEYOND]
    assert found.images.shape.tolist() == [[10, 10]] * 3
    assert notes == {"images_over_the_bounds": 1}
    assert read(made, Limits(max_pixels=99))[1] == {"images_over_the_bounds": 3}


def test_texels_are_bounded_by_making_all_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gltf_images, "MAX_TEXELS", 600)
    made = MadeGltf()
    for size in (16, 32):
        made.coloured(noise(size, size, 3))
    found, notes = read(made)
    assert found.textures is not None
    assert found.textures.shape.tolist() == [[16, 16], [16, 16]]
    assert not notes


def test_images_beyond_the_count_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gltf_images, "MAX_IMAGES", 1)
    made = MadeGltf()
    for _ in range(2):
        made.coloured(noise(2, 2, 3))
    assert read(made)[1] == {"images_over_the_bounds": 1}


@pytest.mark.parametrize(
    "texture",
    [None, {"source": 7}, {"source": 0, "sampler": 3}, {"extensions": 1}, []],
)
def test_a_texture_that_points_nowhere_is_counted(texture: object) -> None:
    made = MadeGltf()
    made.coloured(PNG)
    made.document["textures"][0] = texture
    assert read(made)[1] == {"textures_not_read": 1}


def test_parts_have_rows_of_materials_only() -> None:
    made = MadeGltf()
    made.material()
    made.primitive["material"] = 1
    found, _ = read(made)
    assert found.parts[:, 2].tolist() == [-1]


def test_a_gltf_with_pictures_beside_it() -> None:
    made = MadeGltf()
    made.coloured(PNG)
    document = json.loads(json.dumps(made.document))
    document["images"] = [{"uri": "wood.png"}]
    binary = made.glb()[-len(bytes(made._binary)) - (-len(made._binary) % 4) :]
    code = base64.b64encode(binary).decode()
    document["buffers"] = [
        {"byteLength": len(binary), "uri": f"data:application/octet-stream;base64,{code}"}
    ]
    mesh = decode(json.dumps(document).encode(), Limits(), name="made.gltf")
    assert isinstance(mesh, Mesh)
    assert mesh.notes == {"images_in_other_files": 1, "files_not_checked": 1}
    assert len(mesh.faces) == 12

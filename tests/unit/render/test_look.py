"""What a mesh looks like: materials, textures and colours, and what they may not do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_materials import white

from gencheck.media.appearance import AlphaMode, Appearance, Slot
from gencheck.media.types import Mesh
from gencheck.render.camera import _bounds, _place, _project, _turned
from gencheck.render.colours import to_linear, to_srgb
from gencheck.render.develop import Picture, develop
from gencheck.render.look import look_of, shows_colour
from gencheck.render.raster import _draw
from gencheck.render.texture import _halve
from gencheck.render.views import _find_whole, warm_up
from tests.unit.render.scenes import draw, parts, square, stacked, textures, unlit

UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)  # v grows downwards
QUARTERS = np.kron(
    [[[255, 0, 0, 255], [0, 255, 0, 255]], [[0, 0, 255, 255], [99, 99, 99, 255]]],
    np.ones((16, 16, 1)),
).astype(np.uint8)


GLOSS = 33
"""Of black seen from the front: 2 % of the light on it."""


def picture(looks: Appearance, *, double: bool = False) -> Picture:
    """A square, or two beside each other, as models see it."""
    one = square()
    right = (one[0] + [2.0, 0.0, 0.0], one[1])
    return draw(*(stacked(one, right) if double else one), None, looks=looks)


def textured(**changes: object) -> Appearance:
    made = unlit((1, 1, 1, 1), texture=np.array([[0, -1, -1, -1, -1]], np.int32))
    return Appearance(
        uv=UV,
        parts=parts(0),
        materials=replace(made, **changes),
        textures=textures(QUARTERS),
    )


def at(drawn: Picture, x: float, y: float) -> list[int]:
    return drawn[round(y * 127), round(x * 127)].tolist()


def test_a_colour_without_light_is_that_colour() -> None:
    red = to_linear(np.array([200.0, 100.0, 50.0]))
    drawn = picture(Appearance(parts=parts(0), materials=unlit((*red.tolist(), 1.0))))
    np.testing.assert_allclose(at(drawn, 0.5, 0.5), [200, 100, 50], atol=1)


def test_each_part_has_its_material_and_others_are_grey() -> None:
    looks = Appearance(parts=parts(0, 2), materials=unlit((1, 0, 0, 1), (0, 0, 1, 1)))
    drawn = picture(looks, double=True)
    assert at(drawn, 0.3, 0.5) == [255, 0, 0] and at(drawn, 0.7, 0.5) == [0, 0, 255]
    unknown = replace(looks, parts=np.array([[0, 0, 7, 0, 0], [0, 0, -1, 0, 2]], np.int32))
    grey = draw(*stacked(square(), (square()[0] + [2.0, 0.0, 0.0], square()[1])), None)
    np.testing.assert_array_equal(picture(unknown, double=True), grey)


def test_a_texture_lies_upright() -> None:
    drawn = picture(textured())
    assert at(drawn, 0.2, 0.2) == [255, 0, 0] and at(drawn, 0.8, 0.2) == [0, 255, 0]
    assert at(drawn, 0.2, 0.8) == [0, 0, 255] and at(drawn, 0.8, 0.8) == [99, 99, 99]


def test_a_texture_is_moved_by_its_transform() -> None:
    shift = np.tile(np.array([[1, 0, 0.5], [0, 1, 0]], np.float32), (1, 5, 1, 1))
    drawn = picture(textured(uv_transform=shift))
    assert at(drawn, 0.2, 0.2) == [0, 255, 0] and at(drawn, 0.8, 0.2) == [255, 0, 0]


def test_a_material_chooses_its_set_of_uv() -> None:
    second = np.full((1, 5), 1, np.int32)
    mirrored = UV * [-1, 1] + [1, 0]
    looks = replace(textured(uv_set=second), second_uv=mirrored.astype(np.float32))
    assert at(picture(looks), 0.2, 0.2) == [0, 255, 0]
    assert at(picture(textured(uv_set=second)), 0.2, 0.2) == [255, 255, 255]  # there is none


def test_uv_of_corners_go_before_those_of_vertices() -> None:
    turned = np.array([[1, 2, 3], [1, 3, 0]], np.int32)  # a quarter turn
    looks = replace(textured(), uv_faces=turned)
    assert at(picture(looks), 0.2, 0.8) == [99, 99, 99]
    beyond = replace(textured(), uv_faces=turned + 9)
    assert at(picture(beyond), 0.2, 0.8) == [255, 255, 255]


def test_colours_of_vertices_are_mixed_in_linear_light() -> None:
    colours = np.array([[0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 1]], np.float32)
    looks = Appearance(colours=colours, parts=parts(0), materials=unlit((1, 1, 1, 1)))
    middle = at(picture(looks), 0.5, 0.5)[0]
    assert abs(middle - float(to_srgb(np.array(0.5)))) <= 3


def test_what_alpha_cuts_out_is_not_there() -> None:
    holes = QUARTERS.copy()
    holes[:16, :16, 3] = 100
    looks = textured(alpha_mode=np.array([AlphaMode.MASK], np.uint8))
    looks = replace(looks, textures=textures(holes))
    paper = draw(np.empty((0, 3)), np.empty((0, 3), np.int32), None)
    assert at(picture(looks), 0.2, 0.2) == at(paper, 0.2, 0.2)
    assert at(picture(looks), 0.8, 0.2) == [0, 255, 0]
    assert looks.materials is not None
    low = replace(looks.materials, alpha_cutoff=np.array([0.3], np.float32))
    assert at(picture(replace(looks, materials=low)), 0.2, 0.2) == [255, 0, 0]


def test_veils_are_blended_from_the_farthest_to_the_nearest() -> None:
    vertices, faces = stacked(square(1.0), square(0.0), square(-1.0))
    modes = np.array([AlphaMode.BLEND, AlphaMode.BLEND, AlphaMode.OPAQUE], np.uint8)
    seen = unlit((1, 0, 0, 0.5), (0, 1, 0, 0.5), (0, 0, 1, 1), alpha_mode=modes)
    looks = Appearance(parts=parts(0, 2, 4), materials=seen)
    expected = to_srgb(np.array([0.5, 0.25, 0.25]))
    np.testing.assert_allclose(
        at(draw(vertices, faces, None, looks=looks), 0.5, 0.5), expected, atol=1
    )
    np.testing.assert_allclose(  # from behind, the opaque one hides all
        at(draw(vertices * [-1, 1, -1], faces, None, looks=looks), 0.5, 0.5), [0, 0, 255], atol=1
    )


def test_smooth_normals_are_lit_smoothly_and_missing_ones_flatly() -> None:
    vertices, faces = square()
    normals = np.array([[-1, 0, 1], [1, 0, 1], [1, 0, 1], [-1, 0, 1]], np.float32) / np.sqrt(2)
    smooth = draw(vertices, faces, None, looks=Appearance(normals=normals.astype(np.float32)))
    assert len(np.unique(smooth[64, 20:108, 0])) > 20
    flat = draw(vertices, faces, None)
    assert len(np.unique(flat[64, 20:108, 0])) == 1
    missing = Appearance(normals=np.full((4, 3), np.nan, np.float32))
    np.testing.assert_array_equal(draw(vertices, faces, None, looks=missing), flat)


def test_a_material_with_two_sides_is_not_bluish_from_behind() -> None:
    vertices, faces = square()
    for double_sided in (False, True):
        made = replace(white(), double_sided=np.array([double_sided]))
        looks = Appearance(parts=parts(0), materials=made)
        red, _, blue = at(draw(vertices, faces[:, ::-1].copy(), None, looks=looks), 0.5, 0.5)
        assert (blue == red) == double_sided


def test_what_glows_does_so_in_the_dark_and_an_unread_texture_of_it_does_not() -> None:
    black = replace(white(), base_colour=np.array([[0, 0, 0, 1]], np.float32))
    glowing = replace(black, emissive=np.array([[0, 1, 0]], np.float32))
    lit = picture(Appearance(parts=parts(0), materials=glowing))
    assert at(lit, 0.5, 0.5) == [GLOSS, 255, GLOSS]
    rows = np.full((1, 5), -1, np.int32)
    rows[0, Slot.EMISSIVE] = 3
    unread = replace(glowing, texture=rows)
    assert at(picture(Appearance(parts=parts(0), materials=unread)), 0.5, 0.5) == [GLOSS] * 3


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_appearance_is_an_accident(data: st.DataObject) -> None:
    floats = st.sampled_from([0.0, 1.0, -3.5, 1e30, -1e38, np.inf, -np.inf, np.nan])
    rows = st.integers(-5, 5)

    def filled(shape: tuple[int, ...]) -> object:
        size = int(np.prod(shape))
        values = data.draw(st.lists(floats, min_size=size, max_size=size))
        return np.array(values, np.float32).reshape(shape)

    def numbered(shape: tuple[int, ...]) -> object:
        size = int(np.prod(shape))
        values = data.draw(st.lists(rows, min_size=size, max_size=size))
        return np.array(values, np.int32).reshape(shape)

    made = replace(
        white(2),
        base_colour=filled((2, 4)),
        emissive=filled((2, 3)),
        alpha_mode=np.array(data.draw(st.tuples(st.integers(0, 4), st.integers(0, 2))), np.uint8),
        alpha_cutoff=filled((2,)),
        texture=numbered((2, 5)),
        uv_set=numbered((2, 5)),
        uv_transform=filled((2, 5, 2, 3)),
    )
    looks = Appearance(
        uv=filled((4, 2)),
        uv_faces=data.draw(st.sampled_from([None, numbered((2, 3)), numbered((1, 3))])),
        second_uv=filled((data.draw(st.integers(3, 4)), 2)),
        normals=filled((4, 3)),
        colours=filled((4, 4)),
        parts=numbered((2, 5)),
        materials=made,
        textures=textures(QUARTERS),
    )
    assert draw(*square(), (0,), looks=looks, size=16).shape == (16, 16, 3)


def test_no_mesh_makes_a_kernel_be_compiled_again() -> None:
    warm_up(Mesh(*square(), "GLB"))
    kernels = (_draw, develop, _halve, _find_whole, _bounds, _place, _turned, _project)
    for name in ("uv", "normals", "colours"):
        frozen = np.ones((4, {"uv": 2, "normals": 3, "colours": 4}[name]), np.float32)
        frozen.flags.writeable = False
        picture(replace(textured(alpha_mode=np.array([2], np.uint8)), **{name: frozen}))
    looks = textured()
    assert looks.textures is not None
    looks.textures.texels.flags.writeable = False
    draw(*square(), (0,), looks=looks)
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)


@pytest.mark.parametrize("dtype", [np.float64, np.int32])
def test_columns_of_another_type_are_read_all_the_same(dtype: type) -> None:
    plain = picture(textured())
    np.testing.assert_array_equal(picture(replace(textured(), uv=UV.astype(dtype))), plain)


def coloured(looks: Appearance | None, drawn: tuple[bool, bool] = (True, True)) -> bool:
    return shows_colour(look_of(Mesh(*square(), "GLB", appearance=looks)), np.array(drawn))


def test_a_texture_counts_where_it_has_texels_and_a_place() -> None:
    assert coloured(textured())
    assert not coloured(replace(textured(), textures=None))
    assert not coloured(replace(textured(), uv=None))
    assert not coloured(replace(textured(), parts=np.array([[0, 0, -1, 0, 0]], np.int32)))
    glows = textured(texture=np.array([[-1, -1, -1, -1, 0]], np.int32))
    assert not coloured(glows)
    assert coloured(
        textured(
            texture=np.array([[-1, -1, -1, -1, 0]], np.int32), emissive=np.ones((1, 3), np.float32)
        )
    )
    second = textured(uv_set=np.ones((1, 5), np.int32))
    assert not coloured(second)
    assert coloured(replace(second, second_uv=UV))


def test_colours_of_the_mesh_count_and_greys_do_not() -> None:
    assert not coloured(None)
    for colour, counts in (((1, 1, 1), False), ((0.8, 0.8, 0.8), False), ((0.6, 0.0, 0.0), True)):
        assert coloured(Appearance(parts=parts(0), materials=unlit((*colour, 1.0)))) is counts
        on_vertices = np.full((4, 4), 0.5, np.float32)
        on_vertices[2, :3] = colour
        assert coloured(Appearance(colours=on_vertices)) is counts
    odd = np.full((4, 4), np.inf, np.float32)
    assert not coloured(Appearance(colours=odd))


def test_only_materials_of_faces_that_are_drawn_count() -> None:
    looks = Appearance(parts=parts(0, 1), materials=unlit((1, 1, 1, 1), (1, 0, 0, 1)))
    assert coloured(looks)
    assert not coloured(looks, (True, False))

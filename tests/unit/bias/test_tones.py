from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from gencheck.bias.light import lights
from gencheck.bias.monk import swatches, to_linear
from gencheck.bias.tones import MODEL, ErrorModel, Tint, tone_masses, under_daylight

SURE = np.where(np.arange(25) == 4, 0.0, -50.0)
"""The light is D65."""


@pytest.mark.parametrize("tone", range(1, 11))
def test_each_swatch_is_likeliest_its_own(tone: int) -> None:
    found = tone_masses(MODEL.level * to_linear(swatches()[tone - 1]), SURE)
    assert found.masses.argmax() + 1 == tone
    assert found.masses.sum() == pytest.approx(1)
    assert found.misfit < 0.1


def test_masses_are_those_of_the_stated_model() -> None:
    """Against counting: swatches drawn with random errors, of which those count that look so."""
    own, other = Tint((0.0, 0.0), (0.06, 0.08), 0.7), Tint((0.2, 0.1), (0.2, 0.2), 0.3)
    model = ErrorModel(exposure=0.5, own=own, other=other)
    rng = np.random.default_rng(5)
    n = 400_000
    logs = np.log(model.level * to_linear(swatches()))[:, None] + np.zeros((10, n, 3))
    exposure = rng.normal(0, model.exposure, (10, n))
    kind = np.where(rng.random((10, n)) < own.share, 0, 1)
    shift, scale = (
        np.array([getattr(k, name) for k in (own, other)]) for name in ("shift", "scale")
    )
    # A bivariate t: a normal over the root of a common chi-square.
    common = np.sqrt(model.tail / rng.chisquare(model.tail, (10, n)))[..., None]
    tints = shift[kind] + scale[kind] * rng.normal(size=(10, n, 2)) * common
    logs[..., 1] += exposure
    logs[..., 0] += exposure + tints[..., 0]
    logs[..., 2] += exposure + tints[..., 1]
    at = np.log(model.level * to_linear(swatches()[2])) + np.array([-0.22, -0.2, -0.23])
    seen = np.stack([at[1], at[0] - at[1], at[2] - at[1]])
    tried = np.stack([logs[..., 1], logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], -1)
    near = (np.abs(tried - seen) < [0.1, 0.012, 0.016]).all(axis=-1).sum(axis=1)
    assert near.sum() > 1000
    found = tone_masses(np.exp(at), SURE, model).masses
    assert found == pytest.approx(near / near.sum(), abs=0.03)


def test_not_knowing_the_light_spreads_the_mass() -> None:
    skin = MODEL.level * to_linear(swatches()[2])
    sure = tone_masses(skin, SURE).masses.max()
    anything = tone_masses(skin, np.zeros(25)).masses.max()
    assert anything < sure


def test_a_known_light_is_undone() -> None:
    albedo = to_linear(swatches()[5])
    under_a = lights().matrices[20] @ albedo
    found = tone_masses(MODEL.level * under_a, np.where(np.arange(25) == 20, 0.0, -50.0))
    assert found.masses.argmax() + 1 == 6
    back = under_daylight(under_a, found.light)
    assert rgb2lab(np.clip(back, 0, 1)) == pytest.approx(rgb2lab(albedo), abs=0.1)


@pytest.mark.parametrize("colour", [(0.1, 0.3, 0.1), (0.1, 0.1, 0.4), (0.6, 0.5, 0.02)])
def test_no_skin_fits_badly(colour: tuple[float, float, float]) -> None:
    assert tone_masses(np.array(colour), SURE).misfit > 3.5


@pytest.mark.parametrize("value", [0.0, 1e-9, 1.0])
def test_extremes_are_finite(value: float) -> None:
    found = tone_masses(np.full(3, value), np.zeros(25))
    assert np.isfinite(found.masses).all()

import numpy as np
import pytest
from PIL import ImageColor

from gencheck.consistency.verify.colours import basic_name, lch, shares

# CSS colour names are an independent reference: who named them did not know this module.
CSS = {
    "red": ["red", "crimson", "firebrick"],
    "orange": ["orange", "darkorange"],
    "yellow": ["yellow", "gold"],
    "green": ["green", "forestgreen", "limegreen", "seagreen", "darkgreen"],
    "blue": ["blue", "royalblue", "mediumblue", "steelblue", "navy"],
    "purple": ["purple", "darkviolet", "rebeccapurple"],
    "pink": ["pink", "hotpink", "lightpink", "deeppink"],
    "brown": ["saddlebrown", "sienna", "brown"],
    "white": ["white", "snow", "whitesmoke"],
    "black": ["black"],
    "grey": ["grey", "darkgrey", "dimgrey"],
    "turquoise": ["turquoise", "teal", "darkcyan"],
    "beige": ["beige", "wheat", "antiquewhite"],
}
FAR = [
    ("red", "blue"),
    ("blue", "yellow"),
    ("green", "purple"),
    ("white", "black"),
    ("black", "yellow"),
    ("yellow", "blue"),
    ("green", "red"),
    ("pink", "green"),
    ("white", "red"),
    ("brown", "blue"),
]


def swatch(css: str) -> np.ndarray:
    pixels = np.full((4, 4, 3), ImageColor.getrgb(css)[:3], np.uint8)
    return lch(pixels).reshape(-1, 3)


@pytest.mark.parametrize(("name", "css"), [(n, c) for n, names in CSS.items() for c in names])
def test_a_css_colour_never_speaks_against_its_name(name: str, css: str) -> None:
    assert shares(swatch(css), name)[1] == 1.0


@pytest.mark.parametrize("name", sorted(CSS))
def test_the_first_css_colour_has_the_name(name: str) -> None:
    assert shares(swatch(CSS[name][0]), name)[0] == 1.0


@pytest.mark.parametrize(("name", "other"), FAR)
def test_far_colours_speak_against_a_name(name: str, other: str) -> None:
    assert shares(swatch(CSS[other][0]), name) == (0.0, 0.0)


def test_names() -> None:
    assert basic_name("dark red") == "red"
    assert basic_name("navy") == "blue"
    assert basic_name("plaid") is None

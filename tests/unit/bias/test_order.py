from __future__ import annotations

import pytest

from gencheck.bias.order import order_of
from gencheck.errors import InvalidArgument


@pytest.mark.parametrize(
    ("categories", "order"),
    [
        (["10", "2", "1"], ("1", "2", "10")),
        (["60+", "0-9", "10–19", "20 to 59"], ("0-9", "10–19", "20 to 59", "60+")),
        (
            ["dark (7-10)", "light (1-3)", "medium (4-6)"],
            ("light (1-3)", "medium (4-6)", "dark (7-10)"),
        ),
        (["female", "male"], ()),
        (["1", "2", "other"], ()),
        (["10-19", "10+"], ()),
        (["1" * 30, "2"], ()),
        (["type 1", "type 2"], ()),
    ],
)
def test_order_by_names(categories: list[str], order: tuple[str, ...]) -> None:
    assert order_of("x", categories, {}) == order


def test_order_by_the_caller() -> None:
    told = {"age": ["child", "adult", "old"]}
    assert order_of("age", ["adult", "child", "old"], told) == ("child", "adult", "old")
    with pytest.raises(InvalidArgument, match="audited are 'adult', 'child'"):
        order_of("age", ["adult", "child"], told)

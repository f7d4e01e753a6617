"""Sound in pages: each sample is judged once, however the sound arrives."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gencheck.artifact.sound.page import Page, Pager


def pages_of(wave: np.ndarray, sizes: list[int], rate: int) -> list[Page]:
    pager, found, start = Pager(rate, len(wave)), [], 0
    for size in sizes:
        found += list(pager.add(wave[:, start : start + size]))
        start += size
    found += list(pager.add(wave[:, start:]))
    return found + list(pager.rest())


@settings(max_examples=60, deadline=None)
@given(
    length=st.integers(0, 700), sizes=st.lists(st.integers(0, 250), max_size=12),
    rate=st.sampled_from([1, 7, 100, 333]),
)  # fmt: skip
def test_pages_tell_the_same_of_any_blocks(length: int, sizes: list[int], rate: int) -> None:
    wave = np.arange(2 * length, dtype=np.float32).reshape(2, length)
    pages = pages_of(wave, sizes, rate)
    whole = pages_of(wave, [], rate)
    assert [(p.origin, p.begin, p.end, p.is_last) for p in pages] == [
        (p.origin, p.begin, p.end, p.is_last) for p in whole
    ]
    for page in pages:
        size = page.samples.shape[1]
        np.testing.assert_array_equal(page.samples, wave[:, page.origin : page.origin + size])
    judged = [page.core for page in pages]
    np.testing.assert_array_equal(np.concatenate([wave[:, :0], *judged], axis=1), wave)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True] * bool(pages)


def test_a_page_sees_a_tenth_of_a_second_on_both_sides() -> None:
    pages = pages_of(np.zeros((1, 350), np.float32), [], 100)
    assert [(p.start, p.begin, p.samples.shape[1] - p.end) for p in pages] == [
        (0, 0, 10), (100, 10, 10), (200, 10, 10), (300, 10, 0)
    ]  # fmt: skip
    assert pages[1].seconds(pages[1].begin) == 1.0


def test_it_holds_less_than_two_pages() -> None:
    pager = Pager(100, 1)
    for _ in range(50):
        list(pager.add(np.zeros((1, 77), np.float32)))
        assert pager._held.shape[1] <= 200

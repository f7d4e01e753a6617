"""Sound cut into pages of a second with a little of what is beside them, however it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Wave: TypeAlias = NDArray[np.float32]

PAGE_SECONDS = 1.0
MARGIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Page:
    """A second of sound that a listener judges, and what is beside it.

    Attributes:
        samples: ``float32 [channels, n]``, full scale is ±1, with the margins.
        rate: samples a second.
        origin: place of the first of ``samples`` in the whole sound.
        begin: first sample to judge, an index into ``samples``; before it is the margin.
        end: the sample after the last to judge; behind it is the other margin.
        is_last: whether the sound ends with this page.
    """

    samples: Wave = field(repr=False)
    rate: int
    origin: int
    begin: int
    end: int
    is_last: bool

    @property
    def core(self) -> Wave:
        """What is to be judged: ``float32 [channels, end - begin]``."""
        return self.samples[:, self.begin : self.end]

    @property
    def start(self) -> int:
        """Place of the first sample to judge in the whole sound."""
        return self.origin + self.begin

    def seconds(self, index: float) -> float:
        """The time of an index into ``samples``, from the start of the sound."""
        return float((self.origin + index) / self.rate)


class Pager:
    """Cuts blocks of any size into the same pages; holds less than two of them.

    A page of a second is handed out when the margin behind it is known too. So what listeners see
    depends on the sound alone, and not on how it was cut into blocks.
    """

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: rows of every block."""
        self._rate = rate
        self._size = max(1, round(PAGE_SECONDS * rate))
        self._margin = max(1, round(MARGIN_SECONDS * rate))
        self._held: Wave = np.zeros((channels, 0), np.float32)
        self._origin = 0  # place of the first held sample
        self._next = 0  # place of the first sample that no page has judged

    @property
    def heard(self) -> int:
        """Samples a channel that came so far."""
        return int(self._origin + self._held.shape[1])

    def add(self, block: Wave) -> Iterator[Page]:
        """The pages that became whole by this block, ``float32 [channels, n]``."""
        held = np.concatenate([self._held, block], axis=1) if self._held.size else block
        self._held = held
        while self._next + self._size + self._margin <= self.heard:
            yield self._page(self._next + self._size, is_last=False)
        keep = max(self._next - self._margin, self._origin)
        self._held = held[:, keep - self._origin :].copy()
        self._origin = keep

    def rest(self) -> Iterator[Page]:
        """The pages at the end of the sound; nothing may be added after them."""
        while self.heard - self._next > self._size:
            yield self._page(self._next + self._size, is_last=False)
        if self.heard > self._next:
            yield self._page(self.heard, is_last=True)

    def _page(self, stop: int, *, is_last: bool) -> Page:
        first = max(self._next - self._margin, self._origin)
        last = min(stop + self._margin, self.heard)
        samples = self._held[:, first - self._origin : last - self._origin]
        page = Page(samples, self._rate, first, self._next - first, stop - first, is_last)
        self._next = stop
        return page

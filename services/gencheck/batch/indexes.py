"""Sets of indexes as Kubernetes writes them: ``1,3-5,7``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def parse(text: str) -> Iterator[range]:
    """The runs of consecutive indexes, in order; nothing for an empty text."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield range(int(first), int(last or first) + 1)


def count(text: str) -> int:
    """How many indexes a text names."""
    return sum(len(run) for run in parse(text))


def holds(text: str, index: int) -> bool:
    """Whether a text names an index."""
    return any(index in run for run in parse(text))


def write(indexes: Iterable[int]) -> str:
    """The shortest text that names these indexes."""
    runs: list[list[int]] = []
    for index in sorted(set(indexes)):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    # Kubernetes writes two neighbours as "1,2" and a longer run as "1-3".
    return ",".join(str(a) if a == b else f"{a},{b}" if b == a + 1 else f"{a}-{b}" for a, b in runs)

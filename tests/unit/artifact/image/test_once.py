"""Once: one making, whoever asks; a failure is not kept."""

from __future__ import annotations

import threading

import pytest

from gencheck.artifact.image.once import Once


def test_it_is_made_when_asked_for_and_once_for_all_threads() -> None:
    made: list[int] = []
    gate = threading.Event()

    def make() -> object:
        made.append(1)
        gate.wait(5)
        return object()

    once = Once(make)
    assert not made
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(once.get())) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(got) == 4
    assert len({id(one) for one in got}) == 1


def test_a_failure_is_raised_and_tried_again() -> None:
    answers = iter([ValueError("no"), 7])

    def make() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    once = Once(make)
    with pytest.raises(ValueError, match="no"):
        once.get()
    assert once.get() == 7

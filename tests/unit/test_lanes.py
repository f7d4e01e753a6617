"""Work in two threads: all of it, in order, cut the same way whatever the machine."""

import threading

import pytest

from gencheck.lanes import LANES, each, halves, in_halves, is_short


@pytest.mark.parametrize("n", [0, 1, 2, 7, 50_001])
def test_halves_follow_each_other_and_leave_nothing_out(n: int) -> None:
    parts = halves(n)
    assert len(parts) == LANES
    assert [i for begin, end in parts for i in range(begin, end)] == list(range(n))


@pytest.mark.parametrize("short", [False, True])
def test_results_come_in_order(short: bool) -> None:
    assert each(lambda part: part * 2, [3, 1, 2], short=short) == [6, 2, 4]


def test_long_work_is_done_by_threads_at_once_and_short_work_is_not() -> None:
    both = threading.Barrier(LANES, timeout=30.0)
    each(lambda _: both.wait(), range(LANES))  # passes only if both are there together
    here = threading.get_ident()
    assert set(each(lambda _: threading.get_ident(), range(LANES), short=True)) == {here}
    assert is_short(100) and not is_short(1_000_000)


def test_an_error_in_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        in_halves(lambda begin, end: 1 // (begin - end) // 0, 100_000)

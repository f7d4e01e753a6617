"""A deadline stops work for a caller who has gone or whose time is up."""

import threading
import time

import pytest

from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, DeadlineExceeded


def test_no_deadline_never_stops_anything() -> None:
    NO_DEADLINE.check()
    assert NO_DEADLINE.remaining() is None
    assert Deadline.after(None).remaining() is None


def test_time_that_is_left_shrinks_to_zero_and_no_further() -> None:
    deadline = Deadline(time.monotonic() + 100)
    deadline.check()
    remaining = deadline.remaining()
    assert remaining is not None
    assert 99 < remaining <= 100
    assert Deadline(time.monotonic() - 1).remaining() == 0


def test_check_raises_once_the_time_is_up() -> None:
    with pytest.raises(DeadlineExceeded, match="longer deadline"):
        Deadline.after(0).check()


def test_cancelling_from_another_thread_wins_over_the_time() -> None:
    deadline = Deadline.after(0)
    thread = threading.Thread(target=deadline.cancel)
    thread.start()
    thread.join()
    assert deadline.cancelled
    with pytest.raises(Cancelled):
        deadline.check()

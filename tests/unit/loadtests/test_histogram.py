import numpy as np
import pytest
from hdrh.histogram import HdrHistogram

from loadtests.histogram import Latencies


def test_percentiles_are_those_of_the_values_to_three_digits() -> None:
    seconds = np.random.default_rng(1).lognormal(-3, 1, 20_000)
    latencies = Latencies(seconds)
    assert latencies.count == 20_000
    ranked = np.sort(seconds)
    for percentile in (50, 90, 99, 99.9):
        rank = round(percentile / 100 * 20_000)
        found = latencies.at(percentile)
        assert found is not None
        assert ranked[rank - 2] * 0.998 <= found <= ranked[rank] * 1.002
    assert latencies.maximum == pytest.approx(seconds.max(), rel=2e-3)


def test_what_is_encoded_any_implementation_reads() -> None:
    latencies = Latencies(np.array([0.001, 0.002, 0.5]))
    again = HdrHistogram.decode(latencies.encoded())
    assert again.get_total_count() == 3
    assert again.get_value_at_percentile(100) == pytest.approx(500_000, rel=2e-3)


def test_of_nothing_there_is_nothing_to_say() -> None:
    latencies = Latencies()
    assert (latencies.count, latencies.at(50), latencies.maximum) == (0, None, None)


def test_extremes_are_held_to_the_range() -> None:
    latencies = Latencies(np.array([0.0, 1e9]))
    assert latencies.count == 2
    assert latencies.maximum == pytest.approx(600, rel=2e-3)

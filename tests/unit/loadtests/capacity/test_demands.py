import numpy as np
import pytest

from gencheck.errors import InvalidArgument
from loadtests.capacity.demands import Observation, fit

TRUTH = {"artifact": {"image": 0.05, "mesh": 0.0}, "mesh": {"image": 0.0, "mesh": 0.02}}
IDLE = {"artifact": 0.01, "mesh": 0.02}


def seen(noise: float = 0.0) -> list[Observation]:
    random = np.random.default_rng(1)
    found = []
    for images, meshes in ((0, 0), (200, 0), (0, 300), (100, 100), (300, 50), (20, 400)):
        answers = {"image": float(images), "mesh": float(meshes)}
        cpu = {
            name: max(
                0.0,
                20 * IDLE[name]
                + sum(TRUTH[name][kind] * n for kind, n in answers.items())
                + random.normal(0, noise),
            )
            for name in TRUTH
        }
        found.append(Observation(20.0, answers, cpu))
    return found


def test_demands_are_found_where_nothing_is_noisy() -> None:
    demands = fit(seen())
    for name, by_kind in TRUTH.items():
        assert demands.idle[name].value == pytest.approx(IDLE[name], abs=1e-6)
        for kind, seconds in by_kind.items():
            assert demands.cpu[name][kind].value == pytest.approx(seconds, abs=1e-6)
    assert demands.of_mix("artifact", {"image": 1, "mesh": 3}) == pytest.approx(0.0125, abs=1e-6)


def test_noise_shows_in_the_intervals() -> None:
    demands = fit(seen(noise=0.5))
    image = demands.cpu["artifact"]["image"]
    assert image.low <= image.value <= image.high
    assert image.high - image.low > 1e-4
    assert image.value == pytest.approx(0.05, rel=0.2)


def test_classes_that_always_come_together_cannot_be_told_apart() -> None:
    same = [Observation(10.0, {"image": n, "mesh": n}, {"artifact": n}) for n in (1.0, 2.0, 3.0)]
    with pytest.raises(InvalidArgument, match="cannot tell 2 classes apart"):
        fit(same)

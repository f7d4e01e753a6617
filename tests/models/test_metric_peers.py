"""Metrics of sets beside the packages that people compare with, on the same features, to 1e-4.

The packages are in ``models/requirements.lock``, as they need torch; without them this skips.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gencheck.consistency import metrics

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    why = "a peer is not installed here: make test-models installs models/requirements.lock"
    tm = pytest.importorskip("torchmetrics", reason=why)
    fidelity = pytest.importorskip("torch_fidelity", reason=why)
    compute_prdc = pytest.importorskip("prdc", reason=why).compute_prdc
    from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc
    from torchmetrics.functional.multimodal.clip_score import clip_score
    from torchmetrics.image.fid import FrechetInceptionDistance
    from torchmetrics.image.inception import InceptionScore
    from torchmetrics.image.kid import KernelInceptionDistance

# Peers warn of their memory and of the deviation of one split.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TOLERANCE = 1e-4
WIDTH = 64
Values = NDArray[np.float64]


class Given(torch.nn.Module):
    """Stands where a peer expects its Inception network, and hands features through."""

    num_features = WIDTH

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


@pytest.fixture(scope="module", params=[(500, 500), (300, 420), (50, 40)], ids=str)
def sets(request: pytest.FixtureRequest) -> tuple[Values, Values]:
    """Features like a network's: correlated, none negative; the last pair has fewer than WIDTH."""
    random = np.random.default_rng(0)
    mix = random.standard_normal((WIDTH, WIDTH)) * np.exp(-np.arange(WIDTH) / 20)
    n, m = request.param
    real = np.maximum(random.standard_normal((n, WIDTH)) @ mix, 0)
    return real, np.maximum(random.standard_normal((m, WIDTH)) @ mix * 0.9 + 0.4, 0)


def fed(metric: Any, real: Values, generated: Values) -> Any:
    metric.set_dtype(torch.float64)
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(generated), real=False)
    return metric.compute()


def test_fid(sets: tuple[Values, Values]) -> None:
    ours = metrics.fid(*sets).value
    torchmetrics = float(fed(FrechetInceptionDistance(feature=Given()), *sets))
    moments = [metric_fid.fid_features_to_statistics(torch.from_numpy(x)) for x in sets]
    theirs = metric_fid.fid_statistics_to_metric(*moments, verbose=False)
    assert ours == pytest.approx(torchmetrics, rel=TOLERANCE)
    assert ours == pytest.approx(theirs["frechet_inception_distance"], rel=TOLERANCE)


def test_kid(sets: tuple[Values, Values]) -> None:
    # Peers draw with generators of their own: a subset of all rows leaves nothing to draw.
    n = min(map(len, sets))
    real, generated = (x[:n] for x in sets)
    ours = metrics.kid(real, generated, subsets=2, subset_size=n)
    peer = KernelInceptionDistance(feature=Given(), subsets=2, subset_size=n)
    mean, std = fed(peer, real, generated)
    assert ours.mean == pytest.approx(float(mean), rel=TOLERANCE)
    assert ours.std == pytest.approx(float(std), abs=1e-6)
    theirs = metric_kid.kid_features_to_metric(
        torch.from_numpy(real),
        torch.from_numpy(generated),
        kid_subsets=2,
        kid_subset_size=n,
        verbose=False,
    )
    assert ours.mean == pytest.approx(theirs["kernel_inception_distance_mean"], rel=TOLERANCE)


def test_kid_of_draws_agrees_within_their_spread(sets: tuple[Values, Values]) -> None:
    ours = metrics.kid(*sets, subsets=200, subset_size=30)
    mean, std = fed(KernelInceptionDistance(feature=Given(), subsets=200, subset_size=30), *sets)
    assert abs(ours.mean - float(mean)) < 5 * ours.std / np.sqrt(200)
    assert ours.std == pytest.approx(float(std), rel=0.3)


@pytest.mark.parametrize("k", [3, 5])
def test_precision_recall_density_coverage(sets: tuple[Values, Values], k: int) -> None:
    ours = metrics.prdc(*sets, k=k)
    with contextlib.redirect_stdout(io.StringIO()):
        naeem = compute_prdc(*sets, nearest_k=k)
    for name, value in naeem.items():
        assert getattr(ours, name) == pytest.approx(value, abs=TOLERANCE), name
    real, generated = map(torch.from_numpy, sets)
    theirs = metric_prc.prc_features_to_metric(
        generated,
        real,
        prc_neighborhood=k,
        prc_batch_size=1000,
        save_cpu_ram=False,
        verbose=False,
    )
    assert ours.precision == pytest.approx(theirs["precision"], abs=TOLERANCE)
    assert ours.recall == pytest.approx(theirs["recall"], abs=TOLERANCE)


def test_inception_score() -> None:
    logits = np.random.default_rng(1).standard_normal((230, 10)) * 3
    probabilities = torch.from_numpy(logits).softmax(dim=1).numpy()
    peer = InceptionScore(feature=Given(), splits=1)
    peer.update(torch.from_numpy(logits))
    mean = float(peer.compute()[0])
    assert metrics.inception_score(probabilities, splits=1).mean == pytest.approx(mean, TOLERANCE)

    ours = metrics.inception_score(probabilities, splits=7, seed=3)
    order = np.random.default_rng(3).permutation(len(logits))
    theirs = metric_isc.isc_features_to_metric(
        torch.from_numpy(logits[order]), splits=7, shuffle=False
    )
    assert ours.mean == pytest.approx(theirs["inception_score_mean"], rel=TOLERANCE)
    assert ours.std == pytest.approx(theirs["inception_score_std"], rel=TOLERANCE)


class Embeddings(torch.nn.Module):
    """Stands where torchmetrics expects CLIP: pictures are embeddings, texts are row numbers."""

    config = SimpleNamespace()

    def __init__(self, texts: torch.Tensor) -> None:
        super().__init__()
        self.texts = texts

    def get_image_features(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures

    def get_text_features(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.texts[ids]

    @staticmethod
    def process(images: Any = None, text: Any = None, **_: Any) -> dict[str, torch.Tensor]:
        if images is not None:
            return {"pixel_values": torch.stack(images).flatten(1)}
        ids = torch.tensor([int(word) for word in text])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


@pytest.mark.parametrize("shift", [0.5, -2.0])
def test_clip_score(shift: float) -> None:
    random = np.random.default_rng(2)
    pictures = random.standard_normal((20, WIDTH)) + abs(shift)
    texts = random.standard_normal((20, WIDTH)) + shift
    model = Embeddings(torch.from_numpy(texts))
    theirs = clip_score(
        list(torch.from_numpy(pictures)[:, None, None]),
        [str(i) for i in range(20)],
        lambda: (model, Embeddings.process),
    )
    ours = metrics.clip_score(pictures, texts)
    assert max(100 * ours.raw.mean(), 0) == pytest.approx(float(theirs), rel=TOLERANCE)

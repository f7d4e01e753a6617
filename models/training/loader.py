"""Batches of samples, drawn by workers; the same ones whoever draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.photos import Photo
from training.sample import draw_sample, to_cells


class Samples(Dataset[tuple[Tensor, Tensor]]):
    """Sample ``i`` of a seed: ``uint8 [3, side, side]``, and cells ``uint8 [side/4, side/4]``."""

    def __init__(
        self, photos: Sequence[Photo], *, side: int, seed: int, count: int, kinds: Sequence[str]
    ) -> None:
        self._photos = photos
        self._side = side
        self._seed = seed
        self._count = count
        self._kinds = tuple(kinds)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if index >= self._count:
            raise IndexError(index)
        seed = (self._seed, index)
        sample = draw_sample(self._photos, self._side, seed, kinds=self._kinds)
        picture = torch.from_numpy(sample.picture.transpose(2, 0, 1).copy())
        return picture, torch.from_numpy(to_cells(sample.labels))


def batches(samples: Samples, *, batch: int, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All samples in their order, in batches; a rest that fills no batch is left out."""
    yield from DataLoader(
        samples,
        batch_size=batch,
        num_workers=workers,
        drop_last=True,
        pin_memory=torch.cuda.is_available(),
        prefetch_factor=4 if workers else None,
        worker_init_fn=_one_thread,
        multiprocessing_context="spawn" if workers else None,  # threads do not outlive a fork
    )


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)

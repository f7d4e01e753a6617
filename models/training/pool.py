"""Samples kept on the device and used several times, each time turned and tinted another way.

Drawing a sample costs about as much as a step of training: on a GPU far more. So each is used
``repeat`` times, not in a row but out of a pool, as in Fort et al., Drawing multiple augmentation
samples per image during training efficiently decreases test error, 2021.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

POOL = 32
"""Batches that the pool holds."""


def mixed(
    drawn: Iterable[tuple[Tensor, Tensor]], *, repeat: int, seed: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """``repeat`` batches for each that was drawn, on the device: pictures in 0..1, and cells.

    A new batch replaces the oldest of the pool, and what is handed out is drawn from all of it.
    """
    random = torch.Generator().manual_seed(seed)
    pictures = cells = torch.empty(0)
    filled = 0
    for count, (new_pictures, new_cells) in enumerate(drawn):
        batch = len(new_pictures)
        if count == 0:
            pictures = torch.empty(
                (POOL * batch, *new_pictures.shape[1:]), dtype=torch.uint8, device=device
            )
            cells = torch.empty(
                (POOL * batch, *new_cells.shape[1:]), dtype=torch.uint8, device=device
            )
        place = slice(count % POOL * batch, (count % POOL + 1) * batch)
        pictures[place] = new_pictures.to(device, non_blocking=True)
        cells[place] = new_cells.to(device, non_blocking=True)
        filled = min(filled + batch, len(pictures))
        for _ in range(repeat):
            chosen = torch.randperm(filled, generator=random)[:batch].to(device)
            yield varied(pictures[chosen], cells[chosen].long(), random)


def varied(pictures: Tensor, cells: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """The batch turned or mirrored as one, and each picture tinted by itself.

    Args:
        pictures: ``uint8 [n, 3, side, side]``.
        cells: ``[n, side/4, side/4]``.
    """
    turns, mirror = torch.randint(0, 4, (2,), generator=random).tolist()
    pictures, cells = (torch.rot90(x, turns, (-2, -1)) for x in (pictures, cells))
    if mirror % 2:
        pictures, cells = pictures.flip(-1), cells.flip(-1)
    gain = 1 + 0.3 * (torch.rand((len(pictures), 3, 1, 1), generator=random) - 0.5)
    shift = 0.1 * (torch.rand((len(pictures), 1, 1, 1), generator=random) - 0.5)
    tinted = pictures.float() / 255 * gain.to(pictures.device) + shift.to(pictures.device)
    return tinted.clamp(0, 1).to(memory_format=torch.channels_last), cells.contiguous()

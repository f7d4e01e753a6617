"""``train``: makes the network's weights of clean photos, a seed and a number of steps."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.damage import FAMILIES
from training.errors import TrainingError
from training.loader import Samples, batches
from training.network import ArtifactNet
from training.photos import Photo, fingerprint, read_photo, split, training_files
from training.pool import mixed

WEIGHTS, RECORD = "weights.safetensors", "training.json"
_WARM_UP = 300
_HELD_BACK_SEED = 1_000_003  # no run's own: seeds of runs are smaller
_HELD_BACK_SAMPLES = 128
_WEIGHT_OF_DAMAGE = 2.0  # most cells are clean
_COARSE = 0.4  # of the loss half-way up the decoder, which lets the encoder learn sooner


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the weights follow from, with the photos.

    Attributes:
        side: of a training sample, pixels.
        repeat: steps that are made with each sample.
        without: families that are left out, to see what becomes of damage never seen.
    """

    steps: int
    batch: int
    side: int
    rate: float
    seed: int
    repeat: int
    without: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The families that are trained on."""
        return tuple(kind for kind in FAMILIES if kind not in self.without)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``train``; by default those of the run on two cores in two hours."""
    parser.add_argument("--data", type=Path, default=os.environ.get("GENCHECK_DATA"))
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and record")
    parser.add_argument("--steps", type=int, default=3500)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--side", type=int, default=256, help="of a sample, a multiple of 32")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="steps made with each sample")
    parser.add_argument("--without", action="append", default=[], choices=tuple(FAMILIES))
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 …")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")


def run(options: argparse.Namespace) -> int:
    """Train and write ``weights.safetensors`` and ``training.json``; what is there is replaced."""
    recipe = Recipe(
        options.steps,
        options.batch,
        options.side,
        options.rate,
        options.seed,
        options.repeat,
        tuple(sorted(set(options.without))),
    )
    files = training_files(Path(options.data)) if options.data else []
    photos = [read_photo(file) for file in split(files, held_back=False)]
    held_back = [read_photo(file) for file in split(files, held_back=True)]
    if not photos or not held_back:
        raise TrainingError("no photos to train on", fix="Say --data, or set GENCHECK_DATA.")
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(recipe, photos, held_back, device_of(options.device))
    photos_sha256 = fingerprint(files)
    for step, figures in trainer.steps(workers=options.workers, every=options.every):
        save_file(trainer.weights(), options.out / WEIGHTS)
        record = _record(recipe, trainer, step, figures) | {
            "photos": [photo.name for photo in photos],
            "photos_held_back": [photo.name for photo in held_back],
            "photos_sha256": photos_sha256,
        }
        (options.out / RECORD).write_text(json.dumps(record, indent=1) + "\n")
    return 0


def device_of(name: str) -> torch.device:
    """The device of that name; for ``auto`` the first GPU, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def _record(
    recipe: Recipe, trainer: Trainer, step: int, figures: dict[str, float]
) -> dict[str, Any]:
    return {
        "step": step,
        "steps": recipe.steps,
        "batch": recipe.batch,
        "side": recipe.side,
        "rate": recipe.rate,
        "seed": recipe.seed,
        "repeat": recipe.repeat,
        "families": list(FAMILIES),
        "without": list(recipe.without),
        "torch": torch.__version__,
        "device": trainer.device_name,
        "seconds": round(trainer.seconds),
        "held_back": figures,
    }


class Trainer:
    """AdamW under a cosine schedule; what is kept is a moving average of the weights.

    Loshchilov and Hutter 2017 and 2019; Milletari et al. 2016 for the Dice part of the loss.
    """

    def __init__(
        self, recipe: Recipe, photos: list[Photo], held_back: list[Photo], device: torch.device
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self._photos = photos
        self._device = device
        self._network = ArtifactNet(len(FAMILIES)).to(device, memory_format=torch.channels_last)
        self._kept = AveragedModel(
            self._network,
            multi_avg_fn=get_ema_multi_avg_fn(1 - min(0.5, 12 / recipe.steps)),
            use_buffers=True,
        )
        self._optimizer = torch.optim.AdamW(_groups(self._network), lr=recipe.rate)
        self._held_back = _collected(held_back, recipe)
        self.seconds = 0.0

    @property
    def device_name(self) -> str:
        """Of a GPU its model; else ``cpu``."""
        if self._device.type == "cuda":
            return str(torch.cuda.get_device_name(self._device))
        return str(self._device.type)

    def weights(self) -> dict[str, Tensor]:
        """The averaged weights, on the CPU."""
        module = self._kept.module
        return {name: x.detach().cpu().contiguous() for name, x in module.state_dict().items()}

    def steps(self, *, workers: int, every: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Train; now and then, and at the end, the step and the figures on held-back photos.

        Raises:
            TrainingError: the loss is no number any more.
        """
        recipe, started = self._recipe, time.monotonic()
        samples = Samples(
            self._photos,
            side=recipe.side,
            seed=recipe.seed,
            count=math.ceil(recipe.steps / recipe.repeat) * recipe.batch,
            kinds=recipe.kinds,
        )
        drawn = batches(samples, batch=recipe.batch, workers=workers)
        all_steps = mixed(drawn, repeat=recipe.repeat, seed=recipe.seed, device=self._device)
        bar = tqdm(islice(all_steps, recipe.steps), total=recipe.steps, mininterval=1)
        for step, (pictures, cells) in enumerate(bar):
            loss = self._step(step, pictures, cells)
            self.seconds = time.monotonic() - started
            if (step + 1) % every == 0 or step + 1 == recipe.steps:
                if not math.isfinite(float(loss)):
                    raise TrainingError(f"the loss is {float(loss)} at step {step + 1}")
                figures = self._judge()
                bar.write(f"step {step + 1}: loss {float(loss):.3f}, held back {figures}")
                yield step + 1, figures

    def _step(self, step: int, pictures: Tensor, cells: Tensor) -> Tensor:
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.rate * _schedule(step, self._recipe.steps)
        self._network.train()
        with self._precision():
            fine, coarse = self._network.fine_and_coarse(pictures)
        few = cells[:, 2::4, 2::4]
        loss = loss_of(fine.float(), cells) + _COARSE * loss_of(coarse.float(), few)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 2.0)
        self._optimizer.step()
        self._kept.update_parameters(self._network)
        return loss.detach()

    def _precision(self) -> AbstractContextManager[Any]:
        on_gpu = self._device.type == "cuda"
        return torch.autocast(self._device.type, torch.bfloat16, enabled=on_gpu)  # type: ignore[no-any-return]

    def _judge(self) -> dict[str, float]:
        """Loss and, over all cells, the overlap (IoU) of damage found and made."""
        self._kept.eval()
        losses, both, either = [], 0, 0
        with torch.no_grad(), self._precision():
            for pictures, cells in self._held_back:
                logits = self._kept(pictures.to(self._device).float() / 255).float().cpu()
                losses.append(float(loss_of(logits, cells.long())))
                found, made = logits.softmax(1)[:, 0] < 0.5, cells > 0
                both += int((found & made).sum())
                either += int((found | made).sum())
        return {"loss": round(sum(losses) / len(losses), 4), "iou": round(both / max(either, 1), 4)}


def _collected(photos: list[Photo], recipe: Recipe) -> list[tuple[Tensor, Tensor]]:
    samples = Samples(
        photos,
        side=recipe.side,
        seed=_HELD_BACK_SEED,
        count=_HELD_BACK_SAMPLES,
        kinds=tuple(FAMILIES),
    )
    return list(batches(samples, batch=16, workers=0))


def loss_of(logits: Tensor, cells: Tensor) -> Tensor:
    """Cross-entropy over the classes, damage weighing more, and Dice over damage of any kind."""
    weights = torch.ones(logits.shape[1], device=logits.device)
    weights[1:] = _WEIGHT_OF_DAMAGE
    entropy = F.cross_entropy(logits, cells, weights)
    damage = 1 - logits.softmax(1)[:, 0]
    truth = (cells > 0).float()
    dice = 1 - (2 * (damage * truth).sum() + 1) / (damage.sum() + truth.sum() + 1)
    return entropy + dice


def _schedule(step: int, steps: int) -> float:
    """A share of the highest rate: up for 300 steps, then down along a cosine."""
    warm_up = min(_WARM_UP, steps // 10 + 1)
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def _groups(network: nn.Module) -> list[dict[str, Any]]:
    """Weights of convolutions decay; biases and norms do not."""
    decaying = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decaying, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]

"""Segment Anything and MobileSAM, as two models: an encoder of pictures, a decoder of boxes.

The encoder takes a picture as it was resized (RGB bytes, the longer side being the network's) and
normalises and pads it itself. The decoder gives one mask a box, the one that SAM gives when it is
asked for no alternatives. ``gencheck.vision.segment_sam`` plays the two.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recipes.errors import RecipeError
from recipes.export import Array, check_parity, export, golden
from recipes.model import Model
from recipes.sam_weights import name_of, read_checkpoint
from recipes.weights import sha256_of

_NAME = re.compile(r"[a-z0-9_]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the recipe."""
    parser.add_argument(
        "weights", type=Path, metavar="FILE", help="sam_vit_*.pth or mobile_sam.pt, or safetensors"
    )
    parser.add_argument("--name", help="of the models; by default that of the architecture")


def make(options: argparse.Namespace) -> Iterator[Model]:
    """The encoder and the decoder, each held to torch.

    Raises:
        RecipeError: the weights cannot be used, or ONNX Runtime differs from torch.
    """
    sam = read_checkpoint(options.weights)
    name = options.name or name_of(sam)
    if not _NAME.fullmatch(name):
        raise RecipeError(f"{name!r} is no name for a model", fix="Give another with --name.")
    yield from to_models(name, sam, sha256_of(options.weights))


def to_models(name: str, sam: Any, source: str) -> Iterator[Model]:
    """Export a network and describe its two halves."""
    side = int(sam.image_encoder.img_size)
    facts = {"side": str(side), "source": source}
    yield Model(
        f"{name}_encoder",
        f"What {name} sees in a picture. Apache-2.0.",
        _encoder(sam, side),
        notes={"picture": f"RGB, 0..255; the longer side is {side}"},
        parameters=facts,
    )
    yield Model(
        f"{name}_decoder",
        f"The mask under each box, from what {name}_encoder saw. Apache-2.0.",
        _decoder(sam, side),
        notes={
            "boxes": "x1, y1, x2, y2 in pixels of the encoder's picture",
            "masks": "positive inside; a quarter of the encoder's picture, with its padding",
            "scores": "the model's own estimate of the mask's IoU",
        },
        parameters=facts,
        sizes={"boxes": (1, 4)},
    )


class Encoder(torch.nn.Module):
    """``Sam.preprocess`` and the image encoder, from bytes."""

    def __init__(self, sam: Any, side: int) -> None:
        super().__init__()
        self.encoder, self.side = sam.image_encoder, side
        self.register_buffer("mean", sam.pixel_mean[None])
        self.register_buffer("deviation", sam.pixel_std[None])

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The embedding ``[1, 256, side / 16, side / 16]``."""
        values = (picture.float() - self.mean) / self.deviation
        height, width = picture.shape[2], picture.shape[3]
        padded = torch.nn.functional.pad(values, (0, self.side - width, 0, self.side - height))
        # Of no effect, but that the exporter knows the size from here on.
        return self.encoder(padded.reshape(1, 3, self.side, self.side))


class Decoder(torch.nn.Module):
    """The prompt encoder for boxes, and ``MaskDecoder.predict_masks`` for its first mask.

    ``predict_masks`` repeats the embedding for each box in a way that has no ONNX operator where
    the number of boxes is free; here it is expanded.
    """

    def __init__(self, sam: Any) -> None:
        super().__init__()
        self.prompts, self.decoder = sam.prompt_encoder, sam.mask_decoder
        self.register_buffer("places", sam.prompt_encoder.get_dense_pe())

    def forward(
        self, embedding: torch.Tensor, boxes: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of masks ``[n, 1, h, w]`` and their estimated IoU ``[n, 1]``."""
        decoder, count = self.decoder, boxes.shape[0]
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        tokens = torch.cat([own[None].expand(count, -1, -1), self._corners(boxes)], dim=1)
        source = embedding + self.prompts.no_mask_embed.weight.reshape(1, -1, 1, 1)
        shape = (count, *embedding.shape[1:])
        answers, source = decoder.transformer(
            source.expand(shape), self.places.expand(shape), tokens
        )
        upscaled = decoder.output_upscaling(source.transpose(1, 2).reshape(shape))
        factors = decoder.output_hypernetworks_mlps[0](answers[:, 1])
        masks = (factors[:, None] @ upscaled.flatten(2)).reshape(count, 1, *upscaled.shape[2:])
        return masks, decoder.iou_prediction_head(answers[:, 0])[:, :1]

    def _corners(self, boxes: torch.Tensor) -> torch.Tensor:
        size = self.prompts.input_image_size
        places = self.prompts.pe_layer.forward_with_coords(boxes.reshape(-1, 2, 2) + 0.5, size)
        kinds = [self.prompts.point_embeddings[i].weight for i in (2, 3)]
        return places + torch.cat(kinds)


def _encoder(sam: Any, side: int) -> bytes:
    module = Encoder(sam, side).eval()
    free = {"picture": {2: "height", 3: "width"}}
    weights = export(module, _picture(side, side * 3 // 4), ["embedding"], free=free)
    check_parity(module, weights, _picture(side // 2, side), ["embedding"])
    return weights


def _picture(height: int, width: int) -> dict[str, Array]:
    return {"picture": golden((1, 3, height, width), high=255).astype(np.uint8)}


def _decoder(sam: Any, side: int) -> bytes:
    module = Decoder(sam).eval()
    free = {name: {0: "boxes"} for name in ("boxes", "masks", "scores")}
    outputs = ["masks", "scores"]
    weights = export(module, _prompts(sam, side, 2), outputs, free=free)
    for count in (1, 3):
        check_parity(module, weights, _prompts(sam, side, count), outputs)
    return weights


def _prompts(sam: Any, side: int, count: int) -> dict[str, Array]:
    rows = sam.prompt_encoder.image_embedding_size[0]
    corners = np.sort(golden((count, 2, 2), high=side), axis=1)
    embedding = golden((1, 256, rows, rows)) - np.float32(0.5)
    return {"embedding": embedding, "boxes": corners.reshape(count, 4)}

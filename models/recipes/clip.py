"""CLIP and SigLIP: an image tower and a text tower of open_clip, with their tokenizer.

What each tower wants of its input goes into its configuration, so that what serves knows no model
by name. Official weights come with an ``open_clip_config.json`` that says it: put both into a
folder and give that folder as the model. For a name of open_clip's own, ``--tag`` says which of its
published weights these are.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import torch

from recipes.clip_tokenizer import Tokenization, bpe_tokenizer, given_tokenizer
from recipes.clip_weights import architecture, load_weights
from recipes.errors import RecipeError
from recipes.export import Array, check_parity, export, run_torch
from recipes.model import Model

MAX_BATCH = 16
GOLDEN_PROMPT = "A photo of a red stop sign, 2718!"
_GOLDEN_VALUES = 16


class Tower(torch.nn.Module):
    """One side of a pair, with unit vectors as its answer."""

    def __init__(self, pair: Any, side: Literal["image", "text"]) -> None:
        super().__init__()
        self.pair = pair
        self.encode = pair.encode_image if side == "image" else pair.encode_text

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Pictures ``float32 [n, 3, s, s]`` or tokens ``int64 [n, length]`` as ``[n, d]``."""
        vectors: torch.Tensor = torch.nn.functional.normalize(self.encode(given), dim=-1)
        return vectors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this recipe."""
    parser.add_argument(
        "--model",
        required=True,
        metavar="NAME|DIR",
        help="an architecture of open_clip, or a folder with an open_clip_config.json",
    )
    parser.add_argument("--tag", default="", help="which published weights these are: openai, …")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help=".safetensors or .bin; random without"
    )
    parser.add_argument(
        "--tokenizer", type=Path, metavar="FILE", help="tokenizer.json, for all but CLIP's own"
    )
    parser.add_argument(
        "--pad-id", type=int, default=1, help="with --tokenizer: 1 for SigLIP, 0 for SigLIP 2"
    )


def make(options: argparse.Namespace) -> Iterator[Model]:
    """The image tower, then the text tower.

    Raises:
        RecipeError: open_clip has no such model, the weights or the tokenizer do not fit it, or
            ONNX Runtime does not compute what torch does.
    """
    pair, text_config, preprocessing = architecture(options.model, options.tag)
    if options.weights is not None:
        if not options.tag and not Path(options.model).is_dir():
            raise RecipeError(
                "it is not known how these weights want their pictures prepared",
                fix="Name them with --tag, or give the folder of their open_clip_config.json.",
            )
        load_weights(pair, options.weights)
    words = _tokenization(text_config, options)
    picture_facts = _picture_facts(preprocessing)
    text_facts = {"clean": words.clean, **_logits(pair)}

    pixels = prepared(drawn_ramps(), preprocessing)
    tokens = words.encode([GOLDEN_PROMPT])
    image, image_golden = _tower(pair, "image", "pixels", pixels)
    text, text_golden = _tower(pair, "text", "tokens", tokens)
    together = hashlib.sha256(image + text).hexdigest()[:16]
    about = _about(options)
    yield Model(
        name="clip_image",
        summary=f"{about}: pictures as unit vectors.",
        weights=image,
        max_batch=MAX_BATCH,
        notes={"pixels": "RGB, as the parameters say", "vectors": "of unit length"},
        parameters={**picture_facts, "pair": together, "golden": image_golden},
    )
    yield Model(
        name="clip_text",
        summary=f"{about}: texts as unit vectors.",
        weights=text,
        max_batch=MAX_BATCH,
        notes={"tokens": "of tokenizer.json", "vectors": "of unit length"},
        parameters={**text_facts, "pair": together, "golden": text_golden},
        assets={"tokenizer.json": words.to_json()},
    )


def _about(options: argparse.Namespace) -> str:
    name = Path(options.model).resolve().name if Path(options.model).is_dir() else options.model
    name += f" {options.tag}" if options.tag else ""
    return name if options.weights else f"{name} with random weights, for tests"


def _tower(
    pair: Any, side: Literal["image", "text"], name: str, golden: Array
) -> tuple[bytes, str]:
    """The ONNX file, held to torch alone and in a batch, and what torch gives for the golden."""
    tower = Tower(pair, side)
    vector = run_torch(tower, {name: golden}, ["vectors"])["vectors"][0]
    torch.backends.mha.set_fastpath_enabled(False)  # torch's fused attention has no ONNX form
    weights = export(
        tower,
        {name: np.concatenate([golden, golden])},
        ["vectors"],
        free={name: {0: "batch"}, "vectors": {0: "batch"}},
    )
    weights = _with_width(weights, len(vector))
    others = np.roll(golden, 1, axis=-1)
    for given in (golden, np.concatenate([golden, others, golden])):
        check_parity(tower, weights, {name: given}, ["vectors"])
    return weights, " ".join(f"{value:.5f}" for value in vector[:_GOLDEN_VALUES])


def _with_width(weights: bytes, width: int) -> bytes:
    """The same graph, saying how long its vectors are, which the exporter leaves open."""
    model = onnx.load_model_from_string(weights)
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = width
    return bytes(model.SerializeToString(deterministic=True))


def drawn_ramps() -> Array:
    """The golden picture of what serves (``gencheck.vision.golden``), ``uint8 [96, 160, 3]``."""
    rows, columns = np.mgrid[0:96, 0:160]
    return np.stack([columns * 1.6, rows * 2.6, 255 - rows - columns], axis=2).astype(np.uint8)


def prepared(picture: Array, preprocessing: Mapping[str, Any]) -> Array:
    """A picture as open_clip itself prepares it, ``float32 [1, 3, s, s]``."""
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from PIL import Image

    transform = image_transform_v2(PreprocessCfg(**preprocessing), is_train=False)
    return np.asarray(transform(Image.fromarray(picture)).numpy()[None])


def _picture_facts(preprocessing: Mapping[str, Any]) -> dict[str, str]:
    size = preprocessing["size"]
    sides = {size} if isinstance(size, int) else set(size)
    if len(sides) != 1 or preprocessing["resize_mode"] not in ("shortest", "squash"):
        raise RecipeError(f"pictures prepared so are not served: {dict(preprocessing)}")
    return {
        "resize": preprocessing["resize_mode"],
        # open_clip takes bicubic for what it calls random, unless it trains.
        "interpolation": preprocessing["interpolation"].replace("random", "bicubic"),
        "mean": " ".join(map(str, preprocessing["mean"])),
        "std": " ".join(map(str, preprocessing["std"])),
    }


def _logits(pair: Any) -> dict[str, str]:
    facts = {"logit_scale": f"{float(pair.logit_scale.detach().exp()):.6g}"}
    if pair.logit_bias is not None:
        facts["logit_bias"] = f"{float(pair.logit_bias.detach()):.6g}"
    return facts


def _tokenization(config: Mapping[str, Any], options: argparse.Namespace) -> Tokenization:
    kwargs = dict(config.get("tokenizer_kwargs") or {})
    length = int(config.get("context_length", 77))
    own = not config.get("hf_tokenizer_name")
    clean = str(kwargs.pop("clean", "lower" if own else "whitespace"))
    if kwargs or config.get("tokenizer_mode"):
        raise RecipeError(f"texts cut into tokens so are not served: {dict(config)}")
    if options.tokenizer is not None:
        return given_tokenizer(options.tokenizer, length, clean, pad=options.pad_id)
    if not own:
        raise RecipeError(
            f"the tokenizer {config['hf_tokenizer_name']} does not come with open_clip",
            fix="Get its tokenizer.json and give it with --tokenizer.",
        )
    return bpe_tokenizer(length, clean)

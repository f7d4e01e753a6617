"""Segment Anything's networks from a checkpoint alone, whatever their size.

The shapes of the tensors tell the architecture: the official three (vit_b, vit_l, vit_h), any
other of the same build, and MobileSAM.
"""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch

from recipes.errors import RecipeError
from recipes.shim import allow_torchvision
from recipes.weights import load

_PATCH = 16
_MOBILE = "image_encoder.patch_embed.seq.0.c.weight"
_POSITIONS = "image_encoder.pos_embed"
_SIZES = {768: "sam_vit_b", 1024: "sam_vit_l", 1280: "sam_vit_h"}


def read_checkpoint(path: Path) -> Any:
    """The network of an official ``.pth`` file, or of the same tensors as safetensors.

    Raises:
        RecipeError: the file holds something else.
    """
    state = load(path)
    if not isinstance(state, dict) or not all(isinstance(x, torch.Tensor) for x in state.values()):
        raise RecipeError(f"{path} holds no tensors by name")
    try:
        sam = mobile_sam() if _MOBILE in state else sam_like(state)
        sam.load_state_dict(state, strict=True)
    except (KeyError, IndexError, ValueError, RuntimeError, ZeroDivisionError) as error:
        raise RecipeError(f"{path} is no checkpoint of SAM ({str(error)[:300]})") from error
    return sam.eval().requires_grad_(False)


def name_of(sam: Any) -> str:
    """What the network is usually called: ``sam_vit_b``, ``mobile_sam``; else ``sam``."""
    if type(sam.image_encoder).__name__ == "TinyViT":
        return "mobile_sam"
    return _SIZES.get(sam.image_encoder.pos_embed.shape[-1], "sam")


def mobile_sam() -> Any:
    """MobileSAM with random weights."""
    allow_torchvision()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports timm by an old name
        from mobile_sam import sam_model_registry
    return sam_model_registry["vit_t"]()


def sam_like(state: dict[str, torch.Tensor]) -> Any:
    """A network with random weights of the shapes in a state."""
    allow_torchvision()
    from segment_anything.modeling import ImageEncoderViT

    _, rows, _, width = state[_POSITIONS].shape
    blocks = {key.split(".")[2] for key in state if key.startswith("image_encoder.blocks.")}
    spans = [state[f"image_encoder.blocks.{i}.attn.rel_pos_h"].shape for i in range(len(blocks))]
    windows = {length for length, _ in spans} - {2 * rows - 1}
    hidden = state["image_encoder.blocks.0.mlp.lin1.weight"].shape[0]
    encoder = ImageEncoderViT(
        img_size=rows * _PATCH,
        patch_size=_PATCH,
        embed_dim=width,
        depth=len(blocks),
        num_heads=width // spans[0][1],
        mlp_ratio=hidden / width,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=(windows.pop() + 1) // 2 if windows else 0,
        global_attn_indexes=[i for i, (length, _) in enumerate(spans) if length == 2 * rows - 1],
        out_chans=state["image_encoder.neck.0.weight"].shape[0],
    )
    return with_encoder(encoder, rows)


def with_encoder(encoder: torch.nn.Module, rows: int) -> Any:
    """SAM's own prompt encoder and mask decoder, random, behind an image encoder.

    Args:
        rows: of the encoder's embedding; the picture has 16 pixels for each.
    """
    from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    return Sam(
        image_encoder=encoder,
        prompt_encoder=PromptEncoder(
            embed_dim=256,
            image_embedding_size=(rows, rows),
            input_image_size=(rows * _PATCH, rows * _PATCH),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8),
            transformer_dim=256,
            iou_head_depth=3,
            iou_head_hidden_dim=256,
        ),
        pixel_mean=[123.675, 116.28, 103.53],
        pixel_std=[58.395, 57.12, 57.375],
    ).eval()

"""The recipe for Segment Anything, and our segmenter beside ``SamPredictor``."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, LimitExceeded, ModelNotReady
from gencheck.findings import Box
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.players import used
from gencheck.vision.golden import drawn_stop_sign
from gencheck.vision.segment import MOST_BOXES, mask_iou
from gencheck.vision.segment_sam import SamSegmenter
from recipes.__main__ import main
from recipes.export import difference, golden, run_onnx
from recipes.sam_weights import mobile_sam, name_of, read_checkpoint, sam_like, with_encoder
from recipes.shim import allow_torchvision

SECONDS = 240
HALVES = ("encoder", "decoder")


def settle(sam: Any) -> Any:
    """Random weights where initialisation leaves zeros, and masks that are not all edge."""
    with torch.no_grad():
        for layer in sam.mask_decoder.output_upscaling:
            if isinstance(layer, torch.nn.ConvTranspose2d):
                layer.weight[:] = layer.weight.mean((2, 3), keepdim=True)
        for tensor in sam.parameters():
            if not tensor.abs().sum():
                torch.nn.init.normal_(tensor, 0, 0.02)
    return sam.eval()


def tiny() -> Any:
    """SAM's own modules, small: windows and global attention, as the official three have them."""
    allow_torchvision()
    from functools import partial

    from segment_anything.modeling import ImageEncoderViT

    torch.manual_seed(0)
    encoder = ImageEncoderViT(
        img_size=256,
        embed_dim=64,
        depth=3,
        num_heads=2,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=7,
        global_attn_indexes=(1,),
        out_chans=256,
    )
    return settle(with_encoder(encoder, 16))


@pytest.fixture(scope="module")
def sam() -> Any:
    return tiny()


@pytest.fixture(scope="module")
def repository(sam: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sam")
    torch.save(sam.state_dict(), out / "tiny.pth")
    assert main(["sam", str(out / "tiny.pth"), "--name", "tiny", "--out", str(out / "made")]) == 0
    return out / "made"


def pictures() -> list[Any]:
    """RGB, of sizes that shrink and grow, and fill the square or not."""
    random = np.random.default_rng(0)
    made = [drawn_stop_sign()]
    for height, width in ((500, 300), (90, 200)):
        coarse = random.integers(0, 255, (height // 20, width // 20, 3), dtype=np.uint8)
        made.append(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return made


def boxes_in(picture: Any) -> list[Box]:
    height, width = picture.shape[:2]
    return [
        Box(0.1 * width, 0.2 * height, 0.5 * width, 0.6 * height),
        Box(0, 0, width, height),
        Box(0.6 * width, 0.55 * height, 0.3 * width, 0.3 * height),
    ]


def ours(repository: Path, name: str, job: Callable[[SamSegmenter], Any]) -> Any:
    async def run() -> Any:
        backend = EmbeddedBackend(repository, threads=2)
        try:
            pair = [await used(backend, "segmenter", f"{name}_{part}") for part in HALVES]
            return await job(SamSegmenter(backend, *pair))
        finally:
            await backend.aclose()

    return asyncio.run(run())


def theirs(predictor: Any, picture: Any, boxes: list[Box]) -> list[Any]:
    predictor.set_image(picture)
    corners = [np.array([b.x, b.y, b.x + b.width, b.y + b.height]) for b in boxes]
    return [predictor.predict(box=box, multimask_output=False)[0][0] for box in corners]


def assert_same_masks(masks: list[Any], expected: list[Any]) -> list[float]:
    agreed = []
    for mask, other in zip(masks, expected, strict=True):
        if mask is None:
            assert not other.any()
        else:
            assert mask.shape == other.shape
            agreed.append(mask_iou(mask, other))
    return agreed


def test_cuts_out_what_sam_cuts_out(sam: Any, repository: Path) -> None:
    from segment_anything import SamPredictor

    predictor = SamPredictor(sam)

    async def job(segmenter: SamSegmenter) -> list[float]:
        agreed = []
        for picture in pictures():
            boxes = boxes_in(picture)
            masks = await segmenter.segment(picture, boxes, deadline=Deadline.after(SECONDS))
            agreed += assert_same_masks(masks, theirs(predictor, picture, boxes))
        return agreed

    agreed = ours(repository, "tiny", job)
    assert len(agreed) >= 6
    assert min(agreed) > 0.99


def assert_same_numbers(predictor: Any, repository: Path, name: str) -> None:
    """Embedding, logits and estimated IoU to 1e-4, before anything is thresholded."""
    picture = pictures()[1]
    predictor.set_image(picture)
    box = np.array([30.0, 40, 200, 300])
    _, score, logits = predictor.predict(box=box, multimask_output=False)
    files = [(repository / f"{name}_{half}" / "1" / "model.onnx").read_bytes() for half in HALVES]
    resized = predictor.transform.apply_image(picture).transpose(2, 0, 1)[None]
    seen = run_onnx(files[0], {"picture": np.ascontiguousarray(resized)})
    assert difference(seen["embedding"], predictor.get_image_embedding().numpy()) < 1e-4
    prompt = predictor.transform.apply_boxes(box, picture.shape[:2]).astype(np.float32)
    answer = run_onnx(files[1], {"embedding": seen["embedding"], "boxes": prompt})
    assert difference(answer["masks"][0], logits) < 1e-4
    assert difference(answer["scores"][0], score) < 1e-4


def test_the_numbers_behind_the_masks_are_sams(sam: Any, repository: Path) -> None:
    from segment_anything import SamPredictor

    assert_same_numbers(SamPredictor(sam), repository, "tiny")


def test_mobile_sam_goes_the_same_way(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sam = settle(mobile_sam())
    from mobile_sam import SamPredictor

    torch.save(sam.state_dict(), tmp_path / "mobile_sam.pt")
    assert main(["sam", str(tmp_path / "mobile_sam.pt"), "--out", str(tmp_path / "made")]) == 0
    assert_same_numbers(SamPredictor(sam), tmp_path / "made", "mobile_sam")


def test_triton_answers_as_the_embedded_backend(
    repository: Path, same_on_triton: Callable[..., None]
) -> None:
    picture = golden((1, 3, 256, 200), high=255).astype(np.uint8)
    embedding = golden((1, 256, 16, 16))
    boxes = np.asarray([[10, 20, 200, 210], [0, 0, 256, 200]], np.float32)
    same_on_triton(
        repository,
        {
            "tiny_encoder": {"picture": picture},
            "tiny_decoder": {"embedding": embedding, "boxes": boxes},
        },
    )


def test_the_official_sizes_are_told_from_their_tensors() -> None:
    from segment_anything import sam_model_registry

    built = sam_model_registry["vit_b"]()
    again = sam_like(built.state_dict())
    shapes = [{name: x.shape for name, x in m.state_dict().items()} for m in (built, again)]
    assert shapes[0] == shapes[1]
    blocks = [m.image_encoder.blocks for m in (built, again)]
    windows = [[block.window_size for block in part] for part in blocks]
    assert windows[0] == windows[1]
    assert blocks[0][0].attn.num_heads == blocks[1][0].attn.num_heads
    assert name_of(again) == "sam_vit_b"


def test_a_checkpoint_comes_back_from_safetensors(sam: Any, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = {name: value.contiguous().clone() for name, value in sam.state_dict().items()}
    save_file(state, tmp_path / "tiny.safetensors")
    again = read_checkpoint(tmp_path / "tiny.safetensors")
    for name, value in again.state_dict().items():
        assert torch.equal(value, state[name]), name


@pytest.mark.parametrize("content", ["nothing", [1], {"a": 1}, {"a": torch.zeros(1)}])
def test_what_is_no_checkpoint_is_said(
    tmp_path: Path, content: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(content, tmp_path / "odd.pth")
    assert main(["sam", str(tmp_path / "odd.pth"), "--out", str(tmp_path / "made")]) == 65
    assert "odd.pth" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_its_bounds_are_kept(repository: Path) -> None:
    picture = np.zeros((40, 50, 3), np.uint8)
    many = [Box(0, 0, 9, 9)] * (MOST_BOXES + 1)

    async def job(segmenter: SamSegmenter) -> None:
        assert await segmenter.segment(picture, [], deadline=Deadline.after(SECONDS)) == []
        with pytest.raises(LimitExceeded, match="65 boxes"):
            await segmenter.segment(picture, many, deadline=Deadline.after(SECONDS))
        with pytest.raises(DeadlineExceeded):
            await segmenter.segment(picture, many[1:], deadline=Deadline.after(0))
        for shape in ((1, 1, 3), (1, 3000, 3)):
            box = Box(0, 0, shape[1], shape[0])
            odd = np.zeros(shape, np.uint8)
            (mask,) = await segmenter.segment(odd, [box], deadline=Deadline.after(SECONDS))
            assert mask is None or mask.shape == shape[:2]
        with pytest.raises(ModelNotReady, match="golden input"):
            await segmenter.self_check(deadline=Deadline.after(SECONDS))

    ours(repository, "tiny", job)


def test_halves_of_two_runs_do_not_go_together(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository, tmp_path / "mixed")
    config = tmp_path / "mixed" / "tiny_decoder" / "config.pbtxt"
    head, source, tail = config.read_text().partition('key: "source" value: { string_value: "')
    config.write_text(f"{head}{source}0{tail}")

    async def job(segmenter: SamSegmenter) -> None:
        raise AssertionError("it was built")

    with pytest.raises(ModelNotReady, match="not made with tiny_encoder"):
        ours(tmp_path / "mixed", "tiny", job)

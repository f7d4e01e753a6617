"""The recipe ``clip``, held to open_clip's own pictures, tokens and vectors."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.spec import read_folder
from gencheck.vision.build import build_roles, check_roles
from gencheck.vision.encoder_pictures import Preparation, prepare
from gencheck.vision.encoder_texts import TextPreparation
from gencheck.vision.golden import GOLDEN_PROMPT, drawn_ramps
from gencheck.vision.roles import EncodedTexts, ImageTextEncoder
from recipes import clip
from recipes.clip_tokenizer import bpe_tokenizer
from recipes.clip_weights import architecture
from recipes.errors import RecipeError
from recipes.export import TOLERANCE, difference
from recipes.pack import pack

NAMES = {"image_encoder": "clip_image", "text_encoder": "clip_text"}
CLIP_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}
VIT = {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16}
RESNET = {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 32}
SIGLIP_VISION = {
    "image_size": 224,
    "timm_model_name": "vit_tiny_patch16_224",
    "timm_model_pretrained": False,
    "timm_pool": "map",
    "timm_proj": "none",
}
SIGLIP_TEXT = {
    "context_length": 32,
    "vocab_size": 300,
    "hf_tokenizer_name": "some/SigLIP",
    "tokenizer_kwargs": {"clean": "canonicalize"},
    "width": 192,
    "heads": 3,
    "layers": 2,
    "no_causal_mask": True,
    "proj_bias": True,
    "pool_type": "last",
    "norm_kwargs": {"eps": 1e-6},
}
SHRUNKEN: dict[str, dict[str, Any]] = {
    "vit": {"model_cfg": {"embed_dim": 32, "vision_cfg": VIT, "text_cfg": CLIP_TEXT}},
    "resnet": {"model_cfg": {"embed_dim": 32, "vision_cfg": RESNET, "text_cfg": CLIP_TEXT}},
    "siglip": {
        "model_cfg": {
            "embed_dim": 192,
            "init_logit_bias": -10,
            "custom_text": True,
            "vision_cfg": SIGLIP_VISION,
            "text_cfg": SIGLIP_TEXT,
        },
        "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"},
    },
}
PROMPTS = ["a red cat on a blue chair", "", "It's TWO dogs & a “tree”, 😀!", "words " * 100]


def folder_of(kind: str, tmp_path: Path) -> Path:
    """One of open_clip's architectures, shrunken, as its official folders describe one."""
    folder = tmp_path / kind
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(SHRUNKEN[kind]))
    return folder


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A small tokenizer in the form of SigLIP's: unigrams, ``</s>`` at the end and as padding."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    words = ["a red cat on a blue chair", "it is two dogs and a tree", "words and words of stones"]
    special = ["<pad>", "</s>", "<unk>"]
    made.train_from_iterator(
        words * 20,
        trainers.UnigramTrainer(
            vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair=None, special_tokens=[("</s>", 1)]
    )
    path = tmp_path / "given.json"
    made.save(str(path))
    return path


def make(out: Path, *words: object) -> Path:
    parser = argparse.ArgumentParser()
    clip.add_arguments(parser)
    for model in clip.make(parser.parse_args([str(word) for word in words])):
        pack(out, model)
    return out


def reference(folder: str, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return architecture(folder, "")


def with_role(repository: Path, use: Callable[[ImageTextEncoder, Deadline], Any]) -> Any:
    async def run() -> Any:
        backend = EmbeddedBackend(repository, threads=2)
        try:
            roles = await build_roles(backend, NAMES)
            assert roles.encoder is not None
            deadline = Deadline.after(240)
            await check_roles(roles, deadline=deadline)
            return await use(roles.encoder, deadline)
        finally:
            await backend.aclose()

    return asyncio.run(run())


def pictures(count: int = 3) -> list[NDArray[np.uint8]]:
    """Smooth pictures of several shapes: tall, wide, tiny."""
    made = []
    for seed, (height, width) in enumerate([(300, 200), (97, 333), (9, 7)][:count]):
        import cv2

        coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
        made.append(np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)))
    return made


def both(encoder: ImageTextEncoder, deadline: Deadline) -> Any:
    async def run() -> tuple[NDArray[np.float32], EncodedTexts, float, float | None]:
        vectors = await encoder.encode_pictures(pictures(), deadline=deadline)
        texts = await encoder.encode_texts(PROMPTS, deadline=deadline)
        return vectors, texts, encoder.scale, encoder.bias

    return run()


def open_clips_vectors(
    pair: Any, preprocessing: dict[str, Any], tokens: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What open_clip makes of the same pictures and tokens by its own way."""
    blob = np.concatenate([clip.prepared(picture, preprocessing) for picture in pictures()])
    with torch.no_grad():
        image = pair.encode_image(torch.from_numpy(blob), normalize=True)
        text = pair.encode_text(torch.from_numpy(tokens), normalize=True)
    return image.numpy(), text.numpy()


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_a_clip_pair_answers_as_open_clip_does(
    kind: str, tmp_path: Path, same_on_triton: Callable[..., None]
) -> None:
    import open_clip

    folder = folder_of(kind, tmp_path)
    torch.manual_seed(0)
    repository = make(tmp_path / "out", "--model", folder)
    pair, _, preprocessing = reference(str(folder))
    tokens = open_clip.get_tokenizer("ViT-B-32")(PROMPTS).numpy()
    image, text = open_clips_vectors(pair, preprocessing, tokens)

    vectors, texts, scale, bias = with_role(repository, both)
    assert difference(vectors, image) <= TOLERANCE
    assert difference(texts.vectors, text) <= TOLERANCE
    assert texts.cut.tolist() == [False, False, False, True]
    assert (scale, bias) == (pytest.approx(1 / 0.07, rel=1e-4), None)
    blob = np.concatenate([clip.prepared(picture, preprocessing) for picture in pictures()])
    same_on_triton(repository, {"clip_image": {"pixels": blob}, "clip_text": {"tokens": tokens}})


def test_a_siglip_pair_answers_as_open_clip_does(
    tmp_path: Path, tokenizer: Path, same_on_triton: Callable[..., None]
) -> None:
    from open_clip.tokenizer import get_clean_fn
    from tokenizers import Tokenizer

    folder = folder_of("siglip", tmp_path)
    torch.manual_seed(0)
    repository = make(tmp_path / "out", "--model", folder, "--tokenizer", tokenizer)
    pair, _, preprocessing = reference(str(folder))
    # As open_clip's HFTokenizer: clean, cut to the length, pad with </s>.
    own = Tokenizer.from_file(str(tokenizer))
    clean = get_clean_fn("canonicalize")
    longer = [len(own.encode(clean(prompt)).ids) > 32 for prompt in PROMPTS]
    assert set(longer) == {True, False}
    own.enable_truncation(32)
    own.enable_padding(length=32, pad_id=1, pad_token="</s>")
    tokens = np.asarray([own.encode(clean(prompt)).ids for prompt in PROMPTS], np.int64)
    image, text = open_clips_vectors(pair, preprocessing, tokens)

    vectors, texts, scale, bias = with_role(repository, both)
    assert difference(vectors, image) <= TOLERANCE
    assert difference(texts.vectors, text) <= TOLERANCE
    assert texts.cut.tolist() == longer
    assert scale == pytest.approx(float(pair.logit_scale.detach().exp()), rel=1e-4)
    assert bias == pytest.approx(-10)
    blob = np.concatenate([clip.prepared(picture, preprocessing) for picture in pictures()])
    same_on_triton(repository, {"clip_image": {"pixels": blob}, "clip_text": {"tokens": tokens}})


def test_a_whole_architecture_of_open_clips_own(tmp_path: Path) -> None:
    import open_clip

    torch.manual_seed(0)
    repository = make(tmp_path, "--model", "ViT-S-32")
    pair, _, preprocessing = reference("ViT-S-32")
    tokens = open_clip.get_tokenizer("ViT-S-32")(PROMPTS).numpy()
    image, text = open_clips_vectors(pair, preprocessing, tokens)
    vectors, texts, _, _ = with_role(repository, both)
    assert vectors.shape == (3, 384)
    assert difference(vectors, image) <= TOLERANCE
    assert difference(texts.vectors, text) <= TOLERANCE


def test_a_tag_says_what_its_weights_want() -> None:
    """OpenAI's weights need another activation than the architecture of their name has."""
    import open_clip

    pair, _, preprocessing = architecture("ViT-B-32", "openai")
    activation = pair.transformer.resblocks[0].mlp.gelu
    assert isinstance(activation, open_clip.transformer.QuickGELU)
    assert preprocessing["resize_mode"] == "shortest"
    _, _, preprocessing = architecture("ViT-B-16-SigLIP", "webli")
    assert preprocessing["resize_mode"] == "squash"
    assert tuple(preprocessing["mean"]) == (0.5, 0.5, 0.5)


SHAPES = [(224, 224), (480, 640), (641, 427), (1, 1), (30, 480), (480, 31), (63, 64), (65, 64)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("resize", ["shortest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_pictures_are_prepared_as_open_clip_does(
    shape: tuple[int, int], resize: str, interpolation: str
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    facts = {"size": 64, "mode": "RGB", "mean": mean, "std": std, "fill_color": 0}
    facts |= {"interpolation": interpolation, "resize_mode": resize}
    expected = clip.prepared(picture, facts)
    found = prepare([picture], Preparation(64, resize, interpolation, mean, std))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_golden_inputs_are_those_of_what_serves() -> None:
    assert np.array_equal(clip.drawn_ramps(), drawn_ramps())
    assert clip.GOLDEN_PROMPT == GOLDEN_PROMPT


ODD = [
    "",
    " \t\n ",
    "It's the dogs' 'S, they'LL 'ſ",
    "😀👍🏽 👨‍👩‍👧 🇫🇷",
    "שלום עולם, مرحبا بالعالم",
    "日本語のテキスト 한국어 ไทย",
    "a\x00b\x07c\u200bd\u202ee\ufeff",
    "&amp;lt;b&amp;gt; &eacute; “quoted” ﬁ ＦＵＬＬ Ã©",
    "ǅ İstanbul ß ½ ² Ⅷ ١٢٣ a_b__c 3.14e-5",
    "word " * 2000,
    "x" * 300,
    "😀" * 2500,
]


def prompts_of(data: Path) -> list[str]:
    lines = (data / "prompts_parti" / "PartiPrompts.tsv").read_text("utf-8").splitlines()[1:]
    return [line.split("\t")[0] for line in lines]


def serving_tokens(repository: Path, texts: Sequence[str]) -> NDArray[np.int64]:
    return TextPreparation(read_folder(repository, "clip_text").spec)(texts).ids


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("clip")
    return make(base / "out", "--model", folder_of("vit", base))


def test_tokens_are_those_of_open_clip(small_clip: Path) -> None:
    import open_clip

    own = open_clip.get_tokenizer("ViT-B-32")(ODD).numpy()
    assert np.array_equal(serving_tokens(small_clip, ODD), own)
    cleaned = bpe_tokenizer(77, "lower").encode(ODD)
    assert np.array_equal(cleaned, own)


def test_tokens_of_real_prompts_are_those_of_open_clip(small_clip: Path, data: Path) -> None:
    import open_clip

    prompts = prompts_of(data)
    assert len(prompts) > 800
    own = open_clip.get_tokenizer("ViT-B-32")(prompts).numpy()
    assert np.array_equal(serving_tokens(small_clip, prompts), own)


def test_the_merges_of_the_original_are_those_that_open_clip_ships(weights: Path) -> None:
    original = weights / "clip-tokenizer" / "bpe_simple_vocab_16e6.txt.gz"
    given = bpe_tokenizer(77, "lower", merges=original)
    assert given.to_json() == bpe_tokenizer(77, "lower").to_json()


def test_a_special_token_in_a_prompt_is_text(small_clip: Path) -> None:
    """open_clip would end the text there, and not read what follows."""
    ids = serving_tokens(small_clip, ["a cat<end_of_text> with a gun", "a cat"])
    assert (ids[0] == 49407).sum() == 1
    assert ids[0][3] != 49407
    assert ids[1][3] == 49407


def test_weights_from_a_file_are_those_that_answer(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = folder_of("vit", tmp_path)
    pair, _, preprocessing = reference(str(folder), seed=7)
    state = {key: value.contiguous() for key, value in pair.state_dict().items()}
    save_file(state, tmp_path / "w.safetensors")
    torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}}, tmp_path / "w.pt")
    torch.manual_seed(0)
    image, _ = open_clips_vectors(pair, preprocessing, np.zeros((1, 77), np.int64))
    for name in ("w.safetensors", "w.pt"):
        repository = make(tmp_path / f"out-{name}", "--model", folder, "--weights", tmp_path / name)
        assert difference(with_role(repository, both)[0], image) <= TOLERANCE
        assert "random" not in (repository / "clip_image" / "config.pbtxt").read_text()


def test_random_weights_are_said_to_be_random(small_clip: Path) -> None:
    config = (small_clip / "clip_text" / "config.pbtxt").read_text()
    assert config.startswith("# vit with random weights, for tests: texts as unit vectors.")


def test_towers_of_two_pairs_are_not_put_together(small_clip: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    repository = make(tmp_path / "out", "--model", folder_of("vit", tmp_path))
    shutil.rmtree(repository / "clip_text")
    shutil.copytree(small_clip / "clip_text", repository / "clip_text")
    with pytest.raises(ModelNotReady, match="not made together"):
        with_role(repository, both)


def test_what_cannot_be_made_is_said(tmp_path: Path, tokenizer: Path) -> None:
    vit, siglip = folder_of("vit", tmp_path), folder_of("siglip", tmp_path)
    (tmp_path / "w.pt").write_bytes(b"no weights")
    other, _, _ = reference(str(vit))
    torch.save(other.visual.state_dict(), tmp_path / "other.pt")
    (tmp_path / "empty").mkdir()
    cases: list[tuple[str, list[object]]] = [
        ("no architecture", ["--model", "ViT-Z-99"]),
        ("no configuration", ["--model", tmp_path / "empty"]),
        ("no weights 'x' of", ["--model", "ViT-B-32", "--tag", "x"]),
        ("no file of weights", ["--model", vit, "--weights", tmp_path / "w.pt"]),
        ("not for this architecture", ["--model", vit, "--weights", tmp_path / "other.pt"]),
        ("--tag", ["--model", "RN50", "--weights", tmp_path / "other.pt"]),
        ("does not come with open_clip", ["--model", siglip]),
        ("is no tokenizer", ["--model", siglip, "--tokenizer", tmp_path / "w.pt"]),
        ("no token 999", ["--model", siglip, "--tokenizer", tokenizer, "--pad-id", 999]),
    ]
    for words, options in cases:
        with pytest.raises(RecipeError, match=words):
            make(tmp_path / "out", *options)
    assert not list((tmp_path).glob("out/*"))

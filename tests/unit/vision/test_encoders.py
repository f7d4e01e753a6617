from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, ModelError, ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision import encoder_texts
from gencheck.vision.encoder_pictures import Preparation, prepare
from gencheck.vision.encoder_texts import LONGEST_TEXT, TextPreparation
from gencheck.vision.encoders import TwoTowerEncoder
from gencheck.vision.golden import GOLDEN_PROMPT, drawn_ramps

F32, I64 = np.dtype(np.float32), np.dtype(np.int64)
LENGTH, SIDE, WIDTH = 6, 4, 3
Change = Callable[[ModelSpec], ModelSpec]


def tokenizer(length: int = LENGTH) -> bytes:
    words = ["[pad]", "[end]", "[unk]", "a", "cat", "red", "dog", "end"]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[unk]"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    made.post_processor = processors.TemplateProcessing(
        single="$A [end]", pair=None, special_tokens=[("[end]", 1)]
    )
    made.add_special_tokens(["[end]"])
    made.enable_truncation(length)
    made.enable_padding(length=length, pad_id=0, pad_token="[pad]")
    return made.to_str().encode()


def image_spec(**parameters: str) -> ModelSpec:
    facts = {"resize": "squash", "interpolation": "bilinear", "mean": "0 0 0", "std": "1 1 1"}
    return ModelSpec(
        "image",
        "1",
        (TensorSpec("pixels", F32, (-1, 3, SIDE, SIDE)),),
        (TensorSpec("vectors", F32, (-1, WIDTH)),),
        max_batch=2,
        parameters={**facts, "pair": "p", **parameters},
    )


def text_spec(tmp_path: Path, data: bytes | None = None, **parameters: str) -> ModelSpec:
    data = tokenizer() if data is None else data
    path = tmp_path / "tokenizer.json"
    path.write_bytes(data)
    facts = {"clean": "lower", "logit_scale": "100", "pair": "p"}
    facts["asset:tokenizer.json"] = hashlib.sha256(data).hexdigest()
    return ModelSpec(
        "text",
        "1",
        (TensorSpec("tokens", I64, (-1, LENGTH)),),
        (TensorSpec("vectors", F32, (-1, WIDTH)),),
        max_batch=2,
        parameters={**facts, **parameters},
        assets={"tokenizer.json": path},
    )


def unit(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def see(inputs: Tensors) -> Tensors:
    return {"vectors": unit(inputs["pixels"].mean(axis=(2, 3)).astype(np.float32) + 0.01)}


def read(inputs: Tensors) -> Tensors:
    return {"vectors": unit(inputs["tokens"][:, :WIDTH] + 1)}


def encoder(
    tmp_path: Path, image: Change = lambda s: s, text: Change = lambda s: s, looks: Any = see
) -> TwoTowerEncoder:
    specs = image(image_spec()), text(text_spec(tmp_path))
    backend = FakeBackend({"image": (specs[0], looks), "text": (specs[1], read)})
    return TwoTowerEncoder(
        backend,
        (ModelUsed("image_encoder", "image", "1"), specs[0]),
        (ModelUsed("text_encoder", "text", "1"), specs[1]),
    )


def with_parameter(key: str, value: str | None) -> Change:
    def change(spec: ModelSpec) -> ModelSpec:
        rest = {k: v for k, v in spec.parameters.items() if k != key}
        return replace(spec, parameters=rest if value is None else {**rest, key: value})

    return change


def flat(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((5, 9, 3), colour, np.uint8)


async def test_every_picture_gets_its_own_vector_in_batches_that_the_model_takes(
    tmp_path: Path,
) -> None:
    pictures = [flat((255, 0, 0)), flat((0, 255, 0)), flat((0, 0, 255))] * 2 + [flat((9, 9, 9))]
    made = encoder(tmp_path)  # seven pictures, two at a time: FakeBackend refuses more
    vectors = await made.encode_pictures(pictures, deadline=Deadline.after(20))
    assert vectors.shape == (7, WIDTH)
    assert vectors[:3].argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


async def test_nothing_gives_nothing(tmp_path: Path) -> None:
    made, deadline = encoder(tmp_path), Deadline.after(20)
    assert (await made.encode_pictures([], deadline=deadline)).shape == (0, WIDTH)
    texts = await made.encode_texts([], deadline=deadline)
    assert texts.vectors.shape == (0, WIDTH)
    assert texts.cut.shape == (0,)


async def test_it_says_which_texts_were_cut(tmp_path: Path) -> None:
    prompts = ["a cat", "a red cat a red", "a red cat a red cat", ""]
    texts = await encoder(tmp_path).encode_texts(prompts, deadline=Deadline.after(20))
    assert texts.cut.tolist() == [False, False, True, False]
    assert texts.vectors.shape == (4, WIDTH)


def test_probabilities_can_be_formed(tmp_path: Path) -> None:
    assert (encoder(tmp_path).scale, encoder(tmp_path).bias) == (100, None)
    assert encoder(tmp_path, text=with_parameter("logit_bias", "-16.5")).bias == -16.5
    with pytest.raises(ModelNotReady, match="logit_scale is 'nan'"):
        _ = encoder(tmp_path, text=with_parameter("logit_scale", "nan")).scale


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 2.0])
async def test_what_is_no_unit_vector_is_no_answer(tmp_path: Path, value: float) -> None:
    def broken(inputs: Tensors) -> Tensors:
        return {"vectors": np.full((len(inputs["pixels"]), WIDTH), value, np.float32)}

    with pytest.raises(ModelError, match=r"unit length|no finite numbers"):
        await encoder(tmp_path, looks=broken).encode_pictures(
            [flat((1, 2, 3))], deadline=Deadline.after(20)
        )


async def golden_encoder(tmp_path: Path, **changes: Change) -> TwoTowerEncoder:
    """One whose configurations hold what its towers give now."""
    first, deadline = encoder(tmp_path), Deadline.after(20)
    picture = (await first.encode_pictures([drawn_ramps()], deadline=deadline))[0]
    text = (await first.encode_texts([GOLDEN_PROMPT], deadline=deadline)).vectors[0]
    golden = [" ".join(map(str, vector[:2])) for vector in (picture, text)]
    return encoder(
        tmp_path,
        lambda s: changes.get("image", lambda x: x)(with_parameter("golden", golden[0])(s)),
        lambda s: changes.get("text", lambda x: x)(with_parameter("golden", golden[1])(s)),
    )


async def test_a_pair_that_answers_as_when_it_was_made_is_ready(tmp_path: Path) -> None:
    await (await golden_encoder(tmp_path)).self_check(deadline=Deadline.after(20))


@pytest.mark.parametrize(
    ("side", "key", "value", "words"),
    [
        ("image", "mean", "0.9 0 0", "wrong|at a cosine"),
        ("image", "golden", "0 0", "at a cosine of 0.00"),
        ("image", "golden", None, "no parameter golden"),
        ("text", "golden", "1 2 3 4", "at a cosine of 0.00"),
        ("text", "pair", "q", "not made together"),
        ("text", "pair", None, "no parameter pair"),
        ("text", "clean", "boil", "not one of lower"),
        ("image", "resize", "stretch", "not one of shortest, squash"),
        ("image", "mean", "0 0", "not 3 numbers"),
        ("image", "std", "1 0 1", "std is not positive"),
        ("image", "interpolation", None, "no parameter interpolation"),
    ],
)
async def test_a_pair_that_is_not_as_it_was_made_is_not_ready(
    tmp_path: Path, side: str, key: str, value: str | None, words: str
) -> None:
    made = await golden_encoder(tmp_path, **{side: with_parameter(key, value)})
    with pytest.raises(ModelNotReady, match=words):
        await made.self_check(deadline=Deadline.after(20))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no tokenizer"),
        (b"{}", "is no tokenizer"),
        (b"\xff\xfe", "is no tokenizer"),
        (tokenizer(length=LENGTH + 1), "cuts and pads to .7, 7., the tower has 6"),
    ],
)
def test_a_tokenizer_that_is_not_the_towers_is_refused(
    tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(ModelNotReady, match=words):
        TextPreparation(text_spec(tmp_path, data))


def test_a_missing_library_is_said_with_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.raises(ModelNotReady, match=r"ftfy is not installed.*gencheck\[encoders\]"):
        TextPreparation(text_spec(tmp_path))


def test_hostile_texts_are_texts(tmp_path: Path) -> None:
    tokens = TextPreparation(text_spec(tmp_path))
    ids = tokens(["a [end] cat", "\ud800 cat", "\x00", "A CAT", "a" * LONGEST_TEXT]).ids
    assert (ids[0] == 1).sum() == 1  # a special token that is spelled out ends nothing
    assert ids[0].tolist() == [3, 2, 7, 2, 4, 1]
    assert ids[1][1] == 4
    assert ids[3].tolist() == [3, 4, 1, 0, 0, 0]
    with pytest.raises(InvalidArgument, match="20001 characters"):
        tokens(["a" * (LONGEST_TEXT + 1)])


@pytest.mark.parametrize(
    ("how", "text", "clean"),
    [
        ("lower", " A  Red\tCAT&amp;amp; ", "a red cat&"),
        ("whitespace", " A  Red\tCAT ", "A Red CAT"),
        ("canonicalize", "A_Red, 'CAT'!", "a red cat"),
    ],
)
def test_texts_are_cleaned_as_the_tower_saw_them(
    tmp_path: Path, how: str, text: str, clean: str
) -> None:
    tokens = TextPreparation(text_spec(tmp_path, clean=how))
    assert tokens._cleaned(text) == clean
    assert encoder_texts.TOKENIZER_FILE == "tokenizer.json"


def test_shorter_side_or_both() -> None:
    left = np.zeros((10, 40, 3), np.uint8)
    left[:, :10] = 255  # only what is squashed shows the white left
    how = Preparation(4, "shortest", "bicubic", (0.0,) * 3, (1.0,) * 3)
    assert prepare([left], how).max() == 0
    assert prepare([left], replace(how, resize="squash")).max() > 0.9


@pytest.mark.parametrize("shape", [(1, 100_000), (100_000, 1), (1, 1)])
def test_a_picture_that_is_all_length_costs_no_more(shape: tuple[int, int]) -> None:
    how = Preparation(64, "shortest", "bicubic", (0.5,) * 3, (0.5,) * 3)
    found = prepare([np.full((*shape, 3), 255, np.uint8)], how)
    assert found.shape == (1, 3, 64, 64)
    assert (found == 1).all()


def test_a_tower_for_other_than_square_pictures_is_refused() -> None:
    spec = replace(image_spec(), inputs=(TensorSpec("pixels", F32, (-1, 3, 4, 5)),))
    with pytest.raises(ModelNotReady, match="no square picture"):
        Preparation.of(spec)

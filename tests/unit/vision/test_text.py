from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, ModelNotReady
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.text import OcrReader
from gencheck.vision.text_lines import alphabet, batches, decode, line_width, stack

F32 = np.dtype(np.float32)
CHARACTERS = ("", "a", "b", " ")


I64 = np.dtype(np.int64)


def steps(*classes: int, score: float = 0.9) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return np.asarray([classes], np.int64), np.full((1, len(classes)), score, np.float32)


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ((1, 1, 0, 1, 2, 2), "aab"),
        ((0, 0, 0), ""),
        ((2,), "b"),
        ((1, 3, 3, 1), "a a"),
    ],
)
def test_repeats_merge_unless_a_blank_stands_between(classes: tuple[int, ...], text: str) -> None:
    (read,) = decode(*steps(*classes), CHARACTERS)
    assert read.text == text
    assert read.score == pytest.approx(0.9 if text else 0.0)
    assert len(read.scores) == len(text)


def test_labels_of_another_model_are_noticed() -> None:
    assert alphabet(("a", "b")) == CHARACTERS
    with pytest.raises(ModelNotReady, match="class 4, there are labels for 4"):
        decode(*steps(1, 4), CHARACTERS)


def line(width: int, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 255, np.uint8)


def test_batches_hold_similar_widths_within_bounds() -> None:
    widths = [100, 2000, 330, 200, 1200, 100, 90, 80, 70, 60, 50]
    groups = batches([line(width) for width in widths])
    assert sorted(i for group in groups for i in group) == list(range(len(widths)))
    assert [widths[i] for group in groups for i in group] == sorted(widths)
    for group in groups:
        assert len(group) == 1 or len(group) * max(320, *(widths[i] for i in group)) <= 3840
    assert batches([]) == []


def test_a_batch_is_padded_with_zeros_and_endless_lines_are_squeezed() -> None:
    batch = stack([line(10), line(1, 480)])
    assert batch.shape == (2, 3, 48, 320)
    assert np.all(batch[0, :, :, :10] == 1)
    assert np.all(batch[0, :, :, 10:] == 0)
    assert line_width(line(100_000)) == 2400


def detector_spec() -> ModelSpec:
    return ModelSpec(
        "find",
        "1",
        (TensorSpec("x", F32, (-1, 3, -1, -1)),),
        (TensorSpec("p", F32, (-1, 1, -1, -1)),),
        max_batch=4,
    )


def recogniser_spec() -> ModelSpec:
    return ModelSpec(
        "read",
        "1",
        (TensorSpec("x", F32, (-1, 3, 48, -1)),),
        (TensorSpec("index", I64, (-1, -1)), TensorSpec("score", F32, (-1, -1))),
        max_batch=16,
        labels=("a", "b"),
    )


def bright_is_text(inputs: Tensors) -> Tensors:
    return {"p": (inputs["x"][:, :1] > 0.5).astype(np.float32)}


def head_up_only(inputs: Tensors) -> Tensors:
    """Reads ``ab`` well where the left end of the line is brighter, and ``b`` badly elsewhere."""
    answers = []
    for picture in np.asarray(inputs["x"], np.float32):
        upright = picture[:, :, 25].mean() > picture[:, :, 65].mean()
        answers.append(steps(1, 2, score=0.95) if upright else steps(2, 2, score=0.6))
    best, scores = (np.concatenate(values) for values in zip(*answers, strict=True))
    return {"index": best, "score": scores}


def reader(
    read: object = head_up_only, find: object = bright_is_text
) -> tuple[FakeBackend, OcrReader]:
    backend = FakeBackend(
        {"find": (detector_spec(), find), "read": (recogniser_spec(), read)}  # type: ignore[dict-item]
    )
    used = ModelUsed("text_detector", "find", "1"), ModelUsed("text_recognizer", "read", "1")
    return backend, OcrReader(backend, *used, CHARACTERS)


async def test_reads_rows_in_order_and_a_line_on_its_head() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    for y, ends in ((300, (255, 210)), (60, (210, 255))):  # the upper one is on its head
        picture[y : y + 40, 100:160] = ends[0]
        picture[y : y + 40, 160:220] = ends[1]
    backend, ocr = reader()
    lines = await ocr.read(picture, deadline=Deadline.after(10))
    assert [line.text for line in lines] == ["ab", "ab"]
    assert lines[0].box.y < lines[1].box.y
    assert lines[0].score == pytest.approx(0.95)
    assert lines[0].quad.shape == (4, 2)
    assert backend.calls == ["find", "read", "read"]
    await backend.aclose()


async def test_a_picture_no_higher_than_a_line_is_read_as_one() -> None:
    picture = np.full((30, 60, 3), 255, np.uint8)
    picture[:, 30:] = 210
    backend, ocr = reader()
    (line,) = await ocr.read(picture, deadline=Deadline.after(10))
    assert (line.text, line.box) == ("ab", Box(0, 0, 60, 30))
    assert backend.calls == ["read"]
    await ocr.read(np.ascontiguousarray(picture[:, ::-1]), deadline=Deadline.after(10))
    assert "find" in backend.calls, "badly read as a whole: the detector looks"
    await backend.aclose()


def every(quad: NDArray[np.float32], likeness: float) -> bool:
    return True


async def test_lines_are_examined_though_they_cannot_be_read() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[60:100, 100:160] = 255  # reads well
    picture[60:100, 160:220] = 210
    picture[300:360, 100:340] = 255  # the larger one, alike from all sides: reads badly always
    backend, ocr = reader()
    lines = await ocr.examine(picture, most=5, worth=every, deadline=Deadline.after(10))
    assert [line.text for line in lines] == ["b", "ab"]
    assert lines[0].scores == pytest.approx((0.6,))
    assert (lines[0].again, lines[0].mirrored) == (("b", "b"), pytest.approx(0.6))
    assert lines[1].again == ()
    (largest,) = await ocr.examine(picture, most=1, worth=every, deadline=Deadline.after(10))
    assert largest.text == "b"
    await backend.aclose()


async def test_the_largest_lines_are_looked_for_at_a_smaller_side() -> None:
    sides = []

    def find(inputs: Tensors) -> Tensors:
        sides.append(inputs["x"].shape[2:])
        return bright_is_text(inputs)

    picture = np.zeros((1024, 1024, 3), np.uint8)
    picture[300:360, 100:340] = 255
    backend, ocr = reader(find=find)
    (line,) = await ocr.examine(picture, most=5, worth=every, deadline=Deadline.after(10))
    assert np.abs(line.quad.mean(axis=0) - (220, 330)).max() < 5
    await ocr.read(picture, deadline=Deadline.after(10))
    assert sides == [(256, 256), (832, 832), (960, 960)]
    await backend.aclose()


async def test_only_lines_that_are_worth_it_are_read() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[60:100, 100:160] = 255  # reads well
    picture[60:100, 160:220] = 210
    picture[300:360, 100:340] = 255
    backend, ocr = reader()
    lines = await ocr.examine(
        picture, most=5, worth=lambda quad, _: np.ptp(quad[:, 0]) < 200, deadline=Deadline.after(10)
    )
    assert [(line.text, line.scores == ()) for line in lines] == [("", True), ("ab", False)]
    assert backend.calls == ["find", "find", "read"]
    backend.calls.clear()
    none = await ocr.examine(picture, most=5, worth=lambda *_: False, deadline=Deadline.after(10))
    assert len(none) == 2
    assert backend.calls == ["find", "find"]
    await backend.aclose()


async def test_a_glance_is_enough_for_a_picture_without_text() -> None:
    backend, ocr = reader()
    blank = np.zeros((600, 600, 3), np.uint8)
    assert await ocr.examine(blank, most=5, worth=every, deadline=Deadline.after(10)) == []
    assert backend.calls == ["find"]
    await backend.aclose()


async def test_a_blank_picture_is_not_read_at_all() -> None:
    backend, ocr = reader()
    assert await ocr.read(np.zeros((64, 64, 3), np.uint8), deadline=Deadline.after(10)) == []
    assert backend.calls == ["find"]
    await backend.aclose()


async def test_nothing_goes_on_for_a_caller_who_has_gone() -> None:
    deadline = Deadline.after(10)

    def leave(inputs: Tensors) -> Tensors:
        deadline.cancel()
        return head_up_only(inputs)

    picture = np.full((100, 400, 3), 0, np.uint8)
    picture[30:70, 50:350] = 255
    backend, ocr = reader(leave)
    with pytest.raises(Cancelled):
        await ocr.read(picture, deadline=deadline)
    await backend.aclose()


async def test_a_model_that_cannot_read_fails_the_self_check() -> None:
    backend, ocr = reader()
    with pytest.raises(ModelNotReady, match="GENCHECK"):
        await ocr.self_check(deadline=Deadline.after(10))
    await backend.aclose()

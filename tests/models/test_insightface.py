"""Our faces beside InsightFace's own code, which runs over our backend as its session."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import helper

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.vision.alignment import by_landmarks
from gencheck.vision.genderage import PACK, GenderAge
from gencheck.vision.landmarks106 import Landmarks106
from gencheck.vision.roles import Face
from gencheck.vision.scrfd import ScrfdDetector
from recipes import insightface_pack
from recipes.errors import RecipeError
from recipes.export import difference, golden, run_onnx
from recipes.pack import pack

Picture = NDArray[np.uint8]


class OverBackend:
    """Our backend as the session of an InsightFace model."""

    def __init__(self, repository: Path, model: str) -> None:
        self._repository = repository
        self._model = model
        self._spec = self._ask(lambda backend: backend.describe(model))

    def _ask(self, question: Callable[[EmbeddedBackend], Any]) -> Any:
        async def run() -> Any:
            backend = EmbeddedBackend(self._repository, threads=2)
            try:
                return await question(backend)
            finally:
                await backend.aclose()

        return asyncio.run(run())

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name=t.name, shape=list(t.shape)) for t in self._spec.inputs]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name=t.name, shape=list(t.shape)) for t in self._spec.outputs]

    def run(self, names: list[str], feed: dict[str, Any]) -> list[NDArray[np.generic]]:
        deadline = Deadline.after(60)
        answer = self._ask(lambda backend: backend.infer(self._model, feed, deadline=deadline))
        return [answer[name] for name in names]


@pytest.fixture(scope="module")
def mini_sc(weights: Path) -> Path:
    return weights / "insightface-root" / "models" / "mini_sc"


@pytest.fixture(scope="module")
def made(mini_sc: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the recipe makes of a pack."""
    out = tmp_path_factory.mktemp("made")
    for model in insightface_pack.make(argparse.Namespace(pack=mini_sc)):
        pack(out, model)
    return out


@pytest.fixture(scope="module")
def photos(data: Path) -> list[Picture]:
    """Portraits, and photographs with a person; all RGB and larger than 640."""
    paths = sorted((data / "faces_fairface" / "test").glob("*.jpg"))
    paths += [data / "real_kodak" / f"{name}.png" for name in ("04", "15", "17")]
    read = [
        np.asarray(cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB))
        for p in paths
        if p.is_file()
    ]
    large = [picture for picture in read if max(picture.shape) > 640]
    assert len(large) >= 5
    return large


def ours(made: Path, play: Callable[[EmbeddedBackend], Any]) -> Any:
    async def run() -> Any:
        backend = EmbeddedBackend(made, threads=2)
        try:
            return await play(backend)
        finally:
            await backend.aclose()

    return asyncio.run(run())


def used(name: str) -> ModelUsed:
    return ModelUsed("role", name, "1")


def detect(made: Path, picture: Picture) -> list[Face]:
    def play(backend: EmbeddedBackend) -> Any:
        detector = ScrfdDetector(backend, used("insightface_scrfd"))
        return detector.detect(picture, deadline=Deadline.after(60))

    found: list[Face] = ours(made, play)
    return found


def scrfd(mini_sc: Path, made: Path) -> Any:
    from insightface.model_zoo.scrfd import SCRFD

    session = OverBackend(made, "insightface_scrfd")
    model = SCRFD(model_file=str(mini_sc / "det_2.5g.onnx"), session=session)
    model.prepare(0, input_size=(640, 640), det_thresh=0.5)
    return model


def bgr(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[..., ::-1])


def overlap(box: Box, other: NDArray[np.float32]) -> float:
    wide = min(box.x + box.width, other[2]) - max(box.x, other[0])
    tall = min(box.y + box.height, other[3]) - max(box.y, other[1])
    both = max(wide, 0) * max(tall, 0)
    area = (other[2] - other[0]) * (other[3] - other[1])
    return float(both / (box.width * box.height + area - both))


def test_pictures_that_are_shrunk_have_the_faces_of_insightface(
    mini_sc: Path, made: Path, photos: list[Picture]
) -> None:
    theirs = scrfd(mini_sc, made)
    for picture in photos:
        boxes, marks = theirs.detect(bgr(picture))
        faces = detect(made, picture)
        sure = [face for face in faces if face.score > 0.6]
        assert abs(len(faces) - len(boxes)) <= sum(abs(s - 0.5) < 0.1 for s in boxes[:, 4])
        for face in sure:
            place = int(np.argmax([overlap(face.box, box) for box in boxes]))
            assert overlap(face.box, boxes[place]) > 0.85
            assert face.score == pytest.approx(boxes[place, 4], abs=0.08)
            assert face.landmarks is not None
            off = np.abs(face.landmarks - marks[place]).max()
            assert off < 0.06 * max(face.box.width, face.box.height)


def test_a_small_picture_is_enlarged_by_insightface_and_not_by_us(
    mini_sc: Path, made: Path, photos: list[Picture]
) -> None:
    theirs = scrfd(mini_sc, made)
    small = cv2.resize(photos[0], (200, 200 * photos[0].shape[0] // photos[0].shape[1]))
    enlarged = cv2.resize(small, None, fx=3.2, fy=3.2)
    (box, *_), _ = theirs.detect(bgr(small))
    (face, *_) = detect(made, np.asarray(enlarged, np.uint8))
    scaled = Box(
        *(side / 3.2 for side in (face.box.x, face.box.y, face.box.width, face.box.height))
    )
    assert overlap(scaled, box) > 0.85
    (found, *_) = detect(made, np.asarray(small, np.uint8))
    assert found.score != pytest.approx(face.score, abs=1e-3)


def test_genderage_is_insightfaces_own(mini_sc: Path, made: Path, photos: list[Picture]) -> None:
    from insightface.app.common import Face as TheirFace
    from insightface.model_zoo.attribute import Attribute

    session = OverBackend(made, "insightface_genderage")
    theirs = Attribute(model_file=str(mini_sc / "genderage.onnx"), session=session)
    for picture in photos[:5]:
        (face, *_) = detect(made, picture)
        box = face.box
        corners = np.asarray([box.x, box.y, box.x + box.width, box.y + box.height])
        gender, age = theirs.get(bgr(picture), TheirFace(bbox=corners))

        def play(backend: EmbeddedBackend, picture: Picture = picture, face: Face = face) -> Any:
            role = GenderAge(backend, used("insightface_genderage"), PACK)
            return role.perceive(picture, [face], deadline=Deadline.after(30))

        (found,) = ours(made, play)
        assert (found.feminine > 0.5) == (gender == 0)
        assert abs(found.age - age) <= 0.51


def test_our_alignment_is_insightfaces_norm_crop(made: Path, photos: list[Picture]) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from insightface.utils.face_align import norm_crop

        for picture in photos[:5]:
            (face, *_) = detect(made, picture)
            assert face.landmarks is not None
            expected = norm_crop(picture, face.landmarks)
            found = by_landmarks(picture, face.landmarks)
            assert np.abs(found.astype(int) - expected).max() <= 2


def test_what_is_packed_is_the_same_on_triton(
    made: Path, same_on_triton: Callable[..., None]
) -> None:
    same_on_triton(
        made,
        {
            "insightface_scrfd": {"images": golden((1, 3, 640, 640))},
            "insightface_genderage": {"data": golden((1, 3, 96, 96), high=255)},
        },
    )


def test_a_pack_without_a_first_axis_and_with_a_free_size_is_made_the_same(
    mini_sc: Path, made: Path, tmp_path: Path
) -> None:
    """As InsightFace's own packs are; this one is only a third party's."""
    model = onnx.load(mini_sc / "det_2.5g.onnx")
    graph = model.graph
    for axis, name in ((2, "?"), (3, "?")):
        graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    outputs = list(graph.output)
    del graph.output[:]
    axes = helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [0])
    graph.initializer.append(axes)
    opset = next(entry.version for entry in model.opset_import if not entry.domain)
    for value in outputs:
        flat = f"{value.name}_flat"
        given, attributes = (
            ([value.name, "axes"], {}) if opset >= 13 else ([value.name], {"axes": [0]})
        )
        graph.node.append(helper.make_node("Squeeze", given, [flat], **attributes))
        width = value.type.tensor_type.shape.dim[2].dim_value
        graph.output.append(
            helper.make_tensor_value_info(flat, onnx.TensorProto.FLOAT, ["n", width])
        )
    (tmp_path / "pack").mkdir()
    onnx.save(model, tmp_path / "pack" / "det.onnx")
    (packed,) = insightface_pack.make(argparse.Namespace(pack=tmp_path / "pack"))
    picture = {"images": golden((1, 3, 640, 640), seed=3)}
    expected = run_onnx((made / "insightface_scrfd" / "1" / "model.onnx").read_bytes(), picture)
    found = run_onnx(packed.weights, picture)
    for name, value in expected.items():
        assert difference(found[name], value) <= 1e-4


class Raw(torch.nn.Module):
    """A network that scales its own input, as those of the packs do."""

    def __init__(self, outputs: int, *, scales: bool = True) -> None:
        super().__init__()
        self.scales = scales
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, stride=4), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(4)
        )
        self.head = torch.nn.Linear(64, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.scales:
            x = (x - 127.5) * 0.0078125
        return torch.tanh(self.head(self.body(x).flatten(1)))


@pytest.fixture
def save(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """``save(name, side, outputs)``: a random network as a file of a pack."""
    from recipes.export import export

    folder = tmp_path / "random"
    folder.mkdir()

    def write(name: str, side: int, outputs: int, *, scales: bool = True) -> Path:
        network = Raw(outputs, scales=scales)
        inputs = {"data": golden((1, 3, side, side), high=255)}
        data = export(network, inputs, ["fc1"], free={})
        model = onnx.load_model_from_string(data)
        for node in model.graph.node:
            node.name = node.name.rpartition("/")[2]
        onnx.save(model, folder / name)
        return folder

    yield write


def test_landmarks_are_insightfaces_own(save: Callable[..., Path], tmp_path: Path) -> None:
    from insightface.model_zoo.landmark import Landmark

    folder = save("2d106det.onnx", 192, 212)
    (model,) = insightface_pack.make(argparse.Namespace(pack=folder))
    assert model.name == "insightface_2d106"
    pack(tmp_path / "made", model)
    session = OverBackend(tmp_path / "made", "insightface_2d106")
    theirs = Landmark(model_file=str(folder / "2d106det.onnx"), session=session)
    picture = np.asarray(golden((300, 400, 3), high=255)).astype(np.uint8)
    box = Box(120, 60, 90, 130)
    from insightface.app.common import Face as TheirFace

    corners = np.asarray([box.x, box.y, box.x + box.width, box.y + box.height])
    expected = theirs.get(bgr(picture), TheirFace(bbox=corners))

    def play(backend: EmbeddedBackend) -> Any:
        role = Landmarks106(backend, used("insightface_2d106"))
        return role.locate(picture, [Face(box, 1, None)], deadline=Deadline.after(30))

    (found,) = ours(tmp_path / "made", play)
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_what_recognises_people_is_left_out(
    save: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    save("w600k.onnx", 112, 512)
    folder = save("2d106det.onnx", 192, 212)
    models = list(insightface_pack.make(argparse.Namespace(pack=folder)))
    assert [model.name for model in models] == ["insightface_2d106"]
    assert "w600k.onnx: left out, it recognises people" in capsys.readouterr().err


def test_a_pack_of_nothing_else_is_refused(save: Callable[..., Path]) -> None:
    folder = save("w600k.onnx", 112, 512)
    with pytest.raises(RecipeError, match="no model of"):
        list(insightface_pack.make(argparse.Namespace(pack=folder)))


def test_an_input_that_is_scaled_in_another_way_is_refused(save: Callable[..., Path]) -> None:
    folder = save("2d106det.onnx", 192, 212, scales=False)
    with pytest.raises(RecipeError, match=r"scaled by 127\.5"):
        list(insightface_pack.make(argparse.Namespace(pack=folder)))

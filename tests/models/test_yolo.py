"""The recipe for ultralytics' YOLO: weights, export, and our decoder beside ultralytics'."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from gencheck.deadline import Deadline
from gencheck.findings import Box
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.players import used
from gencheck.inference.spec import parse_config
from gencheck.vision.segment import mask_iou
from gencheck.vision.segment_yolo import YoloSegmenter
from gencheck.vision.yolov8 import YoloDetector
from recipes.__main__ import main
from recipes.errors import RecipeError
from recipes.export import golden
from recipes.pack import pack
from recipes.yolo import to_model
from recipes.yolo_weights import Network, random_network, read_checkpoint, ultralytics_tasks

SCORE = 0.25
NETWORKS = ("yolov8n", "yolo11n", "yolov8n-seg", "yolo11n-seg")


@pytest.fixture(scope="module")
def networks() -> dict[str, Network]:
    return {name: random_network(f"{name}.yaml") for name in NETWORKS}


@pytest.fixture(scope="module")
def repository(networks: dict[str, Network], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("yolo")
    for name, network in networks.items():
        pack(out, to_model(name.replace("-", "_"), network, "random"))
    return out


def photos(data: Path, count: int) -> list[Any]:
    """Photos of COCO, whose longest side is the network's, and the same in other sizes."""
    paths = sorted((data / "coco128" / "images" / "val2017").glob("*.jpg"))[:count]
    assert len(paths) == count
    whole = [cv2.imread(str(path)) for path in paths]
    scales = (1, 0.7, 1.9)
    return [cv2.resize(x, None, fx=scales[i % 3], fy=scales[i % 3]) for i, x in enumerate(whole)]


def noise() -> list[Any]:
    """Pictures of odd sizes with structure in them, on which random weights find something."""
    random = np.random.default_rng(0)
    made = []
    for height, width in ((480, 640), (333, 517), (900, 300), (40, 1000)):
        coarse = random.integers(0, 255, (height // 20 + 1, width // 20 + 1, 3), dtype=np.uint8)
        made.append(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return made


@pytest.fixture
def ultralytics(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``ultralytics(weights)(picture)``: what ``YOLO.predict`` finds in a BGR picture."""
    ultralytics_tasks()
    import torchvision
    from ultralytics import YOLO
    from ultralytics.utils.nms import TorchNMS

    # torchvision's is compiled, and not there beside every torch; this is ultralytics' own.
    monkeypatch.setattr(torchvision.ops, "nms", TorchNMS.nms)

    def load(weights: Path | Network, task: str = "detect") -> Callable[[Any], Any]:
        if isinstance(weights, Path):
            model = YOLO(str(weights), task=task)
        else:
            model = YOLO("yolo11n-seg.yaml" if weights.segments else "yolo11n.yaml", verbose=False)
            model.model = weights.module
            weights.module.task = model.task
            weights.module.args = {**model.overrides, "imgsz": 640}
        return lambda picture: model.predict(
            picture, conf=SCORE, verbose=False, retina_masks=True, save=False
        )[0]

    return load


def ours(make: Any, repository: Path, name: str, job: Callable[[Any], Any]) -> Any:
    """Run ``job(role)`` with a role over the embedded backend."""

    async def run() -> Any:
        backend = EmbeddedBackend(repository, threads=2)
        try:
            return await job(make(backend, *await used(backend, "role", name), score=SCORE))
        finally:
            await backend.aclose()

    return asyncio.run(run())


def rgb(picture: Any) -> Any:
    return np.ascontiguousarray(picture[:, :, ::-1])


def detect_all(repository: Path, name: str, pictures: list[Any]) -> list[Any]:
    async def job(detector: YoloDetector) -> list[Any]:
        deadline = Deadline.after(240)
        return [await detector.detect(rgb(picture), deadline=deadline) for picture in pictures]

    found: list[Any] = ours(YoloDetector, repository, name, job)
    return found


def assert_same_objects(found: list[Any], result: Any) -> int:
    """Same classes, boxes within 1 px, scores within 1e-3; returns how many there were."""
    boxes = result.boxes
    expected = list(
        zip(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy().astype(int), strict=True)
    )
    assert len(found) == len(expected)
    for thing, (corners, score, kind) in zip(found, expected, strict=True):
        box = thing.box
        ends = (box.x, box.y, box.x + box.width, box.y + box.height)
        np.testing.assert_allclose(ends, corners, atol=1)
        assert thing.score == pytest.approx(score, abs=1e-3)
        assert thing.label == result.names[kind]
    return len(found)


def test_finds_what_ultralytics_finds_on_photos(
    weights: Path, data: Path, ultralytics: Callable[..., Any], tmp_path: Path
) -> None:
    file = weights / "yolov8n" / "yolov8n-dequant.pt"
    assert main(["yolo", str(file), "--name", "yolov8n", "--out", str(tmp_path)]) == 0
    predict = ultralytics(file)
    pictures = photos(data, 20)
    found = detect_all(tmp_path, "yolov8n", pictures)
    count = sum(
        assert_same_objects(things, predict(picture))
        for things, picture in zip(found, pictures, strict=True)
    )
    assert count > 50
    ours(
        YoloDetector, tmp_path, "yolov8n", lambda role: role.self_check(deadline=Deadline.after(60))
    )


@pytest.mark.parametrize("name", ["yolov8n", "yolo11n"])
def test_finds_what_ultralytics_finds_with_random_weights(
    name: str, networks: dict[str, Network], repository: Path, ultralytics: Callable[..., Any]
) -> None:
    pictures = noise()
    predict = ultralytics(networks[name])
    found = detect_all(repository, name, pictures)
    counts = [
        assert_same_objects(things, predict(picture))
        for things, picture in zip(found, pictures, strict=True)
    ]
    assert sum(counts) > 5


def masks_and_theirs(
    repository: Path, name: str, predict: Callable[[Any], Any], pictures: list[Any]
) -> list[float]:
    """The IoU of each of our masks with ultralytics' for the same box."""

    async def job(segmenter: YoloSegmenter) -> list[float]:
        agreed = []
        for picture in pictures:
            result = predict(picture)
            boxes = [Box(x, y, r - x, b - y) for x, y, r, b in result.boxes.xyxy.tolist()][:64]
            masks = await segmenter.segment(rgb(picture), boxes, deadline=Deadline.after(240))
            theirs = [] if result.masks is None else result.masks.data.numpy().astype(bool)
            for mask, other in zip(masks, theirs[:64], strict=True):
                assert mask is not None
                assert mask.shape == picture.shape[:2]
                agreed.append(mask_iou(mask, other))
        return agreed

    agreed: list[float] = ours(YoloSegmenter, repository, name, job)
    return agreed


@pytest.mark.parametrize("name", ["yolov8n-seg", "yolo11n-seg"])
def test_cuts_out_what_ultralytics_cuts_out_with_random_weights(
    name: str, networks: dict[str, Network], repository: Path, ultralytics: Callable[..., Any]
) -> None:
    predict = ultralytics(networks[name], "segment")
    agreed = masks_and_theirs(repository, name.replace("-", "_"), predict, noise()[:2])
    # Masks of random weights are all edge: what interpolation does differently shows.
    assert len(agreed) > 50
    assert np.median(agreed) > 0.98


def test_cuts_out_what_ultralytics_cuts_out_on_photos(
    weights: Path, data: Path, ultralytics: Callable[..., Any], repository: Path, tmp_path: Path
) -> None:
    file = weights / "yolov8n-seg" / "yolov8n-seg-dequant.onnx"
    folder = tmp_path / "yolov8n_seg"
    shutil.copytree(repository / "yolov8n_seg", folder)
    shutil.copyfile(file, folder / "1" / "model.onnx")
    config = folder / "config.pbtxt"
    config.write_text(config.read_text().replace('key: "sha256"', 'key: "was"'))
    predict = ultralytics(file, "segment")
    agreed = masks_and_theirs(tmp_path, "yolov8n_seg", predict, photos(data, 12))
    assert len(agreed) > 20
    assert min(agreed) > 0.99
    ours(
        YoloSegmenter,
        tmp_path,
        "yolov8n_seg",
        lambda role: role.self_check(deadline=Deadline.after(60)),
    )


def test_triton_answers_as_the_embedded_backend(
    repository: Path, same_on_triton: Callable[..., None]
) -> None:
    inputs = {"images": golden((2, 3, 96, 160))}
    same_on_triton(repository, {name.replace("-", "_"): inputs for name in NETWORKS})


def test_a_configuration_says_what_the_network_takes(repository: Path) -> None:
    config = parse_config((repository / "yolo11n_seg" / "config.pbtxt").read_text())
    assert [list(tensor.dims) for tensor in config.input] == [[3, -1, -1]]
    assert [list(tensor.dims) for tensor in config.output] == [[116, -1], [32, -1, -1]]
    assert config.parameters["side"].string_value == "640"
    assert config.max_batch_size == 8


class Trap:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, ("exit 1",))


def checkpoint(network: Any, tmp_path: Path, **changes: Any) -> Path:
    """A checkpoint as ultralytics writes it, with attributes of the network changed."""
    for name, value in changes.items():
        setattr(network, name, value)
    path = tmp_path / "best.pt"
    torch.save({"model": network, "ema": None, "epoch": -1}, path)
    return path


@pytest.fixture
def detector() -> Any:
    tasks = ultralytics_tasks()
    network = tasks.DetectionModel("yolov8n.yaml", verbose=False)
    network.args = {"imgsz": 320}
    return network


def test_a_checkpoint_comes_back_with_its_weights_names_and_size(
    detector: Any, tmp_path: Path
) -> None:
    names = {index: f"kind {index}" for index in range(80)}
    path = checkpoint(detector.half(), tmp_path, names=names)
    network = read_checkpoint(path)
    assert network.labels[79] == "kind 79"
    assert (network.side, network.stride, network.segments) == (320, 32, False)
    detector.float().eval().fuse(verbose=False)
    picture = torch.from_numpy(golden((1, 3, 64, 96)))
    with torch.no_grad():
        expected = detector(picture)[0]
        torch.testing.assert_close(network.module(picture), expected, rtol=1e-4, atol=1e-4)


def test_what_a_training_leaves_in_a_checkpoint_does_no_harm(detector: Any, tmp_path: Path) -> None:
    import datetime

    leftovers = {
        "best_fitness": np.float64(0.5),
        "curve": np.zeros(3),
        "save_dir": tmp_path,
        "date": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    }
    detector.args = {"imgsz": 350, "project": tmp_path}
    network = read_checkpoint(checkpoint(detector, tmp_path, leftovers=leftovers))
    assert network.side == 352


def test_a_checkpoint_that_holds_itself_is_refused(detector: Any, tmp_path: Path) -> None:
    detector.model[0]._modules["again"] = detector.model[0]._modules["more"] = detector.model[0]
    with pytest.raises(RecipeError, match=r"layers are not|contradicts"):
        read_checkpoint(checkpoint(detector, tmp_path))


def test_code_in_a_checkpoint_is_refused_and_named(detector: Any, tmp_path: Path) -> None:
    path = checkpoint(detector, tmp_path, trap=Trap())
    with pytest.raises(RecipeError, match=r"(posix|os)\.system"):
        read_checkpoint(path)


def test_code_in_a_description_is_not_evaluated(detector: Any, tmp_path: Path) -> None:
    touched = tmp_path / "ran"
    detector.yaml["activation"] = f"__import__('pathlib').Path({str(touched)!r}).touch()"
    with pytest.raises(RecipeError, match="contradicts itself"):
        read_checkpoint(checkpoint(detector, tmp_path))
    assert not touched.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda network: network.yaml.update(scale="s"), "contradicts|architecture"),
        (lambda network: network.yaml.update(activation="nn.ReLU()"), "is a torch.nn"),
        (
            lambda network: setattr(network.model[0].conv, "stride", (1, 1)),
            "stride of model.0.conv",
        ),
        (lambda network: setattr(network.model[0].bn, "eps", 0.5), "eps of model.0.bn"),
        (
            lambda network: setattr(
                network.model[0].conv, "weight", torch.nn.Parameter(torch.zeros(16, 3, 1, 1))
            ),
            "contradicts itself",
        ),
        (lambda network: setattr(network, "names", {0: "one"}), "80 classes"),
        (lambda network: setattr(network, "names", None), "80 classes"),
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused(
    detector: Any, tmp_path: Path, change: Callable[[Any], Any], words: str
) -> None:
    change(detector)
    with pytest.raises(RecipeError, match=words):
        read_checkpoint(checkpoint(detector, tmp_path))


@pytest.mark.parametrize("content", [{"model": None}, {}, [1], {"model": {"a": 1}}])
def test_a_file_without_a_network_is_said(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "odd.pt")
    with pytest.raises(RecipeError, match="no network"):
        read_checkpoint(tmp_path / "odd.pt")


def test_other_tasks_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = ultralytics_tasks()
    pose = tasks.PoseModel("yolov8n-pose.yaml", verbose=False)
    with pytest.raises(RecipeError, match="PoseModel"):
        read_checkpoint(checkpoint(pose, tmp_path))
    for words in (["yolov8n-pose.yaml"], ["nothing.yaml"], ["none.pt"]):
        assert main(["yolo", *words, "--out", str(tmp_path / "out")]) == 65
    said = capsys.readouterr().err
    assert "ends in a Pose" in said
    assert "describes no nothing.yaml" in said
    assert "none.pt" in said
    assert not (tmp_path / "out").exists()

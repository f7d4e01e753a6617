"""The artifact model's generator, network, training and export, on small scenes drawn here."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from training import export as exporting
from training import train as training
from training.__main__ import main
from training.damage import FAMILIES, SHAMS, add_damage, add_sham
from training.errors import TrainingError
from training.loader import Samples, batches
from training.network import ArtifactNet, Residuals, Serving
from training.peer_yolo import write_samples
from training.photos import HELD_BACK, Photo, held_out_files, split, training_files
from training.pool import varied
from training.procedural import draw_scene
from training.regions import Picture, draw_shape, feathered
from training.sample import draw_sample, to_cells


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The networks' inputs are too small here for threads to help."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    scenes = [draw_scene(300, 360, np.random.default_rng(seed)) for seed in range(4)]
    return [Photo(f"scene {index}", scene) for index, scene in enumerate(scenes)]


@pytest.fixture
def folder(photos: list[Photo], tmp_path: Path) -> Path:
    """The scenes where the photos are looked for, enough of them to hold one back."""
    images = tmp_path / "data" / "coco128" / "images" / "train2017"
    images.mkdir(parents=True)
    for index in range(4):
        cv2.imwrite(str(images / f"{index}.jpg"), photos[index].pixels)
    return tmp_path / "data"


def scene(seed: int) -> Picture:
    return draw_scene(280, 320, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", FAMILIES)
def test_damage_shows_within_its_mask_and_nowhere_else(kind: str, photos: list[Photo]) -> None:
    made = 0
    for seed in range(12):
        before = scene(seed)
        after = before.copy()
        edit = add_damage(after, kind, np.random.default_rng(seed), photos[0].pixels, [])
        if edit is None:
            np.testing.assert_array_equal(before, after)
            continue
        made += 1
        mask = np.zeros(before.shape[:2], np.bool_)
        mask[edit.region.slices] = edit.region.mask
        step = np.abs(after.astype(int) - before).max(axis=2)
        assert step[mask].mean() > 4 * max(step[~mask].mean(), 0.01)
        assert mask.sum() > 300
        assert edit.region.mask.any(axis=1)[[0, -1]].all(), "the box is tight"
        assert edit.region.mask.any(axis=0)[[0, -1]].all(), "the box is tight"
    assert made >= 6


@pytest.mark.parametrize("kind", [kind for kind in SHAMS if kind != "legible"])
def test_a_sham_leaves_nothing_to_see(kind: str, photos: list[Photo]) -> None:
    likeness = []
    for seed in range(6):
        before = cv2.GaussianBlur(scene(seed), (0, 0), 1)  # photos have no edges of one pixel
        after = before.copy()
        edit = add_sham(after, kind, np.random.default_rng(seed), photos[0].pixels, [])
        assert edit is not None
        likeness.append(structural_similarity(before, after, channel_axis=2))
    assert np.mean(likeness) > 0.97


def test_a_sample_depends_on_its_seed_alone(photos: list[Photo]) -> None:
    kinds = list(FAMILIES)
    one, again = (draw_sample(photos, 128, (1, 5), kinds=kinds) for _ in range(2))
    np.testing.assert_array_equal(one.picture, again.picture)
    np.testing.assert_array_equal(one.labels, again.labels)
    other = draw_sample(photos, 128, (1, 6), kinds=kinds)
    assert (one.picture != other.picture).any()


def test_a_family_that_is_left_out_never_appears(photos: list[Photo]) -> None:
    kinds = [kind for kind in FAMILIES if kind != "warp"]
    label = 1 + list(FAMILIES).index("warp")
    samples = [draw_sample(photos, 96, (2, index), kinds=kinds) for index in range(60)]
    assert any((sample.labels > 0).any() for sample in samples)
    assert not any((sample.labels == label).any() for sample in samples)


def test_half_of_a_cell_decides() -> None:
    labels = np.zeros((8, 8), np.uint8)
    labels[:4, :2] = 3
    labels[4:, 4:5] = 5
    np.testing.assert_array_equal(to_cells(labels), [[3, 0], [0, 0]])


def test_shapes_touch_their_box_and_feathers_end_at_it() -> None:
    for seed in range(20):
        mask = draw_shape(40, 60, np.random.default_rng(seed))
        assert mask.any(axis=1)[[0, -1]].all()
        assert mask.any(axis=0)[[0, -1]].all()
        opacity = feathered(mask, 5)[:, :, 0]
        assert not opacity[~mask].any()
        assert opacity.max() == 1


def test_photos_that_are_measured_on_or_held_back_are_never_trained_on(data: Path) -> None:
    files = training_files(data)
    trained, held_back = split(files, held_back=False), split(files, held_back=True)
    assert len(held_back) == -(-len(files) // HELD_BACK)
    assert not set(trained) & set(held_back)
    assert len(trained) + len(held_back) == len(files)
    held_out = held_out_files(data)
    assert len(held_out) > 50
    assert not {f.name for f in files} & {f.name for f in held_out}


def test_workers_draw_the_same_batches(photos: list[Photo]) -> None:
    samples = Samples(photos, side=64, seed=3, count=6, kinds=list(FAMILIES))
    one, two = (list(batches(samples, batch=2, workers=workers)) for workers in (0, 1))
    assert len(one) == len(two) == 3
    for (a, b), (c, d) in zip(one, two, strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


def test_a_varied_batch_keeps_pictures_and_cells_together() -> None:
    pictures = torch.zeros((2, 3, 32, 32), dtype=torch.uint8)
    pictures[:, :, :16, :8] = 200
    cells = torch.zeros((2, 8, 8), dtype=torch.long)
    cells[:, :4, :2] = 1
    random = torch.Generator().manual_seed(0)
    for _ in range(8):
        turned, marked = varied(pictures, cells, random)
        bright = turned.mean(1)[:, 2::4, 2::4] > 0.4
        assert torch.equal(bright, marked == 1)


def test_residuals_are_those_of_a_plain_convolution() -> None:
    picture = np.random.default_rng(0).random((20, 20, 3)).astype(np.float32)
    grey = picture @ np.asarray([0.299, 0.587, 0.114], np.float32)
    kernel = np.asarray([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], np.float32) / 4 * 255
    expected = np.clip(cv2.filter2D(grey, -1, kernel), -3, 3) / 3
    given = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None]
    found = Residuals()(given)[0, 1].numpy()
    np.testing.assert_allclose(found[2:-2, 2:-2], expected[2:-2, 2:-2], atol=1e-3)


def test_the_served_network_gives_probabilities_at_a_quarter_of_any_size() -> None:
    serving = Serving(ArtifactNet(8)).eval()
    with torch.no_grad():
        found = serving(torch.zeros((2, 64, 96, 3), dtype=torch.uint8))
    assert found.shape == (2, 8, 16, 24)
    assert (found >= 0).all()
    assert (found.sum(1) <= 1).all()


def test_training_learns_and_its_weights_are_exported(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["train", "--data", str(folder), "--out", str(out), "--device", "cpu"]
    sizes = ["--steps", "12", "--batch", "4", "--side", "64", "--workers", "0", "--every", "6"]
    assert main([*words, *sizes, "--without", "paste"]) == 0
    record = json.loads((out / "training.json").read_text())
    assert (record["step"], record["without"]) == (12, ["paste"])
    assert np.isfinite(record["held_back"]["loss"])
    assert not set(record["photos"]) & set(record["photos_held_back"])

    model = tmp_path / "model.onnx"
    assert main(["export", str(out / "weights.safetensors"), "--out", str(model)]) == 0
    assert 1e6 < model.stat().st_size < 1e7


def test_a_few_samples_can_be_learned_by_heart(photos: list[Photo]) -> None:
    torch.manual_seed(0)
    samples = Samples(photos, side=64, seed=1, count=4, kinds=["degrade"])
    ((pictures, cells),) = batches(samples, batch=4, workers=0)
    network = ArtifactNet(8).train()
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        loss = training.loss_of(network(pictures.float() / 255), cells.long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_the_peer_gets_the_boxes_of_the_masks(photos: list[Photo], tmp_path: Path) -> None:
    write_samples(tmp_path, photos, side=96, seed=1, count=8)
    seen = 0
    for index in range(8):
        sample = draw_sample(photos, 96, (1, index), kinds=list(FAMILIES))
        rows = (tmp_path / "labels" / f"{index:06}.txt").read_text().splitlines()
        covered = np.zeros((96, 96), np.bool_)
        for row in rows:
            x, y, wide, tall = (96 * float(word) for word in row.split()[1:])
            top, left = round(y - tall / 2), round(x - wide / 2)
            covered[top : top + round(tall), left : left + round(wide)] = True
            seen += 1
        damaged = sample.labels > 0
        assert covered[damaged].mean() > 0.9 if damaged.any() else not rows
    assert seen > 3


def test_two_runs_of_one_recipe_give_the_same_weights(folder: Path, tmp_path: Path) -> None:
    def run(name: str) -> dict[str, torch.Tensor]:
        from safetensors.torch import load_file

        parser = argparse.ArgumentParser()
        training.add_arguments(parser)
        out = tmp_path / name
        words = ["--data", str(folder), "--out", str(out), "--device", "cpu", "--workers", "0"]
        training.run(parser.parse_args([*words, "--steps", "2", "--batch", "2", "--side", "64"]))
        return dict(load_file(out / "weights.safetensors"))

    one, two = run("one"), run("two")
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_cannot_be_trained_or_exported_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENCHECK_DATA", raising=False)
    assert main(["train", "--out", str(tmp_path)]) == 65
    assert "GENCHECK_DATA" in capsys.readouterr().err
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no weights")
    with pytest.raises(TrainingError, match="does not fit"):
        exporting.load_network(bad)
    with pytest.raises(SystemExit, match="64"):
        main(["train"])


def test_triton_answers_as_the_embedded_backend(same_on_triton: object, tmp_path: Path) -> None:
    import shutil

    from gencheck.inference.store import shipped_models

    assert callable(same_on_triton)
    name = "artifact_segmenter"
    shutil.copytree(shipped_models() / "repository" / name, tmp_path / "models" / name)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)
    same_on_triton(tmp_path / "models", {name: {"pictures": pictures}})

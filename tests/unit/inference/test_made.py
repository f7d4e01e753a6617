"""Models that a recipe made, as the store takes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gencheck.errors import InvalidArgument, NotFound, Unavailable
from gencheck.inference.catalog import read_catalog
from gencheck.inference.made import problem_of
from gencheck.inference.spec import read_folder
from gencheck.inference.store import ModelState, ModelStore

CONFIG = """name: "{name}"
backend: "{backend}"
max_batch_size: 8
input [ {{ name: "x" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] }} ]
output [ {{ name: "y" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] label_filename: "labels.txt" }} ]
parameters {{ key: "sha256" value: {{ string_value: "{weights}" }} }}
parameters {{ key: "asset:labels.txt" value: {{ string_value: "{labels}" }} }}
"""
CATALOG = """[[models]]
name = "one"
role = "object_detector"
profile = "full"
licence = "AGPL-3.0"
preprocessing = "letterbox"
source = "recipe:yolo"

[[models]]
name = "two"
role = "segmenter"
profile = "full"
licence = "Apache-2.0"
preprocessing = "squash"
source = "recipe:sam"
"""
LABELS = b"cat\ndog\n"


def write_made(out: Path, name: str, weights: bytes, backend: str = "onnxruntime") -> None:
    (out / name / "1").mkdir(parents=True, exist_ok=True)
    (out / name / "1" / "model.onnx").write_bytes(weights)
    (out / name / "labels.txt").write_bytes(LABELS)
    hashes = {"weights": weights, "labels": LABELS}
    filled = {key: hashlib.sha256(data).hexdigest() for key, data in hashes.items()}
    (out / name / "config.pbtxt").write_text(CONFIG.format(name=name, backend=backend, **filled))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "catalog.toml").write_text(CATALOG)
    return ModelStore(tmp_path / "store", tmp_path / "shipped")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    write_made(folder, "one", b"weights")
    return folder


def states(store: ModelStore) -> list[ModelState]:
    return [status.state for status in store.verify()]


def test_takes_what_was_made_and_says_what_was_not(store: ModelStore, out: Path) -> None:
    said: list[tuple[str, str]] = []
    store.install("full", source_dir=out, progress=lambda *words: said.append(words))
    assert said == [("one", "installed"), ("two", "not made (recipe sam)")]
    assert states(store) == [ModelState.INSTALLED, ModelState.MISSING]
    assert store.players() == {"object_detector": "one"}
    assert store.players("research") == {}
    assert read_folder(store.root, "one").spec.labels == ("cat", "dog")


def test_a_second_time_writes_nothing_and_a_new_one_replaces(store: ModelStore, out: Path) -> None:
    said: list[str] = []
    store.install("full", source_dir=out)
    written = (store.root / "one" / "1" / "model.onnx").stat().st_ino
    for source in (out, None):
        store.install("full", source_dir=source, progress=lambda model, what: said.append(what))
    assert said[::2] == ["already installed"] * 2
    assert (store.root / "one" / "1" / "model.onnx").stat().st_ino == written
    write_made(out, "one", b"better weights")
    store.install("full", source_dir=out)
    assert (store.root / "one" / "1" / "model.onnx").read_bytes() == b"better weights"
    assert states(store)[0] is ModelState.INSTALLED


@pytest.mark.parametrize("name", ["1/model.onnx", "labels.txt", "config.pbtxt"])
def test_damage_is_seen_and_mended(store: ModelStore, out: Path, name: str) -> None:
    store.install("full", source_dir=out)
    path = store.root / "one" / name
    path.write_bytes(path.read_bytes()[:-2] + b"xx")
    assert states(store)[0] is ModelState.CORRUPT
    said: list[str] = []
    store.install("full", progress=lambda model, what: said.append(what))
    assert said[0].startswith("corrupt: ")
    store.install("full", source_dir=out)
    assert states(store)[0] is ModelState.INSTALLED


@pytest.mark.parametrize("name", ["1/model.onnx", "labels.txt"])
def test_what_is_broken_is_not_taken(store: ModelStore, out: Path, name: str) -> None:
    for damage in (lambda path: path.write_bytes(b"other"), lambda path: path.unlink()):
        damage(out / "one" / name)
        with pytest.raises(Unavailable, match=name) as caught:
            store.install("full", source_dir=out)
        assert "Make it again" in caught.value.fix
        assert not (store.root / "one").exists()


def test_a_backend_that_runs_code_is_not_taken(store: ModelStore, out: Path) -> None:
    write_made(out, "one", b"weights", backend="python")
    with pytest.raises(Unavailable, match="python"):
        store.install("full", source_dir=out)


def test_a_configuration_without_a_hash_is_a_problem(out: Path) -> None:
    config = out / "one" / "config.pbtxt"
    config.write_text(config.read_text().replace('"sha256"', '"sha"'))
    assert "model.onnx" in problem_of(out, "one")
    config.write_bytes(b"\xff\xfe")
    assert "cannot be read" in problem_of(out, "one")
    assert "no model" in problem_of(out, "nobody")


def test_with_nothing_made_it_says_what_to_do(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no recipe") as caught:
        store.install("full", source_dir=tmp_path)
    assert "make model" in caught.value.fix


@pytest.mark.parametrize(
    "field", ["sha256 = 'ab'", "transform = 'free_dims'", "labels = 'shipped'"]
)
def test_an_entry_of_a_recipe_pins_nothing(tmp_path: Path, field: str) -> None:
    (tmp_path / "catalog.toml").write_text(f"{CATALOG}{field}\n")
    with pytest.raises(InvalidArgument, match="two"):
        read_catalog(tmp_path / "catalog.toml")

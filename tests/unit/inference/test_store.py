from __future__ import annotations

import io
import os
import threading
import urllib.error
import urllib.request
import urllib.response
import zipfile
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from gencheck.errors import InvalidArgument, NotFound, PermissionDenied, Unavailable
from gencheck.inference.catalog import read_catalog
from gencheck.inference.download import Downloader, Patience
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.spec import parse_config, read_folder, spec_of
from gencheck.inference.store import ModelState, ModelStore, default_store, shipped_models

MakeShipped = Callable[..., Path]


class Web(urllib.request.OpenerDirector):
    """Every address gives the same bytes; without any, there is no network."""

    def __init__(self, data: bytes | None) -> None:
        super().__init__()
        self.data = data

    def open(self, request: Any, data: Any = None, timeout: float | None = None) -> Any:
        if self.data is None:
            raise urllib.error.URLError("no network")
        response = io.BytesIO(self.data)
        return urllib.response.addinfourl(response, Message(), request.full_url, 200)


def serving(data: bytes) -> Downloader:
    return Downloader(Web(data))


NO_NETWORK = Downloader(Web(None), patience=Patience(pauses=()))


@pytest.fixture
def store(tmp_path: Path, make_shipped: MakeShipped) -> ModelStore:
    return ModelStore(tmp_path / "store", make_shipped())


def state(store: ModelStore) -> ModelState:
    (status,) = store.verify()
    return status.state


async def test_installs_what_triton_and_the_embedded_backend_can_serve(
    store: ModelStore, fixed_model: bytes
) -> None:
    said: list[tuple[str, str]] = []
    store.install(
        "embedded",
        downloader=serving(fixed_model),
        progress=lambda model, what: said.append((model, what)),
    )
    assert state(store) is ModelState.INSTALLED
    assert said == [("tiny", "getting https://models.example/tiny.onnx"), ("tiny", "installed")]
    assert store.players() == {"face_detector": "tiny"}
    assert sorted(str(p.relative_to(store.root)) for p in store.root.rglob("*") if p.is_file()) == [
        ".lock",
        "tiny/1/model.onnx",
        "tiny/config.pbtxt",
        "tiny/configs/gpu.pbtxt",
        "tiny/labels.txt",
    ]
    folder = read_folder(store.root, "tiny")
    assert folder.sha256 == store.catalog[0].sha256
    assert folder.spec.labels == ("a", " b", "\u2028", "\u3000")
    backend = EmbeddedBackend(store.root, threads=1)
    assert await backend.ready("tiny")
    await backend.aclose()


def test_a_second_time_fetches_nothing(store: ModelStore, fixed_model: bytes) -> None:
    store.install("embedded", downloader=serving(fixed_model))
    store.install("embedded", downloader=NO_NETWORK)
    assert state(store) is ModelState.INSTALLED


@pytest.mark.parametrize(
    "name", ["1/model.onnx", "config.pbtxt", "configs/gpu.pbtxt", "labels.txt"]
)
def test_damage_is_seen_and_mended(store: ModelStore, fixed_model: bytes, name: str) -> None:
    store.install("embedded", downloader=serving(fixed_model))
    path = store.root / "tiny" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    (status,) = store.verify()
    assert status.state is ModelState.CORRUPT
    assert name in status.problem
    broken = name == "1/model.onnx"
    store.install("embedded", downloader=serving(fixed_model) if broken else NO_NETWORK)
    assert state(store) is ModelState.INSTALLED


def test_on_gpus_waiting_requests_go_together(store: ModelStore, fixed_model: bytes) -> None:
    store.install("embedded", downloader=serving(fixed_model))
    plain = parse_config((store.root / "tiny" / "config.pbtxt").read_text())
    on_gpus = parse_config((store.root / "tiny" / "configs" / "gpu.pbtxt").read_text())
    assert spec_of(on_gpus) == spec_of(plain)
    assert not plain.HasField("dynamic_batching")
    assert on_gpus.HasField("dynamic_batching")
    assert not on_gpus.dynamic_batching.HasField("default_queue_policy")
    (group,) = on_gpus.instance_group
    assert group.Kind.Name(group.kind) == "KIND_GPU"


def test_another_file_at_the_address_is_refused(store: ModelStore, fixed_model: bytes) -> None:
    with pytest.raises(Unavailable, match="sha256"):
        store.install("embedded", downloader=serving(fixed_model[:-1] + b"x"))
    assert state(store) is ModelState.MISSING


def test_without_network_it_says_what_to_do(store: ModelStore) -> None:
    with pytest.raises(Unavailable) as caught:
        store.install("embedded", downloader=NO_NETWORK)
    assert "--from" in caught.value.fix
    assert "models.example" in caught.value.where


def test_of_two_installs_at_the_same_time_one_fetches(
    store: ModelStore, fixed_model: bytes
) -> None:
    second: list[threading.Thread] = []
    said: list[str] = []
    waits = threading.Event()

    def hear(model: str, what: str) -> None:
        said.append(what)
        if what.startswith("waiting"):
            waits.set()

    class Slow(Web):
        def open(self, request: Any, data: Any = None, timeout: float | None = None) -> Any:
            other = threading.Thread(
                target=lambda: store.install("embedded", downloader=NO_NETWORK, progress=hear)
            )
            second.append(other)
            other.start()
            assert waits.wait(30)
            return super().open(request, data, timeout)

    store.install("embedded", downloader=Downloader(Slow(fixed_model)))
    second[0].join()
    assert len(second) == 1
    assert said == ["waiting for another install", "already installed"]
    assert state(store) is ModelState.INSTALLED


def test_finds_a_file_under_any_name_by_its_hash(
    store: ModelStore, tmp_path: Path, fixed_model: bytes
) -> None:
    deep = tmp_path / "stick" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "same size").write_bytes(b"\0" * len(fixed_model))
    (deep / "whatever.bin").write_bytes(fixed_model)
    store.install("embedded", source_dir=tmp_path / "stick", downloader=NO_NETWORK)
    assert state(store) is ModelState.INSTALLED


def test_installs_from_another_store(store: ModelStore, tmp_path: Path, fixed_model: bytes) -> None:
    store.install("embedded", downloader=serving(fixed_model))
    other = ModelStore(tmp_path / "other", store.shipped)
    other.install("embedded", source_dir=store.root, downloader=NO_NETWORK)
    assert state(other) is ModelState.INSTALLED


def test_a_wheel_in_the_folder_will_do(
    tmp_path: Path, make_shipped: MakeShipped, fixed_model: bytes
) -> None:
    shipped = make_shipped(source="pypi:no-such-package==1.0#models/tiny.onnx")
    store = ModelStore(tmp_path / "store", shipped)
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "no_such_package-1.0-py3-none-any.whl", "w") as file:
        file.writestr("models/tiny.onnx", fixed_model)
    store.install("embedded", source_dir=tmp_path / "wheels")
    assert state(store) is ModelState.INSTALLED


def test_an_installed_package_is_read_but_never_imported(
    tmp_path: Path, make_shipped: MakeShipped, fixed_model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "boobytrap").mkdir(parents=True)
    (site / "boobytrap" / "__init__.py").write_text("raise SystemExit('imported')")
    (site / "boobytrap" / "tiny.onnx").write_bytes(fixed_model)
    info = site / "boobytrap-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boobytrap\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(str(site))
    shipped = make_shipped(source="pypi:boobytrap==2.0#boobytrap/tiny.onnx")
    store = ModelStore(tmp_path / "store", shipped)
    store.install("embedded", downloader=NO_NETWORK)
    assert state(store) is ModelState.INSTALLED


def test_pip_without_an_index_gives_a_clear_error(
    tmp_path: Path, make_shipped: MakeShipped, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    shipped = make_shipped(source="pypi:no-such-package==1.0#models/tiny.onnx")
    with pytest.raises(Unavailable, match="no-such-package") as caught:
        ModelStore(tmp_path / "store", shipped).install("embedded")
    assert "--from" in caught.value.fix


def test_a_shipped_file_is_a_source_too(
    tmp_path: Path, make_shipped: MakeShipped, fixed_model: bytes
) -> None:
    shipped = make_shipped(source="repo:weights/tiny.onnx")
    store = ModelStore(tmp_path / "store", shipped)
    with pytest.raises(NotFound):
        store.install("embedded")
    (shipped / "weights").mkdir()
    (shipped / "weights" / "tiny.onnx").write_bytes(fixed_model)
    store.install("embedded")
    assert state(store) is ModelState.INSTALLED


def test_a_restricted_licence_must_be_accepted(
    tmp_path: Path, make_shipped: MakeShipped, fixed_model: bytes
) -> None:
    shipped = make_shipped(restricted=True, licence="non-commercial research")
    store = ModelStore(tmp_path / "store", shipped)
    with pytest.raises(PermissionDenied, match="non-commercial research") as caught:
        store.install("embedded", downloader=serving(fixed_model))
    assert "--accept-licence" in caught.value.fix
    store.install("embedded", downloader=serving(fixed_model), accept_licence=True)
    assert state(store) is ModelState.INSTALLED


def test_an_unknown_profile_names_the_known_ones(store: ModelStore) -> None:
    with pytest.raises(InvalidArgument, match="embedded, standard, research"):
        store.install("everything")


def test_a_folder_that_is_none_is_said(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no folder"):
        store.install("embedded", source_dir=tmp_path / "nowhere")


def test_a_store_that_cannot_be_written_is_said(
    tmp_path: Path, make_shipped: MakeShipped, fixed_model: bytes
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file" / "store", make_shipped())
    with pytest.raises(PermissionDenied, match="GENCHECK_MODELS"):
        store.install("embedded", downloader=serving(fixed_model))


def test_after_a_failed_write_what_was_fetched_is_not_fetched_again(
    store: ModelStore, fixed_model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(PermissionDenied, match="No space"):
            store.install("embedded", downloader=serving(fixed_model))
    files = [path.name for path in store.root.rglob("*") if path.is_file()]
    assert sorted(files) == [".lock", "model.onnx.part"]
    store.install("embedded", downloader=NO_NETWORK)
    assert state(store) is ModelState.INSTALLED
    assert not list(store.root.rglob("*.part*"))


def test_the_best_of_several_plays(tmp_path: Path, make_shipped: MakeShipped) -> None:
    shipped = make_shipped()
    catalog = shipped / "catalog.toml"
    better = catalog.read_text().replace("'tiny'", "'better'").replace("'embedded'", "'standard'")
    catalog.write_text(f"{catalog.read_text()}{better}rank = 5\n")
    store = ModelStore(tmp_path / "store", shipped)
    for name in ("tiny", "better"):
        (store.root / name / "1").mkdir(parents=True)
        (store.root / name / "1" / "model.onnx").touch()
    assert store.players() == {"face_detector": "better"}
    assert store.players("embedded") == {"face_detector": "tiny"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("profile", "gold"),
        ("source", "ftp://models.example/x"),
        ("sha256", "abc"),
        ("source_size", "many"),
        ("transform", ""),
    ],
)
def test_a_wrong_catalog_is_refused(make_shipped: MakeShipped, field: str, value: str) -> None:
    with pytest.raises(InvalidArgument, match="tiny"):
        read_catalog(make_shipped(**{field: value}) / "catalog.toml")


def test_the_shipped_catalog_and_configurations_agree(tmp_path: Path) -> None:
    shipped = shipped_models()
    catalog = read_catalog(shipped / "catalog.toml")
    fetched = [entry for entry in catalog if entry.source.kind != "recipe"]
    assert {path.name for path in (shipped / "repository").iterdir()} == {e.name for e in fetched}
    for entry in catalog:
        assert (shipped / "cards" / f"{entry.name}.md").is_file()
    for entry in fetched:
        config = (shipped / "repository" / entry.name / "config.pbtxt").read_text()
        assert ('"labels.txt"' in config) == bool(entry.labels)


def test_the_store_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path))
    assert default_store() == tmp_path
    monkeypatch.delenv("GENCHECK_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_store() == tmp_path / "gencheck" / "models"

"""Catalog, configurations, cards and roles of the models say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gencheck.hearing.build import build_hearing
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.catalog import PROFILES, CatalogEntry, read_catalog
from gencheck.inference.fake import FakeBackend
from gencheck.inference.spec import fits, parse_config, read_labels, spec_of
from gencheck.inference.store import shipped_models
from gencheck.vision.build import build_roles

MODELS = shipped_models()
CATALOG = read_catalog(MODELS / "catalog.toml")
FETCHED = tuple(entry for entry in CATALOG if entry.source.kind != "recipe")
COMPANIONS = {
    "text_detector": {"text_recognizer": "ppocrv6_rec_small"},
    "text_recognizer": {"text_detector": "ppocrv6_det_small"},
    "speech_quality_p808": {"speech_quality": "dnsmos_sig_bak_ovr"},
    "image_encoder": {"text_encoder": "clip_text"},
    "text_encoder": {"image_encoder": "clip_image"},
}
"""Roles that only two models play together."""


def named(entry: CatalogEntry) -> str:
    return entry.name


def card_of(entry: CatalogEntry) -> str:
    """A card, and the cards that it links for what they have in common."""
    card = (MODELS / entry.card).read_text("utf-8")
    others = re.findall(r"\]\((\w+)\.md\)", card)
    return "\n".join([card, *((MODELS / "cards" / f"{n}.md").read_text("utf-8") for n in others)])


def test_there_is_a_folder_for_what_is_fetched_and_a_card_for_everything() -> None:
    folders = {path.name for path in (MODELS / "repository").iterdir()}
    assert folders == {entry.name for entry in FETCHED}
    cards = {path.stem for path in (MODELS / "cards").glob("*.md")}
    assert cards == {entry.name for entry in CATALOG}


@pytest.mark.parametrize("entry", CATALOG, ids=named)
def test_a_card_names_its_role_licence_limits_and_how_it_was_measured(entry: CatalogEntry) -> None:
    card = card_of(entry)
    assert card.startswith(f"# {entry.name}: ")
    assert re.search(rf"role\s+`({entry.role}|encoder)`", card, re.IGNORECASE)
    for part in ("What", "Licence", "Source", "(M|Not m)easured", "Limits"):
        assert re.search(rf"\*\*{part}\*\*", card), part
    assert entry.licence.split()[0].removesuffix(",") in card
    if entry.restricted:
        assert "research" in card or "AGPL" in card


@pytest.mark.parametrize(
    "entry", [e for e in CATALOG if e.role.startswith(("face_", "speech_", "deepfake"))], ids=named
)
def test_a_card_about_people_says_what_is_known_of_groups(entry: CatalogEntry) -> None:
    card = (MODELS / entry.card).read_text("utf-8")
    words = " ".join(card.split())
    assert re.search(r"groups? of people|\*\*Groups\*\*|languages", words)


@pytest.mark.parametrize("entry", CATALOG, ids=named)
def test_a_card_names_only_commands_that_are_there(entry: CatalogEntry) -> None:
    card = (MODELS / entry.card).read_text("utf-8")
    root = Path(__file__).parents[2]
    for name in re.findall(r"tests/[\w/]+\.py", card):
        assert (root / name).is_file(), name
    for recipe in re.findall(r"RECIPE=(\w+)", card):
        assert (root / "models" / "recipes" / f"{recipe}.py").is_file(), recipe


@pytest.mark.parametrize("entry", FETCHED, ids=named)
def test_a_configuration_is_that_of_its_model(entry: CatalogEntry) -> None:
    folder = MODELS / "repository" / entry.name
    text = (folder / "config.pbtxt").read_text("utf-8")
    config = parse_config(text)
    assert config.name == entry.name
    assert config.backend == "onnxruntime"
    assert text.startswith("# "), "a comment says what it is"
    assert ('"labels.txt"' in text) == bool(entry.labels)
    assert (folder / "labels.txt").is_file() == (entry.labels == "shipped")


@pytest.mark.parametrize("entry", FETCHED, ids=named)
def test_sources_are_pinned(entry: CatalogEntry) -> None:
    if entry.source.kind == "https":
        assert re.search(r"/[0-9a-f]{40}/", entry.source.address), "no commit is named"
    assert entry.preprocessing
    assert len(entry.preprocessing) < 100


def never(inputs: Tensors) -> Tensors:
    raise AssertionError("not to be run")


def spec(entry: CatalogEntry) -> ModelSpec:
    folder = MODELS / "repository" / entry.name
    if not folder.is_dir():
        pytest.skip("its configuration is written by its recipe, whose tests hold the role")
    labels = read_labels(folder / "labels.txt") if (folder / "labels.txt").is_file() else ()
    config = parse_config((folder / "config.pbtxt").read_text("utf-8"))
    if entry.labels.startswith("metadata:"):  # they come with the weights
        labels = ("x",) * (int(config.output[0].dims[-1]) - 2)
    return spec_of(config, labels)


@pytest.mark.parametrize("entry", CATALOG, ids=named)
async def test_somebody_can_play_its_role_with_it(entry: CatalogEntry) -> None:
    wanted = {entry.role: entry.name, **COMPANIONS.get(entry.role, {})}
    known = {e.name: e for e in CATALOG}
    specs = {name: spec(known[name]) for name in wanted.values() if name in known}
    backend = FakeBackend({name: (found, never) for name, found in specs.items()})
    hearing = await build_hearing(backend, wanted)
    vision = await build_roles(backend, wanted)
    played = [
        *(getattr(hearing, field) for field in hearing.__slots__),
        *(getattr(vision, field) for field in vision.__slots__),
    ]
    assert any(role is not None for role in played)


def test_profiles_are_known_and_ranks_of_a_role_differ() -> None:
    assert {entry.profile for entry in CATALOG} <= set(PROFILES)
    ranks = [(entry.role, entry.rank) for entry in CATALOG]
    assert len(ranks) == len(set(ranks))


def test_what_restricts_is_not_in_the_profiles_for_everybody() -> None:
    free = [entry for entry in CATALOG if entry.profile in {"embedded", "standard"}]
    assert not [entry.name for entry in free if entry.restricted]
    assert not [e.name for e in free if "AGPL" in e.licence or "non-commercial" in e.licence]


@pytest.mark.parametrize("entry", FETCHED, ids=named)
def test_triton_warms_a_model_up_with_what_it_takes(entry: CatalogEntry) -> None:
    config = parse_config((MODELS / "repository" / entry.name / "config.pbtxt").read_text("utf-8"))
    (request,) = config.model_warmup
    assert request.batch_size == 1
    assert set(request.inputs) == {tensor.name for tensor in config.input}
    for tensor in config.input:
        sample = request.inputs[tensor.name]
        assert sample.zero_data
        assert sample.data_type == tensor.data_type
        assert fits(tuple(tensor.dims), tuple(sample.dims))

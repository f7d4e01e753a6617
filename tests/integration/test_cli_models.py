"""``gencheck models`` as people and programs see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gencheck.inference.catalog import read_catalog
from gencheck.inference.store import shipped_models

Run: TypeAlias = Callable[..., Any]
CATALOG = read_catalog(shipped_models() / "catalog.toml")


def test_the_list_fits_100_columns_and_names_every_model_on_its_line(gencheck: Run) -> None:
    lines = gencheck("models", "list").out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert [line.split()[0] for line in lines] == ["model", *(entry.name for entry in CATALOG)]


def test_the_list_as_json_is_a_line_a_model(
    gencheck: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path))
    rows = [json.loads(line) for line in gencheck("models", "list", "--json").out.splitlines()]
    assert [row["name"] for row in rows] == [entry.name for entry in CATALOG]
    assert {row["state"] for row in rows} == {"missing"}
    assert all(row["preprocessing"] and row["licence"] and row["source"] for row in rows)
    assert not any(row["plays"] for row in rows)


def test_the_embedded_models_are_said_to_play(gencheck: Run) -> None:
    rows = [json.loads(line) for line in gencheck("models", "verify", "--json").out.splitlines()]
    (row,) = [row for row in rows if row["name"] == "ppocrv6_rec_small"]
    assert (row["state"], row["plays"]) == ("installed", True)


def test_a_card_is_shown_with_what_is_installed(gencheck: Run) -> None:
    ran = gencheck("models", "show", "ppocrv6_rec_small")
    assert ran.status == 0
    assert re.search(r"plays +yes", ran.out)
    for words in ("Limits", "Apache-2.0", "installed", "classes", "18708"):
        assert words in ran.out


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.name)
def test_every_model_can_be_shown_and_says_how_to_get_it(
    gencheck: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: Any
) -> None:
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path))
    ran = gencheck("models", "show", entry.name)
    assert ran.status == 0
    assert f"gencheck models install {entry.profile}" in ran.out.replace("\n", " ")
    assert ("--accept-licence" in ran.out) == entry.restricted


def test_an_unknown_model_is_said(gencheck: Run) -> None:
    ran = gencheck("models", "show", "nothing-like-it")
    assert ran.status == 65
    assert "gencheck models list" in ran.err


def test_models_are_listed_and_verified(
    gencheck: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "centerface" in gencheck("models", "list").out
    assert gencheck("models", "verify").status == 0
    monkeypatch.setenv("GENCHECK_MODELS", str(tmp_path))
    ran = gencheck("models", "list")
    assert ran.status == 0
    assert "missing" in ran.out

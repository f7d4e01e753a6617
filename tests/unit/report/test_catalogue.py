"""The page about a catalogue: complete, escaped, without anything to load."""

import datetime as dt
from html.parser import HTMLParser

import numpy as np

from gencheck.media.types import Image, Sound
from gencheck.report.catalogue import Catalogue, CountRow, RateRow, render_catalogue
from gencheck.report.preview import preview_of

EVIL = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>"
MADE = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


class Tags(HTMLParser):
    """Collects elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def row(name: str, **changes: object) -> RateRow:
    values = {"counts": (("PASS", 3), ("FAIL", 1)), "part": 3, "whole": 4, "share": 0.75}
    return RateRow(name, **{**values, "low": 0.3, "high": 0.95, **changes})  # type: ignore[arg-type]


def page(name: str = "x", **changes: object) -> str:
    values = {
        "title": name,
        "facts": (("manifest", name),),
        "whole": row(name),
        "policies": (row(name), row("other")),
        "groups": (row(name), row("other")),
        "hidden_groups": 7,
        "codes": (row(name, counts=(("MAJOR", 2),), note=name),),
        "gaps": (CountRow(name, name, 1_234),),
        "errors": (CountRow(name, "", 5),),
        "latency": ((name, 0.25),),
        "audit_notes": (name,),
    }
    catalogue = Catalogue(**{**values, **changes})  # type: ignore[arg-type]
    return render_catalogue(catalogue, [], made=MADE)


def test_everything_is_on_the_page() -> None:
    text = page("portraits")
    for words in ("75.0 %", "30.0 to 95.0 %", "7 more are in summary.json", "1,234", "0.25 s"):
        assert words in text
    for part in ("policies", "groups", "codes", "gaps", "errors", "audit", "latency"):
        assert f'id="{part}"' in text
    assert "1 May 2026" in text


def test_names_are_text_and_nothing_is_loaded() -> None:
    text = page(EVIL)
    reader = Tags()
    reader.feed(text)
    assert {"script", "img", "link", "iframe"}.isdisjoint(tag for tag, _ in reader.found)
    links = [attributes.get("href", "") for _, attributes in reader.found]
    assert all(link is not None and link.startswith("#") for link in links if link)
    assert "default-src 'none'" in text


def test_a_part_without_rows_is_left_out() -> None:
    text = page(policies=(row("a"),), groups=(row("a"),), codes=(), gaps=(), errors=(), latency=())
    for part in ("policies", "groups", "codes", "gaps", "errors", "latency"):
        assert f'id="{part}"' not in text


def test_a_preview_is_small_and_knows_the_size_of_its_original() -> None:
    picture = Image(np.zeros((300, 900, 3), np.uint8), None, "PNG")
    preview = preview_of(picture, side=90)
    assert preview is not None
    assert (preview.width, preview.height) == (900, 300)
    assert preview.data.startswith(b"\xff\xd8\xff")
    assert len(preview.data) < 3_000
    assert preview_of(Sound(np.zeros((1, 10), np.float32), 8_000, "pcm")) is None

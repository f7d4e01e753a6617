from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from gencheck.findings import (
    Box,
    Finding,
    Judgement,
    Method,
    ModelUsed,
    Severity,
    TimeSpan,
    Timing,
    Verdict,
    judged,
    skipped,
)
from gencheck.findings import SkipReason as Skip
from gencheck.report import render_report
from gencheck.report.model import (
    AuditChart,
    ClaimRow,
    Entry,
    Preview,
    ShareRow,
    StatisticRow,
    Statistics,
    Timeline,
    Track,
    View,
)

EVIL = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200014ec2a0d60000000049454e44ae426082"
)


class Page(HTMLParser):
    """Collects elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def _judgement(verdict: Verdict = Verdict.FAIL, text: str = "why") -> Judgement:
    return Judgement(verdict, (text,), "default", "1", "ab" * 32)


def _everything(text: str) -> Entry:
    """An entry with ``text`` in every place that holds text."""
    method = Method(text, text, text)
    finding = Finding(
        text, Severity.MAJOR, text, text, 1.5, 1.0, text, method, text, Box(1, 1, 3, 4)
    )
    timed = Finding(
        text, Severity.MINOR, text, text, 1.5, 1.0, text, method, text, TimeSpan(1, 2), 0.5, text
    )
    shares = (ShareRow(text, 9, 0.9, 0.7, 1.0, 0.5), ShareRow("other", 1, 0.1, 0.0, 0.3, 0.5))
    return Entry(
        name=text,
        kind=text,
        judgement=Judgement(Verdict.FAIL, (text, text), text, text, text),
        prompt=text,
        error=text,
        findings=(finding, timed),
        outcomes=(judged(text), skipped(text, Skip.TOO_SMALL, text)),
        claims=(ClaimRow("CONTRADICTED", text, text, text, text, 0, 5, 0.5),),
        uncovered=((6, 8),),
        preview=Preview(PNG, 10, 10, PNG),
        views=(View(text, PNG),),
        timeline=Timeline(4.0, (Track(text, levels=(0.1, 0.9)),)),
        statistics=Statistics((text,), (StatisticRow(text, (text,)),), text, "", (text,), text),
        components=Statistics((text,), (StatisticRow(text, (text,)),), text, text),
        audits=(
            AuditChart(
                text, text, text, shares, 10, 1, 88, 0.4, 0.2, 0.5, 0.01, text, text, (text,)
            ),
        ),
        models=(ModelUsed(text, text, text),),
        timings=(Timing(text, 0.5),),
    )


def test_untrusted_text_never_becomes_an_element() -> None:
    page = render_report([_everything(EVIL)], title=EVIL)
    found = Page(page).found
    assert not [tag for tag, _ in found if tag in {"script", "iframe", "object", "link", "base"}]
    assert not [name for _, attrs in found for name in attrs if name.startswith("on")]
    assert all(str(a["src"]).startswith("data:image/png;base64,") for t, a in found if t == "img")
    assert "&lt;script&gt;" in page


def test_nothing_points_to_the_network() -> None:
    found = Page(render_report([_everything("plain")])).found
    for tag, attrs in found:
        for name in ("src", "href", "xlink:href", "action", "srcset", "poster", "data"):
            value = attrs.get(name) or ""
            assert not value or value.startswith(("data:image/", "#")), (tag, name, value)
    text = render_report([_everything("plain")])
    assert not re.search(r"https?://|url\((?!#)|@import", text)


def test_policy_of_the_page_forbids_scripts_and_loading() -> None:
    metas = [a for t, a in Page(render_report([])).found if t == "meta"]
    policy = next(a["content"] for a in metas if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_every_anchor_has_its_target() -> None:
    found = Page(render_report([_everything("plain"), _everything("other")])).found
    ids = [attrs["id"] for _, attrs in found if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {
        str(a["href"])[1:] for t, a in found if t == "a" and a.get("href") not in {"#", None}
    }
    assert targets <= set(ids)


def test_boxes_lie_in_pixels_of_the_original() -> None:
    found = Page(render_report([_everything("plain")])).found
    svg = next(a for t, a in found if t == "svg" and a.get("class") == "boxes")
    assert svg["viewbox"] == "0 0 10 10"
    edge = next(a for t, a in found if t == "rect" and a.get("class") == "edge")
    assert [edge[k] for k in ("x", "y", "width", "height")] == ["1", "1", "3", "4"]


def test_counts_by_verdict_and_table_of_contents() -> None:
    entries = [
        Entry("a.png", "image", _judgement(Verdict.PASS)),
        Entry("b.png", "image", _judgement(Verdict.PASS)),
        Entry("c.glb", "mesh", _judgement(Verdict.INCONCLUSIVE, "no model")),
    ]
    page = render_report(entries, made=dt.datetime(2025, 3, 9, 12, 5, tzinfo=dt.UTC))
    assert "9 March 2025, 12:05 UTC" in page
    assert re.search(r"Pass <b>2</b>", page)
    assert re.search(r"Inconclusive <b>1</b>", page)
    assert 'href="#a3"' in page
    assert "no model" in page


def test_an_empty_report_says_so() -> None:
    assert "No asset was checked" in render_report([])


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg onload=alert(1)>"])
def test_other_bytes_are_not_embedded(data: bytes) -> None:
    entry = Entry("x", "image", _judgement(), preview=Preview(data, 1, 1, data))
    page = render_report([entry])
    assert not [a for t, a in Page(page).found if t == "img"]
    assert "no picture that a browser shows" in page


@pytest.mark.parametrize(
    ("severities", "verdict", "folded"),
    [
        ((Severity.MAJOR, Severity.INFO), Verdict.FAIL, True),
        ((Severity.INFO,), Verdict.PASS, True),
        ((Severity.INFO,), Verdict.REVIEW, False),  # of a policy that minds them
    ],
)
def test_what_is_for_information_is_folded_where_it_decides_nothing(
    severities: tuple[Severity, ...], verdict: Verdict, folded: bool
) -> None:
    method = Method("m", "1", "r")
    findings = tuple(Finding(s.name, s, "c", "m", 1, 1, "u", method, "r") for s in severities)
    page = render_report([Entry("x", "mesh", _judgement(verdict), findings=findings)])
    assert ("1 for information" in page) is folded
    assert page.count('<li class="finding') == len(severities)
    assert ("Nothing over a threshold" in page) is (verdict is Verdict.PASS)


def test_many_findings_are_all_listed() -> None:
    method = Method("m", "1", "r")
    findings = tuple(
        Finding(f"CODE{i}", Severity.MINOR, "c", "m", 1, 1, "u", method, "r") for i in range(300)
    )
    page = render_report([Entry("x", "image", _judgement(), findings=findings)])
    assert all(f">CODE{i}<" in page for i in range(300))


def test_withheld_cells_are_said_and_not_drawn() -> None:
    shares = (
        ShareRow("dark", 0, 0, 0, 1, 0.5, suppressed=True),
        ShareRow("light", 40, 0.8, 0.7, 0.9, 0.5),
    )
    chart = AuditChart("", "tone", "SKEWED", shares, 50, 0, 88, 0, 0, 1, withheld=True)
    page = render_report([replace(_everything("plain"), audits=(chart,))])
    assert page.count("withheld</text>") == 1
    assert page.count('class="bar"') == 1
    assert "distance <b>" not in page

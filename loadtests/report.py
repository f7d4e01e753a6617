"""One self-contained page about a run: no script, no network; the look is that of reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader

from gencheck.report.page import drawing
from loadtests import charts
from loadtests.records import Records
from loadtests.summary import windows
from loadtests.verdict import show

_MOST_WINDOWS = 240
_FATES = ("answered", "partial", "refused", "late", "unavailable", "failed", "not_sent")


def write_report(path: Path, said: Mapping[str, Any], records: Records) -> None:
    """Write the page. Args: said: what ``verdict.json`` holds."""
    path.write_text(render(said, records), encoding="utf-8")


def render(said: Mapping[str, Any], records: Records) -> str:
    """The page as HTML; everything in it is escaped."""
    environment = drawing()
    own = FileSystemLoader(Path(__file__).parent / "templates")
    environment.loader = ChoiceLoader([own, PackageLoader("gencheck.report")])
    environment.filters.update(
        latency=lambda v: "–" if v is None else charts.seconds_text(v),
        percent=lambda v: f"{100 * v:.3g} %",
        megabytes=lambda v: f"{v / 1e6:,.0f} MB",
    )
    phases = [(p["name"], p["ran"]) for p in said["phases"] if p["ran"]]
    total = sum(seconds for _, seconds in phases)
    cut = windows(records, total, width=max(1.0, total / _MOST_WINDOWS))
    return environment.get_template("run.html.j2").render(
        said=said,
        marks=(),
        show=show,
        charts=[
            charts.rates(cut, phases),
            charts.latencies(cut, phases),
            charts.percentiles(records, [(p["name"], p["ran"]) for p in said["phases"]]),
        ],
        size=(charts.WIDTH, charts.HEIGHT, charts.LEFT, charts.RIGHT, charts.TOP, charts.BOTTOM),
        fates=_FATES,
        classes={p["name"]: sum(share > 0 for share in p["mix"].values()) for p in said["phases"]},
        whole=[f for f in said["figures"] if f["kind"] == "all"],
    )

"""The screen of ``gencheck top``."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Sequence

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gencheck.cli.load import VERDICTS, Load, Method, Seen

_STYLES = {"PASS": "green", "REVIEW": "yellow", "FAIL": "red", "INCONCLUSIVE": "magenta"}
_BARS = "▁▂▃▄▅▆▇█"
_HISTORY = 16
_NARROW = 90
_BAR, _ROOM_BAR = 32, 20
_SLOW_SECONDS = 30.0
_MAY_FAIL = 0.001


class Screen:
    """Draws loads one after the other, and remembers rates for the little curves."""

    def __init__(self) -> None:
        self._rates: dict[tuple[str, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=_HISTORY)
        )

    def remember(self, load: Load) -> None:
        """Add a reading to the curves."""
        for kind, methods in (("calls", load.methods), ("parts", load.parts)):
            for method in methods:
                self._rates[kind, method.name].append(method.rate)

    def draw(self, load: Load, *, width: int, window: float, hint: str = "") -> RenderableType:
        """Everything, for a terminal of so many columns."""
        narrow = width < _NARROW
        parts: list[RenderableType] = [_title(load, window, hint), _servers(load.servers)]
        parts.append(
            _panel("calls", self._table("calls", load.methods, narrow), empty="no calls yet")
        )
        if load.parts:
            parts.append(_panel("parts of the router", self._table("parts", load.parts, narrow)))
        small = [_panel("verdicts", _verdicts(load), empty="none yet"), _panel("room", _room(load))]
        small += [_panel("health", _health(load), empty="unknown")]
        if narrow:
            parts += small
        else:
            grid = Table.grid(expand=True, padding=(0, 0))
            for _ in small:
                grid.add_column(ratio=1)
            grid.add_row(*small)
            parts.append(grid)
        return Group(*parts)

    def _table(self, kind: str, methods: Sequence[Method], narrow: bool) -> Table | None:
        if not methods:
            return None
        table = Table(
            box=SIMPLE_HEAD, show_edge=False, expand=True, pad_edge=False, header_style="dim"
        )
        table.add_column("method", ratio=1 if narrow else None, no_wrap=True, overflow="ellipsis")
        if not narrow:
            table.add_column("", no_wrap=True, width=_HISTORY)
        for column in ("calls/s", "failed", "p50", "p99"):
            table.add_column(column, justify="right", no_wrap=True, min_width=7)
        if not narrow:
            table.add_column("not OK, a second", no_wrap=True, overflow="ellipsis", ratio=1)
        for method in methods:
            table.add_row(*self._row(kind, method, narrow), style="" if method.rate else "dim")
        return table

    def _row(self, kind: str, method: Method, narrow: bool) -> list[RenderableType]:
        failed = Text(f"{method.failed:.1%}" if method.rate else "–")
        if method.failed > _MAY_FAIL:
            failed.stylize("bold red")
        late = method.p99 is not None and method.p99 > _SLOW_SECONDS
        name = Text(method.name.removeprefix("gencheck.v1."))
        numbers = [
            Text(_number(method.rate), style="bold" if method.rate else ""),
            failed,
            Text(_time(method.p50)),
            Text(_time(method.p99), style="bold red" if late else ""),
        ]
        if narrow:
            return [name, *numbers]
        curve = Text(_curve(self._rates[kind, method.name]), style="cyan")
        codes = Text("  ".join(f"{code} {_number(rate)}" for code, rate in method.codes.items()))
        return [name, curve, *numbers, codes]


def _title(load: Load, window: float, hint: str) -> Text:
    up = sum(not server.trouble for server in load.servers)
    text = Text("gencheck top", style="bold")
    text.append(f"   {up} of {len(load.servers)} servers", style="" if up else "bold red")
    text.append(f"   last {window:g} s   {time.strftime('%H:%M:%S')}", style="dim")
    if hint:
        text.append(f"   {hint}", style="dim")
    return text


def _servers(servers: Sequence[Seen]) -> RenderableType:
    cells = []
    for server in servers:
        if server.trouble:
            cell = Text("○ ", style="bold red").append(_place(server.url), style="red")
            cell.append(f"  {server.trouble}; {_age(server.seconds)}", style="dim red")
        else:
            cell = Text("● ", style="green").append(_place(server.url), style="default")
            about = f"  {server.version}".rstrip()
            cell.append(f"{about}, up {_age(time.time() - server.started)}", style="dim")
        cells.append(cell)
    return Columns(cells, padding=(0, 3))


def _panel(title: str, body: RenderableType | None, *, empty: str = "") -> Panel:
    shown = Text(empty, style="dim") if body is None else body
    return Panel(
        shown,
        title=Text(title, style="bold"),
        title_align="left",
        box=ROUNDED,
        border_style="bright_black",
        padding=(0, 1),
    )


def _verdicts(load: Load) -> RenderableType | None:
    """The verdicts of each service as a bar; where there is nothing, nothing."""
    lines = []
    for service, rates in load.verdicts.items():
        total = sum(rates.values())
        if not total:
            continue
        words, bar = Text(f"{_short(service)}  "), Text()
        for verdict in VERDICTS:
            share = rates.get(verdict, 0.0) / total
            bar.append("█" * round(share * _BAR), style=_STYLES[verdict])
            if share:
                words.append(f"{verdict} {share:.0%}  ", style=_STYLES[verdict])
        lines += [words, bar]
    return Group(*lines) if lines else None


def _room(load: Load) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    limit = f" of {load.limit:g}" if load.limit else ""
    bar = Text()
    if load.limit:
        full = min(1.0, load.in_progress / load.limit)
        style = "green" if full < 0.7 else "yellow" if full < 1 else "red"
        bar.append("█" * round(full * _ROOM_BAR), style=style)
        bar.append("░" * (_ROOM_BAR - round(full * _ROOM_BAR)), style="bright_black")
    table.add_row(Text("in progress", style="dim"), f"{load.in_progress:g}{limit}")
    if load.limit:
        table.add_row("", bar)
    waiting = Text(f"{load.waiting:g}", style="yellow" if load.waiting else "")
    table.add_row(Text("waiting", style="dim"), waiting)
    refused = "  ".join(f"{reason} {_number(rate)}/s" for reason, rate in load.refused.items())
    table.add_row(
        Text("refused", style="dim"), Text(refused or "none", style="red" if refused else "")
    )
    return table


def _health(load: Load) -> RenderableType | None:
    if not load.serving:
        return None
    table = Table.grid(padding=(0, 1))
    for service, (up, of) in load.serving.items():
        mark = Text("●" if up == of else "○", style="green" if up == of else "bold red")
        table.add_row(mark, Text(_short(service)), Text(f"{up} of {of} serving", style="dim"))
    checks = "  ".join(f"{count:g} {result}" for result, count in load.self_checks.items())
    style = "red" if load.self_checks.get("failed") else "dim"
    table.add_row("", Text("self-checks", style="dim"), Text(checks or "none yet", style=style))
    for check, is_open in load.breakers.items():
        if is_open:
            told = Text(f"{check} does not answer and is not asked", style="bold red")
            table.add_row(Text("▲", style="bold red"), Text("breaker"), told)
    return table


def _place(url: str) -> str:
    return url.removeprefix("http://").removesuffix("/metrics")


def _short(service: str) -> str:
    return service.removeprefix("gencheck.v1.").removesuffix("Service")


def _curve(rates: Sequence[float]) -> str:
    top = max(rates, default=0.0)
    if not top:
        return ""
    return "".join(_BARS[round(rate / top * (len(_BARS) - 1))] for rate in rates)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"

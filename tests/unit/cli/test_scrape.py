"""From what servers export to rates, percentiles and what a screen shows."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from gencheck.cli.load import Load, load_of
from gencheck.cli.scrape import Server, Values, printable, quantile, url_of
from gencheck.cli.top_view import Screen
from gencheck.errors import InvalidArgument

CHECK = "gencheck.v1.RouterService/Check"
SECONDS = "rpc_server_call_duration_seconds"


class Page:
    """A server's page that a test writes, and a clock that it moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.trouble: Exception | None = None
        self.values: Values = {"process_start_time_seconds": {frozenset(): 5.0}}
        self.server = Server("http://h:1/metrics", 10.0, lambda: self.now)

    def set(self, name: str, value: float, **labels: str) -> None:
        self.values.setdefault(name, {})[frozenset(labels.items())] = value

    def calls(self, ok: float, failed: float = 0.0) -> None:
        for code, count in (("OK", ok), ("UNAVAILABLE", failed)):
            labels = {"rpc_method": CHECK, "rpc_response_status_code": code}
            self.set(f"{SECONDS}_count", count, **labels)
            for edge, share in (("0.1", 0.5), ("1.0", 1.0), ("+Inf", 1.0)):
                self.set(f"{SECONDS}_bucket", count * share, le=edge, **labels)

    def look(self, after: float = 1.0) -> None:
        self.now += after
        copied = {name: dict(values) for name, values in self.values.items()}

        def read(_: str) -> Values:
            if self.trouble is not None:
                raise self.trouble
            return copied

        self.server.look(read)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("127.0.0.1:9464", "http://127.0.0.1:9464/metrics"),
        ("http://h:1", "http://h:1/metrics"),
        ("https://h/other", "https://h/other"),
        ("[::1]:9464", "http://[::1]:9464/metrics"),
    ],
)
def test_host_and_port_are_enough(given: str, url: str) -> None:
    assert url_of(given) == url


@pytest.mark.parametrize("given", ["file:///etc/passwd", "ftp://h:1", "", "a b"])
def test_other_addresses_are_refused(given: str) -> None:
    with pytest.raises(InvalidArgument, match="HOST:PORT"):
        url_of(given)


@pytest.mark.parametrize(
    ("share", "buckets", "seconds"),
    [
        (0.5, [], None),
        (0.5, [(1.0, 0.0), (math.inf, 0.0)], None),
        (0.5, [(1.0, 10.0), (math.inf, 10.0)], 0.5),
        (0.9, [(1.0, 8.0), (2.0, 10.0), (math.inf, 10.0)], 1.5),
        (0.99, [(1.0, 1.0), (2.0, 2.0), (math.inf, 10.0)], 2.0),
        (0.5, [(1.0, 0.0), (2.0, 10.0), (math.inf, 10.0)], 1.5),
    ],
)
def test_percentiles_are_those_of_prometheus(
    share: float, buckets: list[tuple[float, float]], seconds: float | None
) -> None:
    assert quantile(share, buckets) == (None if seconds is None else pytest.approx(seconds))


def test_rates_and_times_are_of_the_last_seconds_alone() -> None:
    page = Page()
    page.calls(ok=1_000_000)
    page.look()
    page.calls(ok=1_000_030, failed=10)
    page.look(after=2.0)
    [method] = load_of([page.server]).methods
    assert (method.name, method.rate, method.failed) == (CHECK, 20.0, 0.25)
    assert method.p50 == pytest.approx(0.1)
    assert method.codes == {"UNAVAILABLE": 5.0}


def test_what_is_older_than_the_window_is_forgotten() -> None:
    page = Page()
    for step in range(30):
        page.calls(ok=100.0 if step else 0.0)
        page.look()
    [method] = load_of([page.server]).methods
    assert page.server.seconds == 10
    assert method.rate == 0


def test_a_server_that_goes_away_is_said_so_and_found_again() -> None:
    page = Page()
    page.calls(ok=1)
    page.look()
    page.trouble = ConnectionRefusedError(111, "Connection refused")
    page.look()
    page.look(after=7.0)
    [seen] = load_of([page.server]).servers
    assert (seen.trouble, seen.seconds) == ("Connection refused", 7.0)
    page.trouble = None
    page.look()
    assert load_of([page.server]).servers[0].trouble == ""
    page.calls(ok=3)
    page.look()
    assert load_of([page.server]).methods[0].rate == 2.0


def test_a_server_that_was_restarted_does_not_count_backwards() -> None:
    page = Page()
    page.calls(ok=500)
    page.look()
    page.set("process_start_time_seconds", 50.0)
    page.calls(ok=3)
    page.look()
    assert load_of([page.server]).methods == []
    page.calls(ok=4)
    page.look()
    assert load_of([page.server]).methods[0].rate == 1.0


def test_servers_add_up() -> None:
    pages = [Page(), Page()]
    for count in (0.0, 10.0):
        for page in pages:
            page.calls(ok=count)
            page.set("gencheck_rpc_in_flight", 2.0)
            page.set("gencheck_admission_limit", 8.0)
            page.set("gencheck_breaker_open", float(page is pages[1]), check="mesh")
            page.set("gencheck_service_serving", float(page is pages[0]), service="S")
            page.set("gencheck_verdicts_total", count, service="S", verdict="PASS")
            page.look()
    load = load_of([page.server for page in pages])
    assert load.methods[0].rate == 20.0
    assert (load.in_progress, load.limit) == (4.0, 16.0)
    assert load.breakers == {"mesh": True}
    assert load.serving == {"S": (1, 2)}
    assert load.verdicts == {"S": {"PASS": 20.0}}


def drawn(load: Load, width: int) -> str:
    screen = Screen()
    screen.remember(load)
    console = Console(width=width, file=io.StringIO(), record=True, highlight=False)
    console.print(screen.draw(load, width=width, window=10))
    return console.export_text()


@pytest.mark.parametrize("width", [60, 84, 120, 250])
def test_a_screen_of_any_width_shows_what_matters(width: int) -> None:
    page = Page()
    for count in (0, 5):
        page.calls(ok=count, failed=count)
        page.set("gencheck_service_serving", 0.0, service="gencheck.v1.MeshService")
        page.set("gencheck_breaker_open", 1.0, check="mesh")
        page.look()
    text = drawn(load_of([page.server]), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "Router" in text
    assert "50" in text  # of a hundred calls failed
    assert "breaker" in text
    if width > 80:
        assert "0 of 1 serving" in text


def test_nothing_yet_is_a_screen_too() -> None:
    assert "no calls yet" in drawn(load_of([Server("http://h:1/metrics", 10.0)]), 100)


def test_labels_of_a_hostile_page_stay_words() -> None:
    page = Page()
    for count in (0.0, 1.0):
        labels = {"rpc_method": "[red]x[/]\x1b[2J\n", "rpc_response_status_code": "[/]"}
        page.set(f"{SECONDS}_count", count, **labels)
        page.set(f"{SECONDS}_bucket", count, le="nonsense", **labels)
        page.look()
    text = drawn(load_of([page.server]), 200)
    assert "\x1b" not in text
    assert "[red]x[/]" in text
    assert printable("a\x1b[31m") == "a\N{REPLACEMENT CHARACTER}[31m"

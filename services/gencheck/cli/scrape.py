"""Reads what servers export for Prometheus, and what it comes to over the last seconds."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.request import Request, urlopen

from prometheus_client.parser import text_string_to_metric_families

from gencheck.errors import InvalidArgument

_SECONDS = 2.0
_MOST_BYTES = 16 << 20

Labels = frozenset[tuple[str, str]]
Values = dict[str, dict[Labels, float]]
"""By name of the sample, then by labels."""


def url_of(text: str) -> str:
    """A URL from what somebody typed: ``HOST:PORT`` is enough. Raises ``InvalidArgument``."""
    scheme, found, rest = text.partition("://")
    url = text if found else f"http://{text}"
    if (found and scheme not in ("http", "https")) or not (rest or text) or " " in text:
        raise InvalidArgument(
            "this is no address of metrics",
            where="METRICS_URL",
            fix="Give HOST:PORT, such as 127.0.0.1:9464, or an http:// URL.",
        )
    return url if "/" in url.partition("://")[2] else f"{url}/metrics"


def read(url: str) -> Values:
    """Everything that a server exports now. Raises ``OSError`` or ``ValueError``."""
    request = Request(url, headers={"Accept": "text/plain"})  # noqa: S310 - http(s) by url_of
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            raw = answer.read(_MOST_BYTES + 1)
    except HTTPException as error:
        raise ValueError("what listens there speaks no HTTP") from error
    if len(raw) > _MOST_BYTES:
        raise ValueError("the page is too large for metrics")
    values: Values = defaultdict(dict)
    for family in text_string_to_metric_families(raw.decode()):
        for sample in family.samples:
            values[sample.name][frozenset(sample.labels.items())] = float(sample.value)
    if not any(name.startswith("gencheck_") for name in values):
        raise ValueError("these are no metrics of gencheck")
    return values


@dataclass(slots=True)
class Server:
    """One server over the last seconds.

    Attributes:
        window: seconds that rates and percentiles are about.
        trouble: why it does not answer now; empty while it does.
        since: the time of ``clock()`` at which that began.
    """

    url: str
    window: float
    clock: Callable[[], float] = time.monotonic
    trouble: str = ""
    since: float = 0.0
    _scrapes: deque[tuple[float, Values]] = field(default_factory=deque)

    def look(self, read: Callable[[str], Values] = read) -> None:
        """Read it once more; it may be away, and come back."""
        try:
            values = read(self.url)
        except (OSError, ValueError) as error:
            if not self.trouble:
                self.since = self.clock()
            self.trouble = _why(error)
            self._scrapes.clear()
            return
        self.trouble = ""
        started = "process_start_time_seconds"
        if self._scrapes and self._scrapes[-1][1].get(started) != values.get(started):
            self._scrapes.clear()  # another process: its counters begin anew
        now = self.clock()
        self._scrapes.append((now, values))
        while len(self._scrapes) > 2 and now - self._scrapes[1][0] >= self.window:
            self._scrapes.popleft()

    @property
    def seconds(self) -> float:
        """What lies between the first and the last reading; 0 with fewer than two."""
        return self._scrapes[-1][0] - self._scrapes[0][0] if self._scrapes else 0.0

    def now(self, name: str) -> dict[Labels, float]:
        """The values of a gauge, or a counter since the start."""
        return self._scrapes[-1][1].get(name, {}) if self._scrapes else {}

    def grown(self, name: str) -> dict[Labels, float]:
        """How much a counter has grown between the first and the last reading."""
        if len(self._scrapes) < 2:
            return {}
        first, last = (self._scrapes[end][1].get(name, {}) for end in (0, -1))
        return {labels: max(0.0, value - first.get(labels, 0.0)) for labels, value in last.items()}


def _why(error: Exception) -> str:
    """A few words for whoever looks at the screen."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer within {_SECONDS:g} s"
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return printable(words)[:100]


def printable(text: str) -> str:
    """Text of a server that cannot move the cursor."""
    return "".join(c if c.isprintable() else "�" for c in text)


def label(labels: Labels, name: str) -> str:
    """The value of one label, empty where there is none; printable."""
    return printable(next((value for key, value in labels if key == name), ""))[:200]


def by(values: Mapping[Labels, float], *names: str) -> dict[tuple[str, ...], float]:
    """Sums over all labels but these."""
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for labels, value in values.items():
        sums[tuple(label(labels, name) for name in names)] += value
    return dict(sums)


def quantile(share: float, buckets: Iterable[tuple[float, float]]) -> float | None:
    """The time that a share of the calls did not exceed, from counts by upper edge in seconds.

    Linear within a bucket, as Prometheus' ``histogram_quantile``; of calls beyond the last finite
    edge it is that edge. ``None`` where there were no calls.
    """
    edges = sorted(buckets)
    if not edges or edges[-1][1] <= 0:
        return None
    rank = share * edges[-1][1]
    lower, below = 0.0, 0.0
    for edge, count in edges:
        if count >= rank and count > below:
            if math.isinf(edge):
                return lower
            return lower + (edge - lower) * (rank - below) / (count - below)
        lower, below = (lower if math.isinf(edge) else edge), count
    return lower

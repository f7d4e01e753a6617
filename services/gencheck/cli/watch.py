"""Looks at servers again and again, and shows what it saw: on a whole screen, or line by line."""

from __future__ import annotations

import json
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.live import Live

from gencheck.cli.load import Load, load_of
from gencheck.cli.scrape import Server
from gencheck.cli.top_view import Screen
from gencheck.errors import Unavailable

_GLANCE_SECONDS = 0.2
_PIPE_WIDTH = 120


class Watch:
    """Reads all servers at once, each ``interval`` seconds."""

    def __init__(self, servers: Sequence[Server], interval: float, window: float) -> None:
        self._servers = servers
        self._interval = interval
        self._window = window
        self._screen = Screen()
        self._readers = ThreadPoolExecutor(len(servers), thread_name_prefix="gencheck-top")

    def look(self) -> Load:
        """One reading of every server."""
        list(self._readers.map(Server.look, self._servers))
        load = load_of(self._servers)
        self._screen.remember(load)
        return load

    def once(self, as_json: bool) -> None:
        """Two readings, as rates need; then one table."""
        self.look()
        if all(server.trouble for server in self._servers):
            server = self._servers[0]
            raise Unavailable(
                f"no metrics can be read there: {server.trouble}",
                where=server.url,
                fix="Start the server with --metrics-port, and name that port.",
            )
        time.sleep(self._interval)
        self._print(self.look(), as_json)

    def print(self, as_json: bool) -> None:
        """A table a reading, for a pipe."""
        self.look()
        while True:
            time.sleep(self._interval)
            self._print(self.look(), as_json)

    def _print(self, load: Load, as_json: bool) -> None:
        if as_json:
            sys.stdout.write(json.dumps({"time": time.time(), **asdict(load)}) + "\n")
            sys.stdout.flush()
            return
        console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
        console.print(self._screen.draw(load, width=console.width, window=self._window))

    def show(self) -> None:
        """The whole screen, until q."""
        console = Console(highlight=False)
        with _keys(), Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                load, size, end = self.look(), None, time.monotonic() + self._interval
                while (left := end - time.monotonic()) > 0:
                    if size != console.size:  # at first, and when the window was resized
                        size = console.size
                        drawn = self._screen.draw(
                            load, width=size.width, window=self._window, hint="q leaves"
                        )
                        live.update(drawn, refresh=True)
                    if _pressed(min(left, _GLANCE_SECONDS)) in ("q", "Q"):
                        return


@contextmanager
def _keys() -> Iterator[None]:
    """Keys come at once and are not shown; the terminal is left as it was."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _pressed(seconds: float) -> str:
    """The key that was pressed within that time; empty where none was."""
    if not select.select([sys.stdin], [], [], seconds)[0]:
        return ""
    # Whoever closes the terminal has left.
    return os.read(sys.stdin.fileno(), 1).decode(errors="replace") or "q"

"""Serve made-up checks: ``python -m loadtests.stubs [host|bare] [--checks mesh] [--seconds 0.01]``.

Prints ``listening on HOST:PORT``, as ``gencheck serve`` does, and ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from gencheck.errors import InvalidArgument
from gencheck.findings import Verdict
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.logs import configure
from loadtests.stubs.answers import CHECKS
from loadtests.stubs.bare import bare_server
from loadtests.stubs.behaviour import Behaviour, Work
from loadtests.stubs.hosted import made_up_services


def main() -> None:
    """Parse the options and serve until SIGTERM."""
    options = _parser().parse_args()
    checks = tuple(options.checks.split(","))
    if unknown := set(checks) - set(CHECKS):
        raise InvalidArgument(f"no check is called {sorted(unknown)}", where="--checks")
    behaviour = Behaviour(
        seconds=options.seconds,
        sigma=options.sigma,
        seed=options.seed,
        burn=options.burn,
        threads=options.threads,
        answer_bytes=options.answer_bytes,
        verdict=Verdict[options.verdict],
    )
    configure(options.log_level)
    serve = _host if options.kind == "host" else _bare
    asyncio.run(serve(checks, behaviour, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=("host", "bare"), default="host")
    parser.add_argument("--checks", default=",".join(CHECKS), help="which, by commas")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0, help="mean service time of a call")
    parser.add_argument("--sigma", type=float, default=0.0, help="of a lognormal; 0: constant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--burn", action="store_true", help="use CPU time instead of sleeping")
    parser.add_argument("--threads", type=int, default=1, help="threads that burn")
    parser.add_argument("--answer-bytes", type=int, default=0)
    parser.add_argument("--verdict", choices=[v.name for v in Verdict], default="PASS")
    parser.add_argument("--log-level", default="INFO", help="WARNING leaves out a line a call")
    parser.add_argument("--max-in-progress", type=int, help="of the host")
    parser.add_argument("--max-queued", type=int, help="of the host")
    return parser


async def _host(checks: tuple[str, ...], behaviour: Behaviour, options: argparse.Namespace) -> None:
    work = Work(behaviour)
    bounds = {
        name: value
        for name in ("max_in_progress", "max_queued")
        if (value := getattr(options, name)) is not None
    }
    host = Host(
        made_up_services(checks, behaviour, work),
        options=HostOptions(port=options.port, **bounds),
    )
    _say_port(await host.start())
    await host.wait()
    await work.aclose()


async def _bare(checks: tuple[str, ...], behaviour: Behaviour, options: argparse.Namespace) -> None:
    work = Work(behaviour)
    server = bare_server(checks, behaviour, work)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    await server.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    _say_port(port)
    await stopped.wait()
    await server.stop(5)
    await work.aclose()


def _say_port(port: int) -> None:
    sys.stdout.write(f"listening on 127.0.0.1:{port}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Locust for exploring by hand: ``make locust``, then its page in a browser. It judges nothing.

Users in a closed loop, each with a pause, ask the router about samples. gRPC's C core blocks a
thread, not a greenlet: ``init_gevent`` makes it wait in gevent's way, as Locust's guide to other
protocols has it. Latencies are counted from the sending, so they hide what a stall did to those who
waited to send; the harness (``python -m loadtests run``) does not.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import grpc
import grpc.experimental.gevent as grpc_gevent
from locust import User, between, events, task

from gencheck.v1 import router_pb2
from loadtests.requests import METHOD, read_requests, with_id, write_requests
from loadtests.scenario import CLASSES

grpc_gevent.init_gevent()

WEIGHTS = {"image": 10, "prompt": 2, "sound": 4, "video": 1, "mesh": 3}
_TIMEOUT = 30.0


class _Samples:
    """The requests, made once for all users of a process."""

    requests: Any = None


@events.init.add_listener
def make_samples(**_: object) -> None:
    """Make the samples before anything is timed."""
    with tempfile.TemporaryDirectory(prefix="gencheck-locust-") as folder:
        write_requests(Path(folder))
        _Samples.requests = read_requests(Path(folder))


class RouterUser(User):
    """Someone who has assets judged one after the other. ``host`` is HOST:PORT of a router."""

    host = "127.0.0.1:7400"
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        """A channel of its own, as a caller has."""
        self._channel = grpc.insecure_channel(
            self.host, options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self._check = self._channel.unary_unary(METHOD)

    def on_stop(self) -> None:
        """Leave."""
        self._channel.close()

    @task
    def check(self) -> None:
        """One asset, of a class by its weight."""
        kind = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]  # noqa: S311
        raw = random.choice(_Samples.requests[CLASSES.index(kind)])  # noqa: S311
        start, failure, size = time.perf_counter(), None, 0
        try:
            answer = self._check(with_id(raw), timeout=_TIMEOUT)
            size = len(answer)
            router_pb2.CheckResponse.FromString(answer)
        except grpc.RpcError as error:
            failure = error
        self.environment.events.request.fire(
            request_type="grpc",
            name=f"Check {kind}",
            response_time=(time.perf_counter() - start) * 1e3,
            response_length=size,
            exception=failure,
            context={},
        )

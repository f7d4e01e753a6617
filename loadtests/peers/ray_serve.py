"""Start Ray Serve on loopback with the composition, say so, and wait for SIGTERM."""

import os
import signal
import sys
import tempfile
import threading

import ray
from ray import serve
from ray_app import build


def main() -> None:
    """Start it on the port that is given."""
    port = int(sys.argv[1])
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=200 << 20,
        _temp_dir=os.environ.get("GENCHECK_RAY_DIR") or tempfile.mkdtemp(prefix="ray-"),
    )
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(build({}), name="composed", route_prefix="/check")
    sys.stdout.write(f"listening on 127.0.0.1:{port}\n")
    sys.stdout.flush()
    ended.wait()
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()

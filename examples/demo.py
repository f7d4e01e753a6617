"""The main job: five real servers on loopback, real assets through the router, one table.

Run it with `make demo`, or `python examples/demo.py --out FOLDER`. `--without mesh` kills that
server before the first question, to show what a dead service does to the answers. With
`GENCHECK_WEIGHTS=FOLDER` the models of the profile `standard` judge too.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from make_samples import SAMPLES, Sample, make_samples
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gencheck.cli.audit import counts_request
from gencheck.cli.reporting import write_report
from gencheck.cli.run import Done
from gencheck.cli.show import STYLES, claim_lines, verdict_of
from gencheck.client import AsyncClient, check_request
from gencheck.errors import GencheckError
from gencheck.inference.store import STORE_VARIABLE, ModelStore, default_store, shipped_models
from gencheck.v1 import bias_pb2

SERVICES = {
    "artifact": "ArtifactService",
    "consistency": "ConsistencyService",
    "bias": "BiasService",
    "mesh": "MeshService",
}
ROUTER = {"router": "RouterService"}
START_SECONDS = 180
AT_A_TIME = 4


@dataclass
class Server:
    """A server that this demo started; its address is known once it listens."""

    name: str
    process: subprocess.Popen[str]
    log: Path
    address: str = ""


def start(name: str, log: Path, *options: str) -> Server:
    """Start `gencheck serve NAME` on a free port."""
    command = [sys.executable, "-m", "gencheck", "serve", name, "--port", "0", "--cores", "1"]
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, *options], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    return Server(name, process, log)


def start_triton(log: Path) -> Server:
    """Start Triton on the store, as `make triton` does."""
    root = Path(__file__).resolve().parents[1]
    python = root / ".venv-triton" / "bin" / "python"
    if not python.exists():
        sys.exit("there is no .venv-triton: run make triton-install")
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [python, root / "deploy" / "triton" / "launch.py"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    return Server("triton", process, log)


def wait_until_listening(server: Server) -> None:
    """Read the line that names the port."""
    assert server.process.stdout is not None
    line = server.process.stdout.readline()
    if not line.startswith("listening on "):
        server.process.kill()
        sys.exit(f"the {server.name} server did not start:\n{server.log.read_text()[-2000:]}")
    server.address = line.removeprefix("listening on ").strip()


def stop(server: Server) -> None:
    """Ask the server to finish, and see that it has."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    try:
        server.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
    assert server.process.stdout is not None
    server.process.stdout.close()


async def wait_until_serving(server: Server) -> None:
    """Poll the standard health service until the models are loaded and the golden input passed."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(
            service=f"gencheck.v1.{(SERVICES | ROUTER)[server.name]}"
        )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            answer = await stub.Check(request, wait_for_ready=True, timeout=START_SECONDS)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.1)
    sys.exit(f"the {server.name} server is not SERVING after {START_SECONDS} s")


def standard_store(root: Path, weights: Path) -> Path:
    """A store with the profile ``standard``, from what is installed and a folder of weights."""
    store = ModelStore(root, shipped_models())
    there = default_store()
    store.install("embedded", source_dir=there if there.is_dir() else None)
    store.install("standard", source_dir=weights)
    return root


@contextmanager
def fleet(*, triton: bool = False, profile: str = "embedded") -> Iterator[dict[str, Server]]:
    """All five servers, SERVING; stopped at the end, whatever happens.

    With ``triton`` a Triton is started for them, and they run their models there. Models beyond the
    profile have no say, also where they are installed: the table is the same for everybody.
    """
    with ExitStack() as running:
        logs = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="gencheck-demo-")))
        models = ["--profile", profile]
        if triton:
            server = start_triton(logs / "triton.log")
            running.callback(stop, server)
            wait_until_listening(server)
            models += ["--triton", server.address]
        servers = {name: start(name, logs / f"{name}.log", *models) for name in SERVICES}
        for server in servers.values():
            running.callback(stop, server)
        for server in servers.values():
            wait_until_listening(server)
        endpoints = [word for name, s in servers.items() for word in (f"--{name}", s.address)]
        servers["router"] = start("router", logs / "router.log", *endpoints)
        running.callback(stop, servers["router"])
        wait_until_listening(servers["router"])
        asyncio.run(wait_for_all(list(servers.values())))
        yield servers


async def wait_for_all(servers: list[Server]) -> None:
    """Every server is SERVING."""
    await asyncio.gather(*(wait_until_serving(server) for server in servers))


async def judge(samples: Path, router: str, bias: str) -> list[Done]:
    """Every sample through the router; counts go to the bias auditor itself."""
    async with AsyncClient(router) as client, AsyncClient(bias) as auditor:
        limit = asyncio.Semaphore(AT_A_TIME)

        async def one(sample: Sample) -> Done:
            async with limit:
                return await judge_one(sample, samples, client, auditor)

        return await asyncio.gather(*(one(sample) for sample in SAMPLES))


async def judge_one(
    sample: Sample, samples: Path, client: AsyncClient, auditor: AsyncClient
) -> Done:
    """What became of one sample: an answer, or an error that ends nothing else."""
    path = samples / sample.file
    try:
        return Done(sample.file, answer=await ask(sample, path, client, auditor))
    except GencheckError as error:
        return Done(sample.file, error=error)


async def ask(sample: Sample, path: Path, client: AsyncClient, auditor: AsyncClient) -> Message:
    """The answer about one sample."""
    match sample.kind:
        case "counts":
            return await auditor.audit(counts_request(str(path)))
        case "set":
            pictures = await asyncio.to_thread(lambda: sorted(path.iterdir()))
            return await audit_set(sample.file, pictures, client)
    return await client.check(path, prompt=sample.prompt, heat_map=True, views=True)


async def audit_set(name: str, pictures: list[Path], client: AsyncClient) -> Message:
    """Pictures through the router as one set; its last answer is the audit."""
    requests = [check_request(path) for path in pictures]
    options = bias_pb2.AuditImagesOptions(name=name)
    answers = [a async for a in client.check_set(requests, audit=options)]
    return answers[-1].audit


def table_of(done: list[Done]) -> Table:
    """Verdicts with reasons."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0))
    table.add_column("asset", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why", ratio=1)
    for item in done:
        if item.error is not None or item.answer is None:
            table.add_row(item.asset, Text("ERROR", "bold red"), Text(str(item.error)))
            continue
        verdict = verdict_of(item.answer)
        reasons = getattr(item.answer, "audit", item.answer).reasons
        why = Text("\n").join([*claim_lines(item.answer), *map(Text, reasons[:2])])
        table.add_row(item.asset, Text(verdict.value, STYLES[verdict]), why)
    return table


def main() -> None:
    """Make the samples, start the servers, ask, show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="folder to write to")
    parser.add_argument("--without", choices=SERVICES, help="kill this server first")
    parser.add_argument("--triton", action="store_true", help="run the models on a real Triton")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    samples = options.out / "samples"
    make_samples(samples)
    weights = os.environ.get("GENCHECK_WEIGHTS")
    profile = "standard" if weights else "embedded"
    if weights:
        store = standard_store(options.out / "models", Path(weights))
        os.environ[STORE_VARIABLE] = str(store.resolve())
    console.print(f"Models: the profile {profile}", highlight=False)
    with fleet(triton=options.triton, profile=profile) as servers:
        started = ", ".join(f"{server.name} {server.address}" for server in servers.values())
        console.print(f"Serving: {started}", highlight=False)
        if options.without:
            servers[options.without].process.kill()
            servers[options.without].process.wait()
            console.print(f"Killed: {options.without}", style="bold red")
        done = asyncio.run(judge(samples, servers["router"].address, servers["bias"].address))
    console.print(table_of(done))
    prompts = {sample.file: sample.prompt for sample in SAMPLES}
    report = write_report(options.out / "report", done, prompts, base=samples)
    console.print(f"Report: {report.resolve()}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

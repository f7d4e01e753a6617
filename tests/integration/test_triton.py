"""A real Triton that comes late, goes, freezes and serves something else."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import numpy as np
import onnx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from numpy.typing import NDArray
from onnx import TensorProto, helper
from tritonclient.grpc.aio import InferenceServerClient

from gencheck.compose import Settings
from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, ModelNotReady, NotFound, Unavailable
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.spec import CONFIG_FILE
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.inference.triton import TritonBackend
from gencheck.serving.health import Schedule
from gencheck.serving.host import Host

Triton: TypeAlias = Any
TritonOn: TypeAlias = Callable[[Path, Path], AbstractContextManager[Triton]]

SHARED_MEMORY = Path("/dev/shm")
ROW = np.asarray([[1, 2, 3]], np.float32)
CONFIG = """name: "{name}"
backend: "onnxruntime"
max_batch_size: 4
input [ {{ name: "x" data_type: TYPE_FP32 dims: [ {width} ] }} ]
output [ {{ name: "y" data_type: TYPE_FP32 dims: [ {width} ] }} ]
"""


def write_model(root: Path, name: str, factor: float = 2.0, width: int = 3, more: str = "") -> None:
    """y = factor x; a width of -1 is free. ``more`` is added to the configuration."""
    tensors = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", "n" if width < 0 else width])
        for n in ("x", "y")
    ]
    constant = helper.make_tensor("factor", TensorProto.FLOAT, [], [factor])
    node = helper.make_node("Mul", ["x", "factor"], ["y"])
    graph = helper.make_graph([node], "tiny", tensors[:1], tensors[1:], [constant])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    (root / name / "1").mkdir(parents=True, exist_ok=True)
    onnx.save(model, root / name / "1" / "model.onnx")
    (root / name / CONFIG_FILE).write_text(CONFIG.format(name=name, width=width) + more)


def write_nonzero(root: Path) -> None:
    """y = where x is not zero: its size is known only once it is computed."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    y = helper.make_tensor_value_info("y", TensorProto.INT64, [1, "k"])
    graph = helper.make_graph([helper.make_node("NonZero", ["x"], ["y"])], "nonzero", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (root / "nonzero" / "1").mkdir(parents=True)
    onnx.save(model, root / "nonzero" / "1" / "model.onnx")
    (root / "nonzero" / CONFIG_FILE).write_text(
        """name: "nonzero"
backend: "onnxruntime"
input [ { name: "x" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "y" data_type: TYPE_INT64 dims: [ 1, -1 ] } ]
"""
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    write_model(folder, "twice")
    write_model(folder, "wide", width=-1)
    return folder


@pytest.fixture(scope="module")
def triton(
    triton_on: TritonOn, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Triton]:
    """One for all tests that leave it as it was: it takes seconds to start and to stop."""
    with triton_on(repository, tmp_path_factory.mktemp("log") / "log") as started:
        yield started


@asynccontextmanager
async def backend_on(
    target: str, repository: Path, *, shared_memory: bool = False
) -> AsyncIterator[TritonBackend]:
    backend = TritonBackend(target, repository=repository, shared_memory=shared_memory)
    try:
        yield backend
    finally:
        await backend.aclose()


async def ask(backend: TritonBackend, seconds: float = 10) -> NDArray[np.generic]:
    answer = await backend.infer("twice", {"x": ROW}, deadline=Deadline.after(seconds))
    return answer["y"]


async def ask_until_answered(backend: TritonBackend) -> NDArray[np.generic]:
    end = time.monotonic() + 20
    while True:
        try:
            return await ask(backend)
        except Unavailable:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)


async def until_ready(backend: TritonBackend, model: str) -> None:
    end = time.monotonic() + 20
    while not await backend.ready(model):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def a_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_down_at_the_start_is_said_and_described_from_the_folder(repository: Path) -> None:
    async with backend_on(f"127.0.0.1:{a_free_port()}", repository) as backend:
        assert (await backend.describe("twice")).max_batch == 4
        assert not await backend.ready("twice")
        with pytest.raises(Unavailable, match="Triton does not answer") as caught:
            await ask(backend)
        assert not isinstance(caught.value, ModelNotReady)
        with pytest.raises((DeadlineExceeded, Unavailable)):
            await ask(backend, 0.3)


# Nothing but the deadline would end the call: a frozen Triton holds the connection.
@pytest.mark.timeout(60)
async def test_frozen_costs_the_caller_no_more_than_the_deadline(triton: Triton) -> None:
    async with backend_on(triton.address, triton.repository) as backend:
        await ask(backend)
        os.kill(triton.pid, signal.SIGSTOP)
        try:
            with pytest.raises(DeadlineExceeded):
                await ask(backend, 0.5)
            assert not await backend.ready("twice")
        finally:
            os.kill(triton.pid, signal.SIGCONT)
        np.testing.assert_array_equal(await ask(backend), ROW * 2)


async def test_another_model_than_installed_is_an_error_before_the_first_request(
    triton: Triton, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(triton.repository, mine)
    config = mine / "twice" / CONFIG_FILE
    config.write_text(config.read_text().replace("max_batch_size: 4", "max_batch_size: 8"))
    async with backend_on(triton.address, mine) as backend:
        with pytest.raises(ModelNotReady, match="its max_batch is 4, not 8"):
            await backend.describe("twice")
        assert not await backend.ready("twice")


async def test_weights_swapped_under_a_running_triton_are_noticed(
    triton: Triton, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is installed anew; Triton, which was told nothing, still has the old weights."""
    async with backend_on(triton.address, triton.repository) as backend:
        await ask(backend)
        os.kill(triton.pid, signal.SIGSTOP)
        config = triton.repository / "twice" / CONFIG_FILE
        old = config.read_text()
        config.write_text(
            f'{old}parameters {{ key: "sha256" value: {{ string_value: "{"0" * 64}" }} }}'
        )
        os.kill(triton.pid, signal.SIGCONT)
        monkeypatch.setattr("gencheck.inference.triton._TRUST_SECONDS", 0.0)
        with pytest.raises(ModelNotReady, match="its version is 1, not 000000000000"):
            await ask(backend)
        config.write_text(old)
        np.testing.assert_array_equal(await ask_until_answered(backend), ROW * 2)


async def test_a_model_that_comes_later_is_served_without_a_restart(triton: Triton) -> None:
    async with backend_on(triton.address, triton.repository) as backend:
        with pytest.raises(NotFound):
            await backend.describe("thrice")
        write_model(triton.repository, "thrice", 3.0)
        await until_ready(backend, "thrice")
        answer = await backend.infer("thrice", {"x": ROW}, deadline=Deadline.after(10))
        np.testing.assert_array_equal(answer["y"], ROW * 3)


async def test_corrupt_weights_are_not_served(triton: Triton) -> None:
    write_model(triton.repository, "corrupt")
    config = triton.repository / "corrupt" / CONFIG_FILE
    wrong = f'parameters {{ key: "sha256" value: {{ string_value: "{"0" * 64}" }} }}'
    config.write_text(config.read_text() + wrong)
    async with backend_on(triton.address, triton.repository) as backend:
        end = time.monotonic() + 20
        while "weights are corrupt" not in str(await refusal(backend, "corrupt")):
            assert time.monotonic() < end
            await asyncio.sleep(0.2)


async def refusal(backend: TritonBackend, model: str) -> ModelNotReady:
    with pytest.raises(ModelNotReady) as caught:
        await backend.infer(model, {"x": ROW}, deadline=Deadline.after(10))
    return caught.value


async def test_many_callers_who_leave_stop_nothing(triton: Triton) -> None:
    async with backend_on(triton.address, triton.repository) as backend:
        calls = [asyncio.ensure_future(ask(backend)) for _ in range(60)]
        await asyncio.sleep(0.02)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        np.testing.assert_array_equal(await ask(backend), ROW * 2)


async def ask_wide(backend: TritonBackend, value: float, width: int = 500_000) -> None:
    """One large call, and that its answer is its own."""
    row = np.full((1, width), value, np.float32)
    answer = await backend.infer("wide", {"x": row}, deadline=Deadline.after(20))
    np.testing.assert_array_equal(answer["y"], row * 2)


async def regions_of(target: str) -> list[str]:
    """The regions of shared memory that Triton knows."""
    client = InferenceServerClient(target)
    status = await client.get_system_shared_memory_status()
    await client.close()
    return sorted(status.regions)


async def statistics_of(target: str, model: str, count: int) -> Any:
    """What Triton counted once it has counted so many: it does after it has answered."""
    client = InferenceServerClient(target)
    async with asyncio.timeout(20):
        while True:
            (found,) = (await client.get_inference_statistics(model)).model_stats
            if found.inference_count == count:
                await client.close()
                return found
            await asyncio.sleep(0.05)


async def test_requests_that_wait_are_run_together_and_answered_apart(triton: Triton) -> None:
    write_model(triton.repository, "together", more="dynamic_batching { }")
    async with backend_on(triton.address, triton.repository) as backend:
        await until_ready(backend, "together")
        rows = [np.full((1 + n % 3, 3), n, np.float32) for n in range(60)]
        answers = await asyncio.gather(
            *(backend.infer("together", {"x": x}, deadline=Deadline.after(60)) for x in rows)
        )
    for x, answer in zip(rows, answers, strict=True):
        np.testing.assert_array_equal(answer["y"], x * 2)
    statistics = await statistics_of(triton.address, "together", sum(len(x) for x in rows))
    assert statistics.execution_count < len(rows)


async def test_large_inputs_go_through_shared_memory_and_leave_none(triton: Triton) -> None:
    there = triton.address, triton.repository
    async with backend_on(*there, shared_memory=True) as backend:
        await ask_wide(backend, 1, width=1000)
        assert await regions_of(triton.address) == []
        await ask_wide(backend, 2)
        await ask_wide(backend, 3, width=400_000)
        (region,) = await regions_of(triton.address)
        assert (SHARED_MEMORY / region).exists()
        await asyncio.gather(*(ask_wide(backend, value) for value in range(8)))
    assert await regions_of(triton.address) == []
    assert not (SHARED_MEMORY / region).exists()


async def test_large_outputs_come_through_shared_memory_once_their_size_is_known(
    triton: Triton,
) -> None:
    there = triton.address, triton.repository
    async with backend_on(*there, shared_memory=True) as backend:
        await ask_wide(backend, 1)
        assert len(await regions_of(triton.address)) == 1
        await ask_wide(backend, 2)
        assert len(await regions_of(triton.address)) == 2
        await asyncio.gather(*(ask_wide(backend, value) for value in range(8)))
    assert await regions_of(triton.address) == []


async def test_an_output_may_outgrow_what_was_learnt_of_it(triton: Triton) -> None:
    write_nonzero(triton.repository)
    async with backend_on(triton.address, triton.repository, shared_memory=True) as backend:
        await until_ready(backend, "nonzero")
        for count in (100_000, 90_000, 100_000, 400_000, 1):
            x = np.zeros(500_000, np.float32)
            x[:count] = 1
            answer = await backend.infer("nonzero", {"x": x}, deadline=Deadline.after(30))
            np.testing.assert_array_equal(answer["y"], np.arange(count)[None])


async def test_shared_memory_survives_callers_who_leave(triton: Triton) -> None:
    async with backend_on(triton.address, triton.repository, shared_memory=True) as backend:
        for _ in range(10):
            calls = [asyncio.ensure_future(ask_wide(backend, value)) for value in range(8)]
            await asyncio.sleep(0.01)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await ask_wide(backend, 5)
        assert len(await regions_of(triton.address)) <= 32


async def test_callers_who_come_together_ask_triton_once_what_it_serves(
    triton: Triton, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = InferenceServerClient.get_model_config

    async def counted(self: Any, model: str, **options: Any) -> Any:
        asked.append(model)
        return await really(self, model, **options)

    monkeypatch.setattr(InferenceServerClient, "get_model_config", counted)
    async with backend_on(triton.address, triton.repository) as backend:
        first = asyncio.ensure_future(ask(backend))
        calls = [asyncio.ensure_future(ask(backend)) for _ in range(20)]
        await asyncio.sleep(0)
        first.cancel()  # who asked first may leave: the others get their answer
        for answer in await asyncio.gather(*calls):
            np.testing.assert_array_equal(answer, ROW * 2)
    assert asked == ["twice"]


async def test_thousands_of_callers_who_leave_do_not_bring_triton_down(triton: Triton) -> None:
    async with backend_on(triton.address, triton.repository) as backend:
        await ask(backend)
        pid = triton.pid
        for _ in range(60):
            calls = [asyncio.ensure_future(ask(backend)) for _ in range(50)]
            await asyncio.sleep(0.001)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            np.testing.assert_array_equal(await ask(backend), ROW * 2)
    assert triton.pid == pid


async def test_where_memory_is_not_shared_the_bytes_are_sent(
    triton: Triton, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(SharedMemory):
        """Memory that Triton cannot find, as in another container."""

        def __init__(self, *, create: bool, size: int) -> None:
            super().__init__(create=create, size=size)
            super().unlink()

        def unlink(self) -> None: ...

    monkeypatch.setattr("gencheck.inference.regions.SharedMemory", Elsewhere)
    known = await regions_of(triton.address)
    async with backend_on(triton.address, triton.repository, shared_memory=True) as backend:
        await ask_wide(backend, 4)
        await ask_wide(backend, 6)
        assert await regions_of(triton.address) == known


def test_a_taken_port_is_said(triton: Triton, triton_command: list[str]) -> None:
    port = triton.address.rpartition(":")[2]
    options = ["--repository", str(triton.repository), "--port", port]
    done = subprocess.run(
        [*triton_command, *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 69
    assert (
        done.stderr
        == f"error: port {port} cannot be had (Address already in use): choose another\n"
    )


async def test_killed_and_started_again_is_used_again_and_stops_cleanly(
    triton_on: TritonOn, repository: Path, tmp_path: Path
) -> None:
    with triton_on(repository, tmp_path / "log") as triton:
        await kill_and_start_again(triton)
        stop_and_look_for_remains(triton)


def stop_and_look_for_remains(triton: Triton) -> None:
    folder = triton.backends.parent
    assert list(SHARED_MEMORY.glob(f"{folder.name}*"))
    assert triton.stop() == 0
    assert not folder.exists()
    assert not list(SHARED_MEMORY.glob(f"{folder.name}*"))


async def kill_and_start_again(triton: Triton) -> None:
    there = triton.address, triton.repository
    async with (
        backend_on(*there) as backend,
        backend_on(*there, shared_memory=True) as shared,
    ):
        np.testing.assert_array_equal(await ask(backend), ROW * 2)
        await ask_wide(shared, 1)
        os.kill(triton.pid, signal.SIGKILL)
        assert triton.wait() == 69
        with pytest.raises(Unavailable, match="Triton does not answer"):
            await ask(backend)
        assert not await backend.ready("twice")
        async with backend_on(*there) as early:
            assert not await early.ready("twice")
            await asyncio.to_thread(triton.start)
            np.testing.assert_array_equal(await ask_until_answered(backend), ROW * 2)
            np.testing.assert_array_equal(await ask_until_answered(early), ROW * 2)
            await ask_wide(shared, 2)
        assert await backend.ready("twice")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The embedded profile in a store of its own."""
    made = ModelStore(tmp_path_factory.mktemp("models"), shipped_models())
    there = default_store()
    try:
        made.install("embedded", source_dir=there if there.is_dir() else None)
    except Unavailable as error:
        pytest.skip(f"the embedded models cannot be had here: {error}")
    return made


async def test_every_model_of_the_profile_answers_as_in_this_process(
    installed: ModelStore, triton_on: TritonOn, tmp_path: Path
) -> None:
    names = sorted(installed.players("embedded").values())
    assert names
    random = np.random.default_rng(7)
    inside = EmbeddedBackend(installed.root, threads=2)
    with triton_on(installed.root, tmp_path / "log") as triton:
        async with backend_on(triton.address, installed.root) as outside:
            for name in names:
                spec = await inside.describe(name)
                assert await outside.describe(name) == spec
                # One, and as many as a batch holds; free heights and widths: multiples of 32.
                for batch in (1, 2):
                    sizes = [
                        batch,
                        *(96 if size < 0 else size for size in spec.inputs[0].shape[1:]),
                    ]
                    (taken,) = spec.inputs
                    top = 255 if taken.dtype == np.uint8 else 1
                    values = random.random(sizes, np.float32) * top
                    inputs = {taken.name: values.astype(taken.dtype)}
                    here, there = [
                        await backend.infer(name, inputs, deadline=Deadline.after(60))
                        for backend in (inside, outside)
                    ]
                    assert set(here) == set(there)
                    for key in here:
                        np.testing.assert_allclose(there[key], here[key], atol=1e-4, err_msg=name)
    await inside.aclose()


async def test_a_service_is_ready_when_its_triton_is_and_needs_no_restart(
    installed: ModelStore,
    triton_on: TritonOn,
    tmp_path: Path,
    serve: Callable[..., AbstractAsyncContextManager[tuple[Host, str]]],
) -> None:
    schedule = Schedule(again_seconds=0.2, retry_seconds=0.2, limit_seconds=4)
    with triton_on(installed.root, tmp_path / "log") as triton:
        assert triton.stop() == 0
        settings = Settings(cores=1, store=installed.root, triton=triton.address)
        async with serve(settings, ("bias",), ready=False, schedule=schedule) as (_, address):
            watch = Watch(address)
            await watch.until(health_pb2.HealthCheckResponse.NOT_SERVING)
            await asyncio.to_thread(triton.start)
            await watch.until(health_pb2.HealthCheckResponse.SERVING)
            os.kill(triton.pid, signal.SIGSTOP)
            await watch.until(health_pb2.HealthCheckResponse.NOT_SERVING)
            os.kill(triton.pid, signal.SIGCONT)
            await watch.until(health_pb2.HealthCheckResponse.SERVING)
            os.kill(triton.pid, signal.SIGKILL)
            await asyncio.to_thread(triton.wait)
            await watch.until(health_pb2.HealthCheckResponse.NOT_SERVING)
            await asyncio.to_thread(triton.start)
            await watch.until(health_pb2.HealthCheckResponse.SERVING)
            await watch.aclose()


class Watch:
    """The health of a whole server, as a load balancer watches it."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address)
        stub = health_pb2_grpc.HealthStub(self._channel)
        self._changes = stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True)

    async def until(self, status: int) -> None:
        async with asyncio.timeout(60):
            while (await self._changes.read()).status != status:
                pass

    async def aclose(self) -> None:
        self._changes.cancel()
        await self._channel.close()

"""The Dockerfile and the compose file: linted, small, without root, with commands that exist."""

import hashlib
import runpy
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

import compose_spec
import grpc
import pytest
import yaml
from dockerfile_parse import DockerfileParser
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gencheck.compose import SERVICES
from gencheck.inference.store import ModelStore
from kubedouble.manifests import OVERLAYS, ROOT, containers, parse, pods, rendered
from kubedouble.store import Object

DOCKERFILE = ROOT / "deploy" / "images" / "Dockerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"
TARGETS = {*SERVICES, "router", "batch", "models"}


class _Plain(yaml.SafeDumper):
    """Without anchors, which not every parser follows."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.fixture(scope="module")
def stages() -> dict[str, list[Object]]:
    """Instructions of every stage, by its name."""
    found: dict[str, list[Object]] = {}
    for item in DockerfileParser(path=str(DOCKERFILE)).structure:
        if item["instruction"] == "FROM":
            found[item["value"].split()[-1]] = []
        if found:
            found[list(found)[-1]].append(item)
    return found


def lineage(stages: dict[str, list[Object]], name: str) -> list[Object]:
    """All instructions that make a stage, those of what it is from first."""
    base = stages[name][0]["value"].split()[0]
    return [*(lineage(stages, base) if base in stages else []), *stages[name]]


def last(instructions: list[Object], kind: str) -> str:
    return str([i["value"] for i in instructions if i["instruction"] == kind][-1])


def test_hadolint_has_nothing_to_say() -> None:
    tool = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([tool, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_there_is_a_target_for_every_service(stages: dict[str, list[Object]]) -> None:
    assert set(stages) >= TARGETS
    used = {
        container["image"].partition(":")[0].removeprefix("gencheck-")
        for overlay in OVERLAYS
        for _, template in pods(rendered(overlay))
        for container in containers(template["spec"])
        if container["image"].startswith("gencheck-")
    }
    assert used == TARGETS - {"batch"}


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_targets_run_gencheck_without_root(stages: dict[str, list[Object]], target: str) -> None:
    made = lineage(stages, target)
    assert last(made, "USER") == "65532:65532"
    assert last(made, "ENTRYPOINT") == '["gencheck"]'
    assert made[0]["value"] == "${PYTHON_IMAGE} AS runtime"
    if target in (*SERVICES, "router"):
        assert "healthcheck.py" in last(made, "HEALTHCHECK")
    if target in SERVICES:
        words = yaml.safe_load(last(made, "CMD"))
        options = parse(words)
        assert (options["service"], options["host"]) == (target, "0.0.0.0")
    models = any("/opt/gencheck/models" in i["value"] for i in made)
    assert models == (target in ("consistency", "bias", "batch"))


def closure(requirements: list[str]) -> set[str]:
    """Names of all distributions that these need, without their extras."""
    found: set[str] = set()
    todo = [Requirement(text) for text in requirements]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        todo += [Requirement(text) for text in metadata.requires(name) or []]
    return found


def test_servers_carry_nothing_of_the_batch_extra(stages: dict[str, list[Object]]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    always, extra = project["dependencies"], project["optional-dependencies"]["batch"]
    removed = last(stages["lean-server"], "RUN").partition("&&")[0].split()[3:]
    assert set(removed) == closure([*always, *extra]) - closure(always)


def test_the_base_is_pinned_and_nothing_is_fetched_unpinned(
    stages: dict[str, list[Object]],
) -> None:
    (argument,) = [
        line for line in DOCKERFILE.read_text().splitlines() if line.startswith("ARG PYTHON_IMAGE")
    ]
    assert argument.partition("=")[2] == "docker.io/library/python:3.11.14-slim-bookworm"
    commands = " ".join(
        i["value"] for stage in stages.values() for i in stage if i["instruction"] == "RUN"
    )
    assert "apt-get" not in commands and "curl" not in commands
    assert "--requirement requirements.lock" in commands


def test_the_context_is_named_and_not_guessed() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    assert "*" in rules
    for instruction in DockerfileParser(path=str(DOCKERFILE)).structure:
        if instruction["instruction"] == "COPY" and "--from" not in instruction["value"]:
            for source in instruction["value"].split()[:-1]:
                assert (ROOT / source).exists()
                assert any(source.startswith(rule[1:]) for rule in rules if rule[0] == "!"), source


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (health_pb2.HealthCheckResponse.SERVING, 0),
        (health_pb2.HealthCheckResponse.NOT_SERVING, 1),
        (None, 1),
    ],
)
def test_the_health_check_asks(said: int | None, status: int) -> None:
    server = grpc.server(ThreadPoolExecutor(2))
    if said is not None:
        servicer = HealthServicer()
        servicer.set("", said)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    script = DOCKERFILE.parent / "healthcheck.py"
    try:
        done = subprocess.run(
            [sys.executable, script, f"127.0.0.1:{port}"], capture_output=True, check=False
        )
    finally:
        server.stop(None).wait()
    assert done.returncode == status, done.stderr


CATALOG = """[[models]]
name = "tiny"
role = "face_detector"
profile = "embedded"
licence = "MIT"
preprocessing = "none"
source = "repo:tiny.onnx"
source_size = {size}
source_sha256 = "{sha256}"

[[models]]
name = "made"
role = "face_detector"
profile = "full"
licence = "MIT"
preprocessing = "none"
source = "recipe:tiny"
"""


def test_models_are_fetched_as_the_build_does_and_installed_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, sources = tmp_path / "shipped", tmp_path / "sources"
    (shipped / "repository" / "tiny").mkdir(parents=True)
    (shipped / "repository" / "tiny" / "config.pbtxt").write_text('name: "tiny"')
    (shipped / "tiny.onnx").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    (shipped / "catalog.toml").write_text(CATALOG.format(size=7, sha256=digest))
    script = runpy.run_path(str(DOCKERFILE.with_name("fetch_models.py")))
    monkeypatch.setitem(script["main"].__globals__, "shipped_models", lambda: shipped)
    script["main"]("full", str(sources))
    assert [path.name for path in sources.iterdir()] == [digest]
    (shipped / "tiny.onnx").unlink()
    store = ModelStore(tmp_path / "store", shipped)
    store.install("embedded", source_dir=sources)
    assert store.players("embedded") == {"face_detector": "tiny"}


@pytest.fixture(scope="module")
def compose() -> Object:
    found: Object = yaml.safe_load(COMPOSE.read_text())
    return found


def test_the_compose_file_is_valid(compose: Object) -> None:
    read = compose_spec.PyCompose.from_yaml(yaml.dump(compose, Dumper=_Plain))
    assert set(read.service_names()) == {*SERVICES, "router", "models", "triton"}
    broken = {**compose, "services": {"artifact": {"image": "x", "memlimit": "1g"}}}
    with pytest.raises(ValueError, match="memlimit"):
        compose_spec.PyCompose.from_yaml(yaml.dump(broken, Dumper=_Plain))


def test_containers_of_compose_are_hardened(compose: Object) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["pids_limit"] and service["mem_limit"] and service["cpus"]
        image, _, tag = service["image"].rpartition(":")
        assert image and tag[0].isdigit()
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert [n for n, s in compose["services"].items() if s.get("ports")] == ["router"]
    assert compose["networks"]["inside"] == {"internal": True}


def test_compose_builds_the_targets_and_gencheck_takes_its_commands(compose: Object) -> None:
    for name, service in compose["services"].items():
        if name == "triton":
            continue
        assert service["image"].startswith(f"gencheck-{name}:")
        build = service["build"]
        assert build["target"] == name
        assert (COMPOSE.parent / build["context"] / build["dockerfile"]).samefile(DOCKERFILE)
        options = parse(service["command"])
        if name != "models":
            assert options["service"] == name
            assert options["cores"] == service["cpus"]


def test_docker_reads_the_compose_file() -> None:
    asked = ["docker", "compose", "version"]
    if (
        shutil.which("docker") is None
        or subprocess.run(asked, capture_output=True, check=False).returncode
    ):
        pytest.skip("there is no docker compose")
    done = subprocess.run(
        ["docker", "compose", "--file", str(COMPOSE), "config", "--quiet"],
        env={"PATH": "/usr/bin:/usr/local/bin", "TRITON_ADMIN_KEY": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

"""Manifests as tests look at them: read, validated, their pods and commands taken out."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import kubernetes_validate
import typer
import yaml

from gencheck.cli.app import app
from kubedouble.store import Object

ROOT = Path(__file__).resolve().parents[3]
VERSIONS = ("1.35", "1.36", "1.37")
OVERLAYS = ("dev", "prod", "prod-tls")
CUSTOM = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
"""Kinds of operators, and the models that are generated from their own schemas."""


@cache
def rendered(overlay: str) -> tuple[Object, ...]:
    """The committed objects of an overlay."""
    text = (ROOT / "k8s" / "rendered" / f"{overlay}.yaml").read_text()
    return tuple(yaml.load_all(text, yaml.CSafeLoader))


def validate(item: Object, version: str) -> None:
    """Raise for whatever the API server, or the operator, would not take or would not know."""
    module = CUSTOM.get(item["apiVersion"])
    if module is None:
        kubernetes_validate.validate(item, version, strict=True)
        return
    model = getattr(import_module(module), item["kind"])
    known = model.model_validate(item).model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude_none=True
    )
    assert known == item, "fields that this kind does not have"


def pods(items: tuple[Object, ...]) -> Iterator[tuple[str, Object]]:
    """Name and pod template of everything that makes pods."""
    for item in items:
        if item["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet", "CronJob"):
            assert item["kind"] in ("Deployment", "Job"), "teach the tests this kind"
            yield item["metadata"]["name"], item["spec"]["template"]


def containers(pod: Object) -> Iterator[Object]:
    """All containers of a pod's spec."""
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def parse(words: list[str]) -> dict[str, Any]:
    """The options that gencheck's own parser reads from a command line. Raises for a wrong one."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    found: dict[str, Any] = command.make_context("gencheck", rest).params
    return found

"""Alerts and dashboard name metrics that a host exports, and rules that Prometheus takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from gencheck.compose import SERVICES, Settings, Workshop
from gencheck.serving.host import serving
from gencheck.v1 import router_pb2
from kubedouble.manifests import ROOT
from kubedouble.store import Object

RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["spec"]
ALL = [rule for group in RULES["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in ALL if "alert" in rule]
RECORDED = {rule["record"] for rule in ALL if "record" in rule}
CASES = sorted(Path(__file__).parent.glob("alert_cases*.yaml"))
DASHBOARD = json.loads((ROOT / "deploy/grafana/gencheck.json").read_text())
FOREIGN = {
    *("kube_job_failed", "kube_job_status_succeeded", "kube_job_status_failed"),
    *("kube_job_spec_completions", "kube_job_status_active"),
    *("nv_inference_pending_request_count", "nv_inference_queue_duration_us"),
    *("nv_inference_compute_infer_duration_us", "nv_inference_request_success"),
    "nv_gpu_utilization",
}
"""Metrics of kube-state-metrics and Triton that alerts and dashboard may name."""
NAME = re.compile(r"(?<![\w:])(?:service:)?(?:gencheck|rpc|nv|kube|process)_[\w:]+")
SUFFIXES = ("", "_bucket", "_count", "_sum")


def panels(items: list[Object]) -> Iterator[Object]:
    for panel in items:
        yield panel
        yield from panels(panel.get("panels", []))


PANELS = [panel for panel in panels(DASHBOARD["panels"]) if panel.get("targets")]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def names(query: str) -> set[str]:
    """The metrics of a query, without what stands in braces or after ``by``."""
    bare = re.sub(r"\{[^}]*\}", " ", query)
    bare = re.sub(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    return set(NAME.findall(bare))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all samples of a live host with every service, after a call."""
    import asyncio

    async def ask() -> set[str]:
        settings = Settings(cores=1, store=tmp_path_factory.mktemp("store"))
        async with Workshop(settings) as workshop:
            services = await workshop.services((*SERVICES, "router"))
            async with serving(services, metrics=workshop.metrics) as (host, port):
                async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                    call = channel.unary_unary("/gencheck.v1.RouterService/Check")
                    with pytest.raises(grpc.aio.AioRpcError):
                        await call(router_pb2.CheckRequest().SerializeToString())
                families = list(text_string_to_metric_families(host.metrics.text()))
        # A counter that has not counted yet has a family and no sample.
        made: dict[str, tuple[str, ...]] = {"counter": ("_total",), "histogram": SUFFIXES}
        return {f.name + suffix for f in families for suffix in made.get(f.type, ("",))}

    return asyncio.run(ask())


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_metrics_that_a_host_exports(rule: Object, exported: set[str]) -> None:
    used = names(rule["expr"])
    assert used
    assert used <= exported | FOREIGN | RECORDED


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_names_metrics_that_a_host_exports(panel: Object, exported: set[str]) -> None:
    for target in panel["targets"]:
        used = names(target["expr"])
        assert used, target["expr"]
        assert used <= exported | FOREIGN | RECORDED


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_runbook(rule: Object) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_panels_have_a_title_a_unit_and_a_place_of_their_own() -> None:
    places: set[tuple[int, int]] = set()
    for panel in panels(DASHBOARD["panels"]):
        assert panel["title"]
        box = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(box["x"], box["x"] + box["w"])
            for y in range(box["y"], box["y"] + box["h"])
        }
        assert box["x"] + box["w"] <= 24
        assert not cells & places, f"{panel['title']} lies on another panel"
        places |= cells
        if panel.get("targets"):
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["description"]
    ids = [panel["id"] for panel in panels(DASHBOARD["panels"])]
    assert len(ids) == len(set(ids))


def promtool(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("promtool") is None:
        pytest.skip("there is no promtool: Debian's package prometheus has it")
    return subprocess.run(
        ["promtool", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    done = promtool("check", "rules", "rules.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_alerts_fire_and_end_as_they_should(cases: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(RULES))
    shutil.copy(cases, tmp_path)
    done = promtool("test", "rules", cases.name, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    variables = {"$__rate_interval": "1m", "$namespace": "n", "$service": "s", "$__range": "1h"}
    rules: list[dict[str, Any]] = []
    for number, query in enumerate(QUERIES):
        for name, value in variables.items():
            query = query.replace(name, value)  # noqa: PLW2901 - the same query, filled in
        rules.append({"record": f"panel:{number}", "expr": query})
    groups = {"groups": [{"name": "dashboard", "rules": rules}]}
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump(groups))
    done = promtool("check", "rules", "queries.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_runs_prometheus_and_grafana_with_what_is_here(tmp_path: Path) -> None:
    text = (ROOT / "deploy/compose.monitoring.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    fleet = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source == "./prometheus/rules.yaml" or (ROOT / "deploy" / source).exists()
    config = yaml.safe_load((ROOT / "deploy/prometheus/compose.yaml").read_text())
    gencheck, triton = config["scrape_configs"]
    [found] = gencheck["dns_sd_configs"]
    for name in found["names"]:
        assert f"--metrics-port={found['port']}" in fleet[name]["command"]
    assert triton["static_configs"][0]["targets"] == ["triton:8002"]
    assert "--metrics-port=8002" in fleet["triton"]["command"]
    # What the comment tells to run makes Prometheus' own file of the operator's object.
    [command] = re.findall(r"^# +(sed .*)$", text, re.MULTILINE)
    words = command.partition(" >")[0]
    done = subprocess.run(words, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    assert yaml.safe_load(done.stdout) == RULES

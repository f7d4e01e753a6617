"""What is committed under k8s/: fresh, valid, and by the rules."""

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from gencheck.batch.job import as_dict, build
from gencheck.batch.job_options import JobOptions, Work
from gencheck.cli.serve import _names
from gencheck.compose import SERVICES
from gencheck.serving.metrics import Metrics
from kubedouble.manifests import (
    CUSTOM,
    OVERLAYS,
    ROOT,
    VERSIONS,
    containers,
    parse,
    pods,
    rendered,
    validate,
)
from kubedouble.store import Object

BATCH = as_dict(
    build(
        Work("s3://b/m.csv", "s3://b/out", 3, "0" * 64, 12),
        JobOptions("run-1", "gencheck", "gencheck-batch:0.1.0"),
    )
)
"""The Job that a submit makes keeps the same rules."""
OBJECTS = {name: rendered(name) for name in OVERLAYS} | {"batch": (BATCH,)}
PODS = [
    pytest.param(template, id=f"{overlay}-{name}")
    for overlay, items in OBJECTS.items()
    for name, template in pods(items)
]
CONTAINERS = [
    pytest.param(container, id=f"{overlay}-{name}-{container['name']}")
    for overlay, items in OBJECTS.items()
    for name, template in pods(items)
    for container in containers(template["spec"])
]
PROBES = ("startup", "readiness", "liveness")
WRONG = (AssertionError, kubernetes_validate.ValidationError)


def kustomize() -> list[str]:
    """A renderer of version 5 or newer; skips where there is none."""
    for tool, ask in (("kubectl", ["kubectl", "version", "--client"]), ("kustomize", None)):
        if shutil.which(tool) is None:
            continue
        if ask is None:
            return ["kustomize", "build"]
        said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
        found = re.search(r"Kustomize Version: v(\d+)", said)
        if found and int(found[1]) >= 5:
            return ["kubectl", "kustomize"]
    pytest.skip("neither kubectl 1.27 or newer nor kustomize is here: apt-get or brew has them")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_rendered_is_fresh(overlay: str) -> None:
    command = [*kustomize(), str(ROOT / "k8s" / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    committed = (ROOT / "k8s" / "rendered" / f"{overlay}.yaml").read_text()
    assert done.stdout == committed, "run make render"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OBJECTS)
def test_every_object_is_valid(overlay: str, version: str) -> None:
    for item in OBJECTS[overlay]:
        validate(item, version)


def test_validation_finds_what_is_wrong() -> None:
    for item in rendered("prod"):
        if item["apiVersion"] in CUSTOM or item["kind"] == "Deployment":
            with pytest.raises(WRONG):
                validate({**item, "spec": {**item["spec"], "nonsense": 1}}, VERSIONS[0])


@pytest.mark.parametrize("template", PODS)
def test_pods_meet_pod_security_restricted(template: Object) -> None:
    pod = template["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & pod.keys()
    allowed = {"emptyDir", "configMap", "persistentVolumeClaim", "secret", "projected"}
    for volume in pod.get("volumes", []):
        assert volume.keys() - {"name"} <= allowed, volume
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", []))


@pytest.mark.parametrize("template", PODS)
def test_pods_hold_no_token_and_bounded_scratch(template: Object) -> None:
    pod = template["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"].startswith("gencheck")
    assert pod["enableServiceLinks"] is False
    for volume in pod["volumes"]:
        assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"], volume
    assert {"/tmp", "/dev/shm"} <= {
        mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]
    }


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_are_limited_and_pinned(container: Object) -> None:
    resources = container["resources"]
    for kind in ("cpu", "memory", "ephemeral-storage"):
        assert resources["limits"][kind], kind
    assert {"cpu", "memory"} <= resources["requests"].keys()
    name, _, tag = container["image"].rpartition("/")[2].partition(":")
    assert name and re.search(r"\d", tag) and "latest" not in tag, container["image"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_servers_are_probed_and_go_quietly(overlay: str) -> None:
    for name, template in pods(rendered(overlay)):
        (container,) = template["spec"]["containers"]
        probes = {key: container[key] for key in container if key.endswith("Probe")}
        assert probes.keys() == {"startupProbe", "readinessProbe", "livenessProbe"}, name
        ports = {port["containerPort"] for port in container["ports"]}
        assert {p["grpc"]["port"] for p in probes.values() if "grpc" in p} <= ports
        # Readiness and liveness must not ask the same, or a missing model restarts containers.
        assert probes["livenessProbe"] != probes["readinessProbe"]
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert template["spec"]["terminationGracePeriodSeconds"] > pause + 30


@pytest.mark.parametrize("container", CONTAINERS)
def test_gencheck_takes_its_command_line(container: Object) -> None:
    if not container["image"].startswith("gencheck-"):
        assert container["command"] == ["tritonserver"]
        return
    assert "command" not in container
    options = parse(container["args"])
    if container["args"][0] == "serve":
        given = {name: options[name] for name in SERVICES if options[name]}
        assert _names(options["service"], given, SERVICES) == (container["args"][1],)
        assert container["image"].startswith(f"gencheck-{container['args'][1]}:")
    if "cores" in options:  # a container sees all cores of its node, whatever its limit
        assert options["cores"] == int(container["resources"]["limits"]["cpu"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_reach_their_pods(overlay: str) -> None:
    items = rendered(overlay)
    templates = dict(pods(items))
    services = {i["metadata"]["name"]: i for i in items if i["kind"] == "Service"}
    assert services.keys() == templates.keys()
    for name, service in services.items():
        labels = templates[name]["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items()
        assert service["spec"]["clusterIP"] == "None"
        ports = {port["name"] for port in templates[name]["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for template in templates.values():
        for word in template["spec"]["containers"][0]["args"]:
            if target := re.fullmatch(r"--(?:artifact|consistency|bias|mesh|triton)=(.+)", word):
                host, _, port = target[1].partition(":")
                assert int(port) in {p["port"] for p in services[host]["spec"]["ports"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_deployment_survives_a_drain(overlay: str) -> None:
    items = rendered(overlay)
    budgets = {
        i["metadata"]["name"]: i["spec"] for i in items if i["kind"] == "PodDisruptionBudget"
    }
    for name, template in pods(items):
        labels = template["metadata"]["labels"]
        assert budgets[name]["selector"]["matchLabels"].items() <= labels.items()
        assert template["spec"]["topologySpreadConstraints"], name
    assert all("replicas" not in i["spec"] for i in items if i["kind"] == "Deployment")


def test_everything_in_production_is_scaled() -> None:
    items = rendered("prod")
    scaled = {
        i["spec"]["scaleTargetRef"]["name"]: i["spec"] for i in items if i["kind"] == "ScaledObject"
    }
    assert scaled.keys() == {i["metadata"]["name"] for i in items if i["kind"] == "Deployment"}
    assert all(2 <= s["minReplicaCount"] < s["maxReplicaCount"] for s in scaled.values())


def arrows(items: tuple[Object, ...], direction: str) -> set[tuple[str, str, int]]:
    """Who may talk to whom by NetworkPolicies of one direction: (from, to, port)."""
    components = [t["metadata"]["labels"] for _, t in pods(items)]
    components.append(BATCH["spec"]["template"]["metadata"]["labels"])

    def chosen(selector: Object) -> set[str]:
        found = set()
        for labels in components:
            wanted = selector.get("matchLabels", {}).items() <= labels.items()
            for rule in selector.get("matchExpressions", []):
                assert rule["operator"] == "In"
                wanted &= labels.get(rule["key"]) in rule["values"]
            if wanted:
                found.add(labels["app.kubernetes.io/component"])
        return found

    allowed = set()
    for item in items:
        if item["kind"] != "NetworkPolicy":
            continue
        for rule in item["spec"].get(direction, []):
            for peer in rule.get("from", rule.get("to", [])):
                if set(peer) != {"podSelector"}:
                    continue
                for mine in chosen(item["spec"]["podSelector"]):
                    for other in chosen(peer["podSelector"]):
                        pair = (other, mine) if direction == "ingress" else (mine, other)
                        allowed |= {(*pair, port["port"]) for port in rule["ports"]}
    return allowed


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_only_these_may_talk_to_each_other(overlay: str) -> None:
    items = rendered(overlay)
    expected = {("router", name, 7400) for name in SERVICES} | {("batch", "router", 7400)}
    if overlay != "dev":
        expected |= {(name, "triton", 8001) for name in ("consistency", "bias")}
    assert arrows(items, "ingress") == expected
    assert arrows(items, "egress") == expected


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_talks_to_anybody_unless_it_is_said(overlay: str) -> None:
    policies = {
        i["metadata"]["name"]: i["spec"] for i in rendered(overlay) if i["kind"] == "NetworkPolicy"
    }
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    outside = [
        peer["ipBlock"]
        for spec in policies.values()
        for rule in spec.get("egress", [])
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert outside == [{"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}]
    assert all(
        rule.get("from") for spec in policies.values() for rule in spec.get("ingress", [])
    ), "an ingress rule without a peer is open to all"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_enforces_the_restricted_standard(overlay: str) -> None:
    (namespace,) = [i for i in rendered(overlay) if i["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for item in rendered(overlay):
        home = item["metadata"].get("namespace")
        assert item["kind"] == "Namespace" or home == "gencheck", item["metadata"]


def test_with_tls_everybody_shows_a_certificate_of_its_own() -> None:
    folder = "/etc/gencheck/tls"
    mine = {"cert": f"{folder}/tls.crt", "key": f"{folder}/tls.key", "ca": f"{folder}/ca.crt"}
    servers = {n: t["spec"] for n, t in pods(rendered("prod-tls")) if n in (*SERVICES, "router")}
    assert len(servers) == 5
    for name, pod in servers.items():
        (container,) = pod["containers"]
        options = parse(container["args"])
        given = [options["tls_cert"], options["tls_key"], options["tls_client_ca"]]
        assert list(map(str, given)) == list(mine.values())
        called = {key: options[f"services_{key}"] for key in mine}
        assert {key: path and str(path) for key, path in called.items()} == (
            mine if name == "router" else dict.fromkeys(mine)
        )
        (mount,) = [m for m in container["volumeMounts"] if m["mountPath"] == folder]
        (volume,) = [v for v in pod["volumes"] if v["name"] == mount["name"]]
        # Readable by the group of the pod, and by nobody else.
        assert mount["readOnly"] and volume["secret"]["defaultMode"] == 0o440
        assert volume["secret"]["secretName"] == f"{name}-tls"
        probed = {container[f"{kind}Probe"]["grpc"]["port"] for kind in PROBES}
        assert probed == {options["health_port"]}, "the kubelet speaks no TLS"
    for item in rendered("prod-tls"):
        if item["kind"] == "Service" and item["metadata"]["name"] in servers:
            (port,) = [p for p in item["spec"]["ports"] if p["name"] == "grpc"]
            assert port["appProtocol"] == "https"


def test_models_of_triton_are_verified_before_it_starts() -> None:
    (triton,) = [t["spec"] for name, t in pods(rendered("prod")) if name == "triton"]
    (init,) = triton["initContainers"]
    assert init["args"][:2] == ["models", "install"]
    store = next(env["value"] for env in init["env"] if env["name"] == "GENCHECK_MODELS")
    (container,) = triton["containers"]
    assert f"--model-repository={store}" in container["args"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts[store]["readOnly"] is True
    assert store in {m["mountPath"] for m in init["volumeMounts"]}


def triton_flags() -> set[str]:
    """Flags of all tritonserver command lines of this project."""
    (triton,) = [t["spec"] for name, t in pods(rendered("prod")) if name == "triton"]
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    words = [*triton["containers"][0]["args"], *compose["services"]["triton"]["command"]]
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def test_triton_knows_its_flags() -> None:
    python = ROOT / ".venv-triton" / "bin" / "python"
    if not python.exists():
        pytest.skip("there is no .venv-triton: run make triton-install")
    code = (
        "import sys; sys.path.insert(0, 'deploy/triton'); import launch, subprocess;"
        "wheel = launch.find_wheel();"
        "env = launch.environment_of(wheel, launch.find_libpython(), 1);"
        "subprocess.run([wheel / 'bin' / 'tritonserver', '--help'], env=env)"
    )
    done = subprocess.run(
        [python, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    known = set(re.findall(r"^\s*(--[a-z0-9-]+)", done.stdout + done.stderr, re.MULTILINE))
    if not known:
        pytest.skip(f"tritonserver does not run here: {done.stderr[-300:]}")
    assert triton_flags() <= known


def test_triton_is_hardened() -> None:
    flags = triton_flags()
    assert {"--allow-http", "--grpc-restricted-protocol", "--disable-auto-complete-config"} <= flags
    for text in ("k8s/overlays/prod/triton.yaml", "deploy/compose.yaml"):
        words = (ROOT / text).read_text()
        assert "--model-control-mode=none" in words and "--allow-http=false" in words
        restricted = re.search(r"--grpc-restricted-protocol=([a-z,-]+):", words)
        assert restricted is not None
        assert {"model-repository", "shared-memory", "trace", "logging"} == set(
            restricted[1].split(",")
        )


OTHERS = re.compile(r"nv_inference_\w+")
"""Metrics of Triton."""


def test_scaling_reads_metrics_that_exist() -> None:
    text = (ROOT / "k8s/overlays/prod/scaling.yaml").read_text()
    ours = {family.name for family in Metrics().registry.collect()}
    used = set(re.findall(r"\b(?:gencheck|nv)_\w+", text))
    assert {name for name in used if not OTHERS.fullmatch(name)} <= ours

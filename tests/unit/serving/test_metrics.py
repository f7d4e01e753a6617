"""What is counted of an answer, and that labels stay few whatever comes."""

from itertools import pairwise

import pytest

from gencheck.serving.metrics import Metrics
from gencheck.v1 import bias_pb2, common_pb2, consistency_pb2, router_pb2

ROUTER = "gencheck.v1.RouterService"


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def answer(*codes: str, verdict: str = "FAIL") -> router_pb2.CheckResponse:
    findings = [common_pb2.Finding(code=code, severity=common_pb2.SEVERITY_MAJOR) for code in codes]
    return router_pb2.CheckResponse(
        verdict=common_pb2.Verdict.Value(f"VERDICT_{verdict}"), findings=findings
    )


def test_verdicts_and_findings_of_an_answer() -> None:
    metrics = Metrics()
    metrics.answers.count(ROUTER, answer("BLOCKING", "BLOCKING"))
    metrics.answers.count(ROUTER, answer(verdict="PASS"))
    for verdict in ("FAIL", "PASS"):
        assert value(metrics, "gencheck_verdicts_total", service=ROUTER, verdict=verdict) == 1
    found = {"service": ROUTER, "code": "BLOCKING", "severity": "MAJOR"}
    assert value(metrics, "gencheck_findings_total", **found) == 2


def test_the_answers_of_a_set_and_its_audit_count_each() -> None:
    metrics = Metrics()
    metrics.answers.count(ROUTER, router_pb2.CheckSetResponse(check=answer()))
    failure = router_pb2.CheckFailure(asset="a.png")
    metrics.answers.count(ROUTER, router_pb2.CheckSetResponse(failure=failure))
    audit = bias_pb2.AuditResponse(verdict=common_pb2.VERDICT_REVIEW)
    images = bias_pb2.AuditImagesResponse(audit=audit)
    metrics.answers.count(ROUTER, router_pb2.CheckSetResponse(audit=images))
    counted = {
        verdict: value(metrics, "gencheck_verdicts_total", service=ROUTER, verdict=verdict)
        for verdict in ("FAIL", "REVIEW", "PASS", "INCONCLUSIVE")
    }
    assert counted == {"FAIL": 1, "REVIEW": 1, "PASS": 0, "INCONCLUSIVE": 0}


def test_an_answer_without_a_verdict_counts_as_none() -> None:
    metrics = Metrics()
    metrics.answers.count("gencheck.v1.ConsistencyService", consistency_pb2.ParsePromptResponse())
    assert "gencheck_verdicts_total{" not in metrics.text()


def test_what_a_newer_service_says_becomes_one_label() -> None:
    metrics = Metrics()
    for number in range(100):
        finding = common_pb2.Finding(code=f"NEWER_{number}", severity=40 + number)  # type: ignore[arg-type]
        newer = router_pb2.CheckResponse(verdict=40 + number, findings=[finding])  # type: ignore[arg-type]
        metrics.answers.count(ROUTER, newer)
    other = {"service": ROUTER, "code": "OTHER", "severity": "OTHER"}
    assert value(metrics, "gencheck_findings_total", **other) == 100
    assert value(metrics, "gencheck_verdicts_total", service=ROUTER, verdict="OTHER") == 100
    assert metrics.text().count("gencheck_findings_total{") == 1


@pytest.mark.parametrize("side", ["server", "client"])
def test_buckets_resolve_a_millisecond_and_ten_minutes(side: str) -> None:
    metrics = Metrics()
    labels = ("grpc", "gencheck.v1.RouterService/Check", "OK")
    for histogram in (metrics.server_seconds, metrics.client_seconds):
        histogram.labels(*labels).observe(0.002)
    edges = [
        float(sample.labels["le"])
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == f"rpc_{side}_call_duration_seconds_bucket"
    ]
    assert edges == sorted(edges)
    assert edges[0] <= 0.001
    assert edges[-2] >= 600
    assert all(b / a <= 3 for a, b in pairwise(edges[:-1]))

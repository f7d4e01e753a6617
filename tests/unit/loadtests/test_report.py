import json
from typing import Any

import numpy as np
import pytest

from loadtests.records import Fate, Records
from loadtests.report import render
from loadtests.run import as_json
from loadtests.scenario import Capacity, Phase, Scenario
from loadtests.slo import Rule, Slo
from loadtests.summary import summarise
from loadtests.verdict import Evidence, generator_of, judge

ABOUT: dict[str, Any] = {
    "machine": {
        "processor": "<u>",
        "cores": 2,
        "load_average": 0.1,
        "gencheck": "1",
        "git": "",
    },
    "target": "<script>alert(1)</script>",
    "services": "given",
    "started": "today",
    "errors": {"UNAVAILABLE: <img src=x>": 3},
    "servers": {"client 0": {"cpu_seconds": {"one": 1.0}, "peak_rss_bytes": 10**8}},
}


def evidence(n: int) -> Evidence:
    records = Records(
        at=np.linspace(0, 9, n),
        lateness=np.zeros(n),
        latency=np.full(n, 0.1),
        kind=np.zeros(n, np.int8),
        phase=np.zeros(n, np.int16),
        fate=np.full(n, Fate.ANSWERED, np.int8),
        code=np.zeros(n, np.int16),
        verdict=np.ones(n, np.int8),
    )
    phases = (Phase("one", 10, rate=1), Phase("never <run>", 10, rate=1))
    scenario = Scenario("x", "<s>", phases, {"image": 1}, "x", capacity=Capacity())
    seconds = [10.0, 0.0]
    return Evidence(
        scenario,
        records,
        summarise(scenario, records, seconds),
        seconds,
        generator_of(records, processes=1, cpu=0.1),
        capacity=None,
        broken_off=True,
    )


@pytest.mark.parametrize("n", [0, 1, 500])
def test_whatever_was_run_there_is_a_page_and_json_that_any_parser_reads(n: int) -> None:
    found = evidence(n)
    said = as_json(found, judge(found, Slo((Rule("p99", at_most=1.0),))), ABOUT)
    json.dumps(said, allow_nan=False)
    page = render(json.loads(json.dumps(said)), found.records)
    assert "broken off after 10 of 20 s" in page
    for hostile in ("<script", "<img", "<u>", "<s>", "<run>"):
        assert hostile not in page
    assert "&lt;img src=x&gt;" in page

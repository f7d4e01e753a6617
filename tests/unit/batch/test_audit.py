"""Counts of shards add up, and are judged once."""

from gencheck.batch.audit import audit_catalogue
from gencheck.batch.states import StateSum
from gencheck.bias.counts import MAX_TABLES
from gencheck.findings import Verdict
from gencheck.policy_file import Policies

from .results import state

POLICY = Policies.load().get("")


def test_states_add_up_in_any_order_to_the_same_bytes() -> None:
    states = [
        state({"red": 1, "blue": 2}, images=3, prompt="a"),
        state({"blue": 5}, images=5, prompt="b"),
        state({"green": 1, "red": 3}, images=4, prompt="a"),
    ]
    sums = []
    for order in (states, states[::-1]):
        total = StateSum()
        for one in order:
            total.add(one)
        sums.append(total.to_bytes())
    assert sums[0] == sums[1]
    assert (total.images, total.images_without_face) == (12, 3)
    (first, second) = total.state().tables
    assert {c.category: c.count for c in first.counts} == {"red": 4, "blue": 2, "green": 1}
    assert (first.unverified, second.prompt) == (2, "b")


def test_a_skewed_catalogue_is_found_though_no_shard_shows_it() -> None:
    one = state({"red": 7, "blue": 2}, images=9)
    total = StateSum()
    for _ in range(200):
        total.add(one)
    alone = audit_catalogue(one, POLICY)
    whole = audit_catalogue(total.state(), POLICY)
    assert alone.report.audits[0].finding.name == "INSUFFICIENT"
    assert whole.report.audits[0].finding.name == "SKEWED"
    assert whole.judgement.verdict is Verdict.FAIL
    assert whole.document()["attributes"][0]["finding"] == "SKEWED"


def test_a_catalogue_tells_how_attributes_hang_on_groups() -> None:
    total = StateSum()
    total.add(state({"red": 90, "blue": 30}, images=120, prompt="a"))
    total.add(state({"red": 30, "blue": 90}, images=120, prompt="b"))
    (found,) = audit_catalogue(total.state(), POLICY).document()["associations"]
    assert found["p_adjusted"] < 1e-6
    assert {driver["prompt"] for driver in found["drivers"]} == {"a", "b"}


def test_too_many_groups_are_audited_together() -> None:
    total = StateSum()
    for number in range(MAX_TABLES + 1):
        total.add(state({"red": 1, "blue": 1}, images=2, prompt=f"p{number}"))
    found = audit_catalogue(total.state(), POLICY)
    assert len(found.report.audits) == 1
    assert found.report.audits[0].n == 2 * (MAX_TABLES + 1)
    assert any("not audited one by one" in note for note in found.notes)


def test_small_cells_are_not_in_the_summary_of_a_catalogue() -> None:
    found = audit_catalogue(state({"red": 3, "blue": 300, "green": 40}, images=343), POLICY)
    assert found.judgement.verdict is Verdict.FAIL
    (told,) = found.document()["attributes"]
    assert told["withheld"]
    assert [share["count"] for share in told["shares"]] == [300, 0, 0]
    assert found.report.audits[0].shares[2].count == 3


def test_counts_of_two_models_stay_apart() -> None:
    total = StateSum()
    for model in ("net@2", "net@1"):
        one = state({"red": 30, "blue": 30}, images=60)
        one.tables[0].model = model
        total.add(one)
    assert [table.model for table in total.state().tables] == ["net@1", "net@2"]
    found = audit_catalogue(total.state(), POLICY)
    assert [(audit.model, audit.n) for audit in found.report.audits] == [
        ("net@1", 60),
        ("net@2", 60),
    ]

"""What a Job's own words mean."""

import datetime as dt

import pytest
from kubernetes import client

from gencheck.batch.job import ROWS
from gencheck.batch.status import State, of_job

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def job(*, suspend: bool = False, **status: object) -> client.V1Job:
    return client.V1Job(
        metadata=client.V1ObjectMeta(name="run", namespace="checks", annotations={ROWS: "1000"}),
        spec=client.V1JobSpec(completions=10, suspend=suspend, template=client.V1PodTemplateSpec()),
        status=client.V1JobStatus(**status),
    )


def ended(kind: str, **more: object) -> client.V1JobCondition:
    at = START + dt.timedelta(seconds=100)
    return client.V1JobCondition(type=kind, status="True", last_transition_time=at, **more)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (job(), State.PENDING),
        (job(suspend=True), State.SUSPENDED),
        (job(active=2), State.RUNNING),
        (job(completed_indexes="0"), State.RUNNING),
        (job(conditions=[ended("Complete")]), State.COMPLETE),
        (job(conditions=[ended("FailureTarget"), ended("Failed")]), State.FAILED),
        (job(conditions=[ended("FailureTarget")], active=1), State.RUNNING),
    ],
)
def test_states(found: client.V1Job, state: State) -> None:
    assert of_job(found).state is state
    assert of_job(found).finished == (state in (State.COMPLETE, State.FAILED))


def test_rate_and_what_is_left() -> None:
    running = of_job(job(active=1, completed_indexes="0-3", start_time=START))
    now = START + dt.timedelta(seconds=40)
    assert running.done == 4
    assert running.rate(now) == pytest.approx(10)  # 4 of 10 shards of 1,000 assets in 40 s
    assert running.seconds_left(now) == pytest.approx(60)


def test_no_rate_is_made_up() -> None:
    assert of_job(job(active=1, start_time=START)).rate(START) is None
    assert of_job(job()).seconds_left(START) is None


def test_the_rate_of_a_finished_job_stays() -> None:
    over = of_job(job(completed_indexes="0-9", start_time=START, conditions=[ended("Complete")]))
    assert over.rate(START + dt.timedelta(days=1)) == pytest.approx(10)
    assert over.seconds_left(START) is None


def test_why_a_job_failed() -> None:
    why = ended("Failed", reason="PodFailurePolicy", message="exit code 64")
    found = of_job(job(conditions=[why], failed_indexes="3"))
    assert (found.reason, found.message) == ("PodFailurePolicy", "exit code 64")

"""Options of a Job are read strictly, and what no pod could do is refused at once."""

from dataclasses import replace

import pytest

from gencheck.batch.job_options import JobOptions, Mount, Toleration, Work, check
from gencheck.errors import InvalidArgument

WORK = Work("s3://bucket/m.parquet", "s3://bucket/out", 64, "0" * 64, 1000)
OPTIONS = JobOptions("run-1", "checks", "registry.example/gencheck-batch:1.2.3")


def test_mounts() -> None:
    assert Mount.parse("assets:/data") == Mount("assets", "/data")
    assert Mount.parse("assets:/data/x/:ro") == Mount("assets", "/data/x", read_only=True)
    for wrong in ("assets", "assets:", "assets:data", ":/data", "a b:/data", "a:/", "a:/x/../y"):
        with pytest.raises(InvalidArgument, match="--mount"):
            Mount.parse(wrong)
    with pytest.raises(InvalidArgument):
        Mount.parse("assets:/data:rx")


def test_tolerations() -> None:
    assert Toleration.parse("gpu") == Toleration("gpu")
    assert Toleration.parse("gpu=1:NoExecute") == Toleration("gpu", "Equal", "1", "NoExecute")
    assert Toleration.parse("spot:NoSchedule") == Toleration("spot", "Exists", None, "NoSchedule")
    for wrong in ("", "=1", "gpu:Never"):
        with pytest.raises(InvalidArgument, match="--toleration"):
            Toleration.parse(wrong)


def test_what_can_work_is_accepted() -> None:
    check(WORK, OPTIONS)
    mounted = replace(OPTIONS, mounts=(Mount("data", "/data"), Mount("out", "/out")))
    check(replace(WORK, manifest="/data/m.csv", out="file:///out/run"), mounted)


@pytest.mark.parametrize(
    ("work", "options", "where"),
    [
        (replace(WORK, manifest="/srv/m.csv"), OPTIONS, "MANIFEST"),
        (replace(WORK, out="file:///somewhere"), OPTIONS, "--out"),
        (replace(WORK, manifest="m.csv"), OPTIONS, "MANIFEST"),
        (replace(WORK, roots=("s3://a", "/srv/assets")), OPTIONS, "--root"),
        (replace(WORK, policies="policies"), OPTIONS, "--policies"),
        (replace(WORK, shards=0), OPTIONS, "--shards"),
        (replace(WORK, shards=100_001), OPTIONS, "--shards"),
        (WORK, replace(OPTIONS, name="Run_1"), "--name"),
        (WORK, replace(OPTIONS, name="x" * 54), "--name"),
        (WORK, replace(OPTIONS, image="registry:5000/gencheck-batch"), "--image"),
        (WORK, replace(OPTIONS, mounts=(Mount("a", "/x"), Mount("b", "/x"))), "--mount"),
    ],
)
def test_what_cannot_work_names_the_option(work: Work, options: JobOptions, where: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check(work, options)
    assert caught.value.where == where
    assert caught.value.fix


def test_a_mount_does_not_hold_a_path_that_only_begins_like_it() -> None:
    assert Mount("a", "/data").holds("/data/x")
    assert not Mount("a", "/data").holds("/database/x")


def test_the_arguments_of_a_pod_name_only_what_was_given() -> None:
    words = WORK.arguments(2, "")
    assert words == [
        *("batch", "shard", "s3://bucket/m.parquet", "--out", "s3://bucket/out"),
        *("--shards", "64", "--cores", "2"),
    ]
    more = replace(
        WORK,
        policy="strict",
        policies="/data/policies",
        profile="embedded",
        router="router:7400",
        deadline_per_asset=2.5,
        audit=True,
        roots=("s3://bucket", "s3://other"),
        hosts=("cdn.example.com",),
    )
    text = " ".join(more.arguments(4, ""))
    assert (
        "--policy strict --policies /data/policies --profile embedded --router router:7400" in text
    )
    assert "--deadline-per-asset 2.5 --audit --root s3://bucket --root s3://other" in text
    assert text.endswith("--allow-host cdn.example.com")
    assert "--policy /etc/p.toml" in " ".join(more.arguments(4, "/etc/p.toml"))

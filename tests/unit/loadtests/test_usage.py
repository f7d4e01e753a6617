import os
import subprocess
import sys

import pytest

from loadtests.usage import Meter, Sample, Usage, read_process


def test_cpu_between_two_instants_is_interpolated() -> None:
    usage = Usage({"x": [Sample(10.0, 1.0, 0), Sample(12.0, 3.0, 0), Sample(14.0, 3.0, 0)]})
    assert usage.cpu_between("x", 10.0, 14.0) == pytest.approx(2.0)
    assert usage.cpu_between("x", 11.0, 12.0) == pytest.approx(1.0)
    assert usage.cpu_between("x", 0.0, 100.0) == pytest.approx(2.0)
    assert usage.cpu_between("nobody", 0.0, 1.0) == 0.0


def test_memory_grows_by_its_straight_line() -> None:
    samples = [Sample(t, 0.0, 1000 + 50 * t + (5 if t % 2 else -5)) for t in range(60)]
    usage = Usage({"x": samples})
    assert usage.rss_slope("x", 0, 60) == pytest.approx(50, rel=0.01)
    assert usage.peak_rss("x") == 1000 + 50 * 59 + 5
    assert usage.rss_slope("x", 0, 1) == 0.0


def test_a_process_is_read_with_its_children() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    words = [sys.executable, "-c", "import os; print(1, flush=True);" + code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        alone = read_process(process.pid)
        assert alone is not None
        assert alone.rss > 10**6
        process.communicate(b"\n", timeout=60)
    assert read_process(process.pid) is None


def test_a_meter_reads_those_it_watches() -> None:
    meter = Meter({})
    meter.watch("me", os.getpid())
    for _ in range(3):
        meter.read()
    assert len(meter.usage.samples["me"]) == 3
    assert meter.usage.samples["me"][-1].cpu >= meter.usage.samples["me"][0].cpu > 0

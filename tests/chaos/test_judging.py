"""What the harness thinks of answers, and what it makes of figures."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chaos.assets import Ask
from chaos.chart import Line, chart
from chaos.judge import Row, mixed
from chaos.load import Answer, Golden, Kind
from chaos.memory import Held, family, held_by
from chaos.rolling import Row as Restart
from chaos.rolling import accepted_ids, tell
from chaos.soak import growth_of
from gencheck.v1.router_pb2 import CheckRequest, CheckSetRequest


def answer(*verdicts: str, judged: str = "artifact", code: str = "OK", id_: str = "") -> Answer:
    names = frozenset(judged.split())
    return Answer("a", 0.0, 0.0, 1.0, 3.0, code, verdicts, names, request_id=id_)


@pytest.mark.parametrize(
    ("healthy", "got", "kind"),
    [
        (answer("PASS"), answer("PASS"), Kind.RIGHT),
        (answer("FAIL"), answer("FAIL", judged=""), Kind.RIGHT),
        (answer("PASS"), answer("INCONCLUSIVE", judged=""), Kind.INCONCLUSIVE),
        (answer("FAIL"), answer("PASS"), Kind.WRONG_PASS),
        (answer("PASS", judged="artifact mesh"), answer("PASS"), Kind.WRONG_PASS),
        (answer("PASS"), answer("FAIL"), Kind.WRONG),
        (answer("REVIEW"), answer("FAIL"), Kind.WRONG),
        (answer("PASS"), answer(code="UNAVAILABLE"), Kind.ERROR),
        (answer("PASS", "PASS"), answer("PASS", "FAILURE"), Kind.ERROR),
        (answer("PASS", "PASS"), answer("PASS"), Kind.LOST),
    ],
)
def test_an_answer_is_held_against_the_healthy_one(
    healthy: Answer, got: Answer, kind: Kind
) -> None:
    assert Golden({"a": healthy}).kind(got) is kind


def test_every_other_question_needs_what_is_hurt() -> None:
    asks = [Ask(name, [CheckRequest()]) for name in ("photo", "vase", "melody")]
    asks.append(Ask("set", [CheckSetRequest(), CheckSetRequest()]))
    judged = {"photo": "artifact", "vase": "mesh", "melody": "artifact", "set": "artifact"}
    golden = Golden({name: answer("PASS", judged=checks) for name, checks in judged.items()})
    names = [ask.name for ask in mixed(asks, golden, "mesh")]
    assert names == ["vase", "photo", "vase", "melody", "vase", "set"]
    assert [ask.name for ask in mixed(asks, golden, "bias")][::2] == ["set"] * 3
    assert mixed(asks, golden, "nobody") == asks


def test_what_was_promised_is_named_where_it_is_broken() -> None:
    kept = Row("mesh", "killed", 9, 4, 5, {"UNAVAILABLE": 2}, 0, 0, 0.5, 3.0, 0.0)
    assert not kept.broken_promises
    broken = Row("mesh", "killed", 9, 4, 5, {"INTERNAL": 1}, 1, 1, 0.5, math.inf, 0.0)
    assert broken.broken_promises == [
        "a wrong PASS",
        "a wrong or lost answer",
        "INTERNAL",
        "no recovery",
    ]
    assert broken.as_json()["recovered"] is None


def test_a_try_that_broke_after_it_was_accepted_is_lost(tmp_path: Path) -> None:
    log = tmp_path / "router.log"
    log.write_text(
        "not JSON\n"
        '{"event": "rpc", "code": "CANCELLED", "request_id": "1"}\n'
        '{"event": "rpc", "code": "UNAVAILABLE", "request_id": "2"}\n'
        '{"event": "listening"}\n'
    )
    golden, accepted = Golden({"a": answer("PASS")}), accepted_ids([log])
    assert accepted == {"1"}
    lost, refused = Restart("router-0", 0, 1.0), Restart("router-0", 0, 1.0)
    tell(lost, [answer(code="UNAVAILABLE", id_="1"), answer("PASS")], golden, accepted)
    tell(refused, [answer(code="UNAVAILABLE", id_="2"), answer("PASS")], golden, accepted)
    assert (lost.right, lost.refused, lost.lost) == (1, 1, 1)
    assert (refused.right, refused.refused, refused.lost) == (1, 1, 0)
    tell(refused, [answer(code="UNAVAILABLE", id_="2")], golden, accepted)
    assert refused.lost == 1


def test_a_slope_is_that_of_the_line_whatever_one_sample_says() -> None:
    minutes = [n / 12 for n in range(120)]
    held = [Held(300 + 2 * minute, 9, 8, 2) for minute in minutes]
    held[70] = Held(900, 9, 8, 2)
    held[:24] = [Held(10 * n, 9, 8, 1) for n in range(24)]  # before the warm-up is over
    growth = growth_of("mesh", minutes, held, 2.0)
    assert growth.slope == pytest.approx(2.0)
    assert growth.low <= growth.slope <= growth.high
    assert growth.before == held[24]


def test_a_process_holds_memory_descriptors_and_threads() -> None:
    import os

    mine = held_by(os.getpid())
    assert mine.rss > 10
    assert min(mine.fds, mine.threads, mine.processes) >= 1
    assert family(os.getpid())[0] == os.getpid()
    assert held_by(2**22 + 1) == Held(0, 0, 0, 0)


def test_a_chart_is_svg_with_a_line_for_each() -> None:
    lines = [Line("a<b", [1.0, math.nan, 3.0]), Line("c", [0.0, 0.0, 0.0])]
    root = ET.fromstring(chart([0, 1, 2], {"x": lines, "y": lines[:1]}))
    drawn = root.findall(".//{*}polyline")
    assert [len(line.get("points", "").split()) for line in drawn] == [2, 3, 2]
    assert "a<b" in [text.text for text in root.findall(".//{*}text")]

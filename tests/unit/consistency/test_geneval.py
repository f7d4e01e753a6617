"""GenEval's rules on boxes with known answers, its files, and what is no such file."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gencheck.consistency import geneval
from gencheck.consistency.geneval.pictures import look_for
from gencheck.deadline import Deadline
from gencheck.errors import InvalidInput, LimitExceeded
from gencheck.findings import Box, ModelUsed
from gencheck.vision.roles import DetectedObject, Picture


def asked(tag: str = "two_object", **clauses: Any) -> geneval.Metadata:
    return geneval.parse_metadata({"tag": tag, "prompt": "a photo", **clauses}, "here")


def thing(x: float, y: float, score: float = 0.8, colour: str | None = None) -> geneval.Thing:
    """Of 20 by 20 pixels, around a point."""
    return geneval.Thing(np.array([x - 10, y - 10, x + 10, y + 10, score], np.float32), colour)


def verdict(found: dict[str, list[geneval.Thing]], metadata: geneval.Metadata) -> tuple[bool, str]:
    return geneval.evaluate(geneval.keep(found, metadata.tag), metadata)


class TestKeeping:
    @pytest.mark.parametrize(("tag", "least"), [("single_object", 0.3), ("counting", 0.9)])
    def test_only_what_is_above_the_score_of_the_task(self, tag: str, least: float) -> None:
        found = {"cat": [thing(0, 0, least), thing(0, 0, least + 0.01)], "dog": [thing(0, 0, 0.1)]}
        kept = geneval.keep(found, tag)
        assert {name: len(things) for name, things in kept.items()} == {"cat": 1}

    def test_best_first_and_sixteen_at_most(self) -> None:
        scores = np.linspace(0.4, 0.9, 20)
        kept = geneval.keep({"cat": [thing(0, 0, s) for s in scores]}, "colors")["cat"]
        assert [t.box[4] for t in kept] == pytest.approx(scores[::-1][:16])

    def test_nothing_is_suppressed(self) -> None:
        twice = [thing(50, 50, 0.95), thing(50, 50, 0.96)]
        two = asked("counting", include=[{"class": "cat", "count": 2}])
        assert verdict({"cat": twice}, two) == (True, "")


class TestClauses:
    def test_a_thing_that_is_missing(self) -> None:
        wanted = asked(include=[{"class": "cat", "count": 1}, {"class": "dog", "count": 2}])
        assert verdict({"cat": [thing(0, 0)], "dog": [thing(0, 0)]}, wanted) == (
            False,
            "expected dog>=2, found 1",
        )
        assert verdict({}, wanted)[1].splitlines() == [
            "expected cat>=1, found 0",
            "expected dog>=2, found 0",
        ]

    @pytest.mark.parametrize(("n", "right"), [(2, False), (3, True), (4, False), (5, False)])
    def test_counting_is_at_least_and_fewer_than(self, n: int, right: bool) -> None:
        wanted = asked(
            "counting",
            include=[{"class": "cat", "count": 3}],
            exclude=[{"class": "cat", "count": 4}],
        )
        correct, reason = verdict({"cat": [thing(30 * i, 0, 0.95) for i in range(n)]}, wanted)
        assert correct is right
        assert (f"expected cat<4, found {n}" in reason) is (n > 3)

    def test_the_colour_of_the_best_things_alone(self) -> None:
        red = asked("colors", include=[{"class": "car", "count": 1, "color": "red"}])
        found = {"car": [thing(0, 0, 0.5, "red"), thing(0, 0, 0.9, "blue")]}
        assert verdict(found, red) == (False, "expected red car>=1, found 0 red; and 1 blue")
        assert verdict({"car": found["car"][:1]}, red) == (True, "")

    def test_every_thing_of_several_has_the_colour(self) -> None:
        two = asked("colors", include=[{"class": "car", "count": 2, "color": "red"}])
        cars = [thing(0, 0, 0.9, "red"), thing(0, 0, 0.8, ""), thing(0, 0, 0.7, "red")]
        assert verdict({"car": cars}, two) == (
            False,
            "expected red car>=2, found 1 red; and 1 red",
        )

    def test_colours_that_nobody_looked_for(self) -> None:
        red = asked("colors", include=[{"class": "car", "count": 1, "color": "red"}])
        with pytest.raises(InvalidInput, match="colour of car is asked for"):
            verdict({"car": [thing(0, 0)]}, red)
        assert verdict({}, red) == (False, "expected car>=1, found 0")

    def test_a_clause_that_failed_is_no_target(self) -> None:
        wanted = asked(
            "position",
            include=[
                {"class": "cat", "count": 1, "color": "red"},
                {"class": "dog", "count": 1, "position": ["left of", 0]},
            ],
        )
        found = {"cat": [thing(100, 0, 0.9, "blue")], "dog": [thing(0, 0)]}
        assert verdict(found, wanted)[1].splitlines() == [
            "expected red cat>=1, found 0 red; and 1 blue",
            "no target for dog to be left of",
        ]

    def test_each_thing_stands_so_to_each_of_the_others(self) -> None:
        wanted = asked(
            "position",
            include=[
                {"class": "cat", "count": 2},
                {"class": "dog", "count": 1, "position": ["left of", 0]},
            ],
        )
        cats = [thing(100, 0, 0.9), thing(200, 0, 0.8)]
        assert verdict({"cat": cats, "dog": [thing(0, 0)]}, wanted) == (True, "")
        assert verdict({"cat": cats, "dog": [thing(150, 0)]}, wanted) == (
            False,
            "expected dog left of target, found right of target",
        )

    def test_no_clause_at_all(self) -> None:
        assert verdict({"cat": [thing(0, 0)]}, asked()) == (True, "")


class TestRelations:
    @pytest.mark.parametrize(
        ("x", "y", "held"),
        [
            (-50, 0, ["left of"]),
            (50, 0, ["right of"]),
            (0, -50, ["above"]),
            (0, 50, ["below"]),
            (-50, -50, ["left of", "above"]),
            (50, 50, ["right of", "below"]),
            (0, 0, []),
            (4, 0, []),  # a tenth of the summed widths
            (7.9, 0, []),  # (7.9 - 4) / 7.9 < 0.5
            (8.1, 0, ["right of"]),
            (100, 40, ["right of"]),  # (40 - 4) / 107.7 < 0.5
            (60, 52, ["right of", "below"]),
        ],
    )
    def test_the_offset_of_the_centres(self, x: float, y: float, held: list[str]) -> None:
        assert geneval.relations(thing(x, y).box, thing(0, 0).box) == held

    def test_large_things_have_to_stand_further_off(self) -> None:
        small, large = np.array([[45, 0, 55, 10, 1], [-50, 0, 50, 10, 1]], np.float32)
        # Centres 50 apart, a tenth of the summed widths is 11.
        assert geneval.relations(small, large) == ["right of"]
        wide = np.array([-250, 0, 250, 10, 1], np.float32)
        assert geneval.relations(small, wide) == []


class TestMetadata:
    def test_a_line_as_it_ships(self) -> None:
        line = (
            '{"tag": "position", "include": [{"class": "motorcycle", "count": 1}, {"class": "tie", '
            '"count": 1, "position": ["right of", 0]}], "prompt": "a tie right of a motorcycle"}'
        )
        (read,) = geneval.read_metadata(f"{line}\n\n", "file")
        assert read.include[1] == geneval.Wanted("tie", 1, "", ("right of", 0))
        assert (read.tag, read.exclude) == ("position", ())
        assert read.given == json.loads(line)

    @pytest.mark.parametrize(
        ("clause", "told"),
        [
            ({"class": "cat", "count": 0}, "count is no whole number"),
            ({"class": "cat", "count": True}, "count is no whole number"),
            ({"count": 1}, "class is missing"),
            ({"class": "cat", "count": 1, "color": "grey"}, "color is none of"),
            ({"class": "cat", "count": 1, "position": ["near", 0]}, "position is no pair"),
            ({"class": "cat", "count": 1, "position": ["above", 0]}, "no clause before it"),
            ({"class": "cat", "count": 1, "position": ["above", -1]}, "no clause before it"),
            ([], "a clause is a JSON object"),
        ],
    )
    def test_clauses_that_mean_nothing(self, clause: Any, told: str) -> None:
        with pytest.raises(InvalidInput, match=told):
            asked(include=[clause])

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "no JSON"),
            ("[" * 100_000, "no JSON"),
            ("[]", "no JSON object"),
            ('{"tag": "\\ud800", "prompt": "x"}', "no JSON"),
            ('{"prompt": "x"}', "tag is missing"),
            ('{"tag": "x", "prompt": "x", "include": {}}', "include is no list"),
        ],
    )
    def test_lines_that_are_none(self, text: str, told: str) -> None:
        with pytest.raises(InvalidInput, match=told) as caught:
            geneval.read_metadata(f"\n{text}", "file")
        assert caught.value.where == "file:2"

    def test_a_line_without_end(self) -> None:
        with pytest.raises(LimitExceeded):
            geneval.read_metadata(" " * (geneval.MAX_LINE + 1), "file")


def boxes_line(**fields: Any) -> str:
    given = {"filename": "a.png", "details": {"cat": [[0, 0, 9, 9, 0.5]]}, **fields}
    return json.dumps({key: value for key, value in given.items() if value is not None})


class TestBoxes:
    def test_colours_go_with_their_boxes(self) -> None:
        line = boxes_line(
            details={"cat": [[0, 0, 9, 9, 0.5], [0, 0, 9, 9, 0.7]]}, colors={"cat": ["red", ""]}
        )
        read = geneval.parse_boxes(line, "file:1")
        assert [t.colour for t in geneval.keep(read.found, "")["cat"]] == ["", "red"]
        assert read.metadata is None

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"filename": 3}, "no JSON object with a filename"),
            ({"details": None}, "details is no object of lists"),
            ({"details": {"cat": 3}}, "details is no object of lists"),
            ({"details": {"cat": [[0, 0, 9, 9]]}}, "a box is no list of"),
            ({"details": {"cat": [[0, 0, 9, float("nan"), 0.5]]}}, "a box is no list of"),
            ({"details": {"cat": [[0, 0, 9, "9", 0.5]]}}, "a box is no list of"),
            ({"details": {"cat": [[0, 0, 9, 9, 87]]}}, "score 87 of a box"),
            ({"details": {"cat": [[0, 0, 9, 9, 1]] * 10_001}}, "more than 10000 boxes"),
            ({"colors": {"cat": []}}, "0 colors for 1 boxes"),
            ({"colors": {"cat": ["grey"]}}, "'grey' is none of the colours"),
            ({"colors": {"dog": ["red"]}}, "colors of dog"),
            ({"metadata": "{}"}, "tag is missing"),
        ],
    )
    def test_lines_that_are_none(self, fields: dict[str, Any], told: str) -> None:
        with pytest.raises(InvalidInput, match=told):
            geneval.parse_boxes(boxes_line(**fields), "file:1")


class TestResults:
    def test_the_fields_of_the_published_script(self) -> None:
        wanted = asked("counting", include=[{"class": "cat", "count": 1}], note="kept")
        found = {"cat": [thing(10, 10, 0.95), thing(10, 10, 0.85)]}
        line = geneval.result_line("00000/samples/0000.png", found, wanted)
        assert list(line) == [
            *("filename", "tag", "prompt", "correct"),
            *("reason", "metadata", "details"),
        ]
        assert (line["correct"], line["reason"]) == (True, "")
        assert json.loads(line["metadata"]) == wanted.given
        details = json.loads(line["details"])
        assert details["cat"] == [pytest.approx([0, 0, 20, 20, 0.95])]

    def test_results_are_boxes_too_and_judged_the_same_again(self) -> None:
        wanted = asked(
            "position",
            include=[
                {"class": "cat", "count": 1},
                {"class": "dog", "count": 1, "position": ["above", 0]},
            ],
        )
        found = {"cat": [thing(0, 0.3)], "dog": [thing(1 / 3, 50), thing(0, 0, 0.1)]}
        line = geneval.result_line("a.png", found, wanted)
        assert not line["correct"]
        again = geneval.parse_boxes(json.dumps(line), "results:1")
        assert again.metadata == wanted
        assert geneval.result_line(again.filename, again.found, again.metadata) == line

    def test_scores_are_means_over_tasks(self) -> None:
        def result(tag: str, prompt: str, correct: bool) -> dict[str, Any]:
            return {"tag": tag, "metadata": prompt, "correct": correct}

        found = geneval.scores(
            [
                result("one", "p", True),
                result("one", "p", False),
                result("one", "q", False),
                result("two", "r", True),
            ]
        )
        assert found is not None
        assert [(t.tag, t.correct, t.pictures) for t in found.tasks] == [
            ("one", 1, 3),
            ("two", 1, 1),
        ]
        assert found.overall == pytest.approx((1 / 3 + 1) / 2)
        assert (found.pictures, found.prompts) == pytest.approx((0.5, 2 / 3))
        assert geneval.scores([]) is None


class Drawn:
    """Finds what was drawn: plays ``ObjectDetector``."""

    model = ModelUsed("object_detector", "drawn", "1")
    labels = ("car", "mouse")

    def __init__(self, *objects: DetectedObject) -> None:
        self._objects = list(objects)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        return self._objects


RGB = {
    "red": (200, 20, 30),
    "orange": (250, 130, 20),
    "yellow": (245, 220, 40),
    "green": (30, 150, 50),
    "blue": (30, 60, 200),
    "purple": (120, 40, 160),
    "pink": (250, 160, 190),
    "brown": (110, 65, 30),
    "black": (10, 10, 10),
    "white": (250, 250, 250),
}


class TestPictures:
    @pytest.mark.parametrize("colour", geneval.COLOURS)
    async def test_the_colour_of_most_pixels(self, colour: str) -> None:
        picture = np.full((100, 100, 3), 128, np.uint8)
        picture[20:60, 30:80] = RGB[colour]
        picture[20:60, 30:42] = RGB["blue" if colour != "blue" else "red"]
        wanted = asked("colors", include=[{"class": "car", "count": 1, "color": colour}])
        detector = Drawn(DetectedObject("car", Box(30, 20, 50, 40), 0.9))
        found = await look_for(wanted, picture, detector, deadline=Deadline())
        assert found["car"][0].box == pytest.approx([30, 20, 80, 60, 0.9])
        assert found["car"][0].colour == colour
        assert geneval.result_line("a.png", found, wanted)["correct"]

    async def test_too_small_or_of_no_colour_that_is_asked_for(self) -> None:
        picture = np.full((100, 100, 3), 128, np.uint8)  # grey is none of the ten
        wanted = asked("colors", include=[{"class": "car", "count": 1, "color": "red"}])
        for box in (Box(0, 0, 50, 50), Box(0, 0, 3, 3)):
            detector = Drawn(DetectedObject("car", box, 0.9))
            found = await look_for(wanted, picture, detector, deadline=Deadline())
            assert found["car"][0].colour == ""

    async def test_names_that_coco_has_otherwise(self) -> None:
        wanted = asked("single_object", include=[{"class": "computer mouse", "count": 1}])
        detector = Drawn(DetectedObject("mouse", Box(0, 0, 5, 5), 0.4))
        picture = np.zeros((9, 9, 3), np.uint8)
        found = await look_for(wanted, picture, detector, deadline=Deadline())
        assert geneval.result_line("a.png", found, wanted)["correct"]

    async def test_what_the_detector_does_not_know_is_not_called_absent(self) -> None:
        wanted = asked("counting", exclude=[{"class": "unicorn", "count": 1}])
        with pytest.raises(InvalidInput, match="drawn knows no unicorn"):
            await look_for(wanted, np.zeros((9, 9, 3), np.uint8), Drawn(), deadline=Deadline())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
CLAUSES = st.lists(
    st.fixed_dictionaries(
        {"class": st.just("cat") | JSON, "count": st.just(1) | JSON},
        optional={
            "color": st.just("red") | JSON,
            "position": st.just(["above", 0]) | st.tuples(JSON, JSON) | JSON,
        },
    ),
    max_size=3,
)
ASKED = st.fixed_dictionaries(
    {"tag": st.just("x"), "prompt": st.just("x"), "include": CLAUSES}, optional={"exclude": CLAUSES}
)
FOUND = st.dictionaries(st.just("cat"), st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=5)))


@given(ASKED | JSON, FOUND | JSON, st.dictionaries(st.just("cat"), JSON) | JSON)
def test_any_json_is_judged_or_refused(asked: Any, details: Any, colours: Any) -> None:
    line = {"filename": "x", "metadata": asked, "details": details, "colors": colours}
    with contextlib.suppress(InvalidInput):
        boxes = geneval.parse_boxes(json.dumps(line), "file:1")
        if boxes.metadata is not None:
            result = geneval.result_line("x", boxes.found, boxes.metadata)
            assert result["correct"] is (result["reason"] == "")

from gencheck.consistency.look import settle
from gencheck.findings import Box
from gencheck.vision.roles import DetectedObject


def thing(label: str, score: float, x: float, width: float = 100) -> DetectedObject:
    return DetectedObject(label, Box(x, 0, width, 100), score)


def test_one_thing_keeps_its_best_label() -> None:
    found = settle([thing("dog", 0.5, 5), thing("cat", 0.9, 0), thing("dog", 0.6, 300)])
    assert [(t.label, t.score) for t in found] == [("cat", 0.9), ("dog", 0.6)]


def test_things_of_one_label_and_things_on_things_stay() -> None:
    tie, person = thing("tie", 0.4, 40, 20), thing("person", 0.9, 0)
    assert set(settle([tie, person])) == {tie, person}
    assert len(settle([thing("dog", 0.9, 0), thing("dog", 0.8, 5)])) == 2

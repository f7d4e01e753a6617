from gencheck.consistency.verify.answer import contradicted, over_pictures, supported, uncertain
from gencheck.consistency.verify.frames import over_time
from gencheck.findings import Box, TimeSpan

YES = supported("a dog was seen", "ObjectDetector", [Box(1, 2, 3, 4)])
NO = contradicted("no dog was seen", "ObjectDetector")
OPEN = uncertain("something was seen", "ObjectDetector")


def test_a_claim_says_when_it_holds() -> None:
    frames = [NO, YES, YES, OPEN, YES]
    answer = over_time(over_pictures(frames), frames, [0.0, 0.5, 1.0, 1.5, 2.0])
    assert answer.evidence == (TimeSpan(0.5, 1.0), TimeSpan(2.0, 2.0), Box(1, 2, 3, 4))
    assert answer.explanation == "at 0.5 s: a dog was seen; so in 3 of 5 frames"


def test_an_open_claim_and_a_single_frame_have_no_time() -> None:
    assert over_time(OPEN, [OPEN, OPEN], [0.0, 1.0]) is OPEN
    assert over_time(YES, [YES], [0.0]) is YES

"""An animated picture is judged over time, as the clip that it is."""

import io

import numpy as np
import pytest
import skimage.data
from PIL import Image as PillowImage

from gencheck.artifact.check import check_media
from gencheck.deadline import Deadline
from gencheck.findings import SkipReason
from gencheck.media.decode import decode
from gencheck.media.types import Limits


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_that_waits_for_a_while_misses_no_frame(kind: str) -> None:
    photo = np.asarray(skimage.data.astronaut())
    places = range(0, 190, 10)
    frames = [PillowImage.fromarray(photo[100:260, x : x + 200]) for x in places]
    file = io.BytesIO()
    settings = {"duration": [100] * 16 + [900, 100, 100], "quality": 90}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **settings)
    report = check_media(decode(file.getvalue(), Limits()), deadline=Deadline())
    outcomes = {o.check: o for o in report.outcomes}
    assert {"artifact.frozen", "artifact.flicker", "artifact.blocking"} <= set(outcomes)
    assert outcomes["artifact.dropped_frames"].reason == SkipReason.NOT_APPLICABLE.value
    assert "DROPPED_FRAMES" not in {m.code for m in report.measurements}

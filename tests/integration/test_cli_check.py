"""``gencheck check`` on real files: what is refused and judged, order, prompts, reports."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
OPEN_TODAY = 'a poster with the words "OPEN TODAY"'


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_that_claims(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def glb_out_of_range() -> bytes:
    """A triangle whose accessor counts a million vertices in a buffer of 36 bytes."""
    scene = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 10**6, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    parts = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", 36, b"BIN\0")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(parts) + 36) + parts + bytes(36)


NAN_MESH = b"v 0 0 0\nv 1 0 0\nv 0 nan 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\n"


def dot() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((1, 1, 3), 90, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def bad(tmp_path: Path, samples: Path) -> Path:
    """The folder of files that nobody wants to get."""
    jpeg = (samples / "coffee.jpg").read_bytes()
    files = {
        "empty.png": b"",
        "text.png": b"These are words, and no picture at all.\n",
        "huge.png": png_that_claims(60_000, 60_000),
        "dot.png": dot(),
        "half.jpg": jpeg[: len(jpeg) // 2],
        "head.jpg": jpeg[:300],
        "range.glb": glb_out_of_range(),
        "nan.obj": NAN_MESH,
        "zeros.mp4": bytes(1_000),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.png").mkdir()
    return tmp_path


REFUSED = {
    "empty.png": "empty",
    "text.png": "plain text",
    "huge.png": "60",
    "head.jpg": "",
    "range.glb": "",
    "zeros.mp4": "no medium",
    "folder.png": "folder",
    "missing.png": "no such file",
}


def test_what_cannot_be_read_is_refused_with_a_reason(gencheck: Run, bad: Path) -> None:
    ran = gencheck("check", *(bad / name for name in REFUSED))
    assert ran.status == 65
    lines = ran.out.splitlines()
    for line, (name, told) in zip(lines, REFUSED.items(), strict=True):
        assert line.startswith(f"ERROR  {bad / name}: ")
        assert told in line


def test_what_can_be_read_in_part_is_judged(gencheck: Run, bad: Path) -> None:
    names = ["half.jpg", "nan.obj", "dot.png"]
    ran = gencheck("check", "--json", *(bad / name for name in names))
    assert ran.status == 1
    half, nan, dot = ran.lines
    assert [half["verdict"], nan["verdict"]] == ["VERDICT_FAIL"] * 2
    assert "TRUNCATED" in {finding["code"] for finding in half["findings"]}
    assert "NON_FINITE" in {finding["code"] for finding in nan["findings"]}
    assert dot["verdict"] == "VERDICT_INCONCLUSIVE"


def test_the_rest_goes_on_in_the_order_of_the_input(
    gencheck: Run, bad: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = bad / "locked.png"
    locked.write_bytes(dot())
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    names = [
        samples / "coffee.jpg",
        *(bad / name for name in REFUSED),
        samples / "blurred.png",
        locked,
        samples / "vase.glb",
        samples / "coffee.jpg",
    ]
    ran = gencheck("check", "--json", *names)
    assert [line["asset"] for line in ran.lines] == [str(name) for name in names]
    answered = [line.get("verdict", line.get("error", {}).get("code")) for line in ran.lines]
    assert answered[0] == answered[-1] == answered[-2] == "VERDICT_PASS"
    assert answered[1:9] == [3] * 7 + [5]  # INVALID_ARGUMENT, and NOT_FOUND for the missing one
    assert answered[9] == "VERDICT_FAIL"
    assert answered[10] == 7  # PERMISSION_DENIED
    assert ran.status == 1  # the worst of those that were judged
    for line in ran.lines[1:9]:
        (info,) = [d for d in line["error"]["details"] if d["@type"].endswith("ErrorInfo")]
        assert info["reason"]


def test_a_file_that_failed_beside_one_that_passed_is_inconclusive(
    gencheck: Run, bad: Path, samples: Path
) -> None:
    assert gencheck("check", samples / "coffee.jpg", bad / "text.png").status == 3


def test_verdicts_are_the_exit_status(gencheck: Run, samples: Path, tmp_path: Path) -> None:
    review = tmp_path / "review.toml"
    review.write_text('name = "r"\nversion = "1"\n[thresholds.BLUR]\nminor = 0.0\n')
    coffee = samples / "coffee.jpg"
    assert gencheck("check", coffee).status == 0
    assert gencheck("check", samples / "blurred.png").status == 1
    assert gencheck("check", coffee, "--policy", review).status == 2
    assert gencheck("check", coffee, "--prompt", "a cup that dreams of Paris").status == 3


def test_what_fails_early_is_not_checked_further(gencheck: Run, samples: Path) -> None:
    broken = samples / "vase_broken.glb"
    done = gencheck("check", broken, "--prompt", "a vase", "--stop-early", "--json")
    assert done.status == 1
    outcomes = {outcome["check"]: outcome for outcome in done.lines[0]["outcomes"]}
    assert outcomes["consistency"]["skipped"]["reason"] == "NOT_NEEDED"
    assert [part["check"] for part in done.lines[0]["parts"]] == ["mesh", "consistency"]


def test_a_server_answers_as_this_process_does(gencheck: Run, server: Any, samples: Path) -> None:
    files = [samples / name for name in ("blurred.png", "vase.glb", "poster.png")]
    here = gencheck("check", *files, "--json", "--prompt", OPEN_TODAY)
    there = gencheck("check", *files, "--json", "--prompt", OPEN_TODAY, "--router", server.address)
    assert here.status == there.status == 1
    for one, other in zip(here.lines, there.lines, strict=True):
        for line in (one, other):
            del line["timings"], line["request_id"], line["parts"]
        assert one == other


def test_a_server_may_know_policies_that_we_do_not(
    gencheck: Run, server: Any, samples: Path
) -> None:
    ran = gencheck("check", samples / "coffee.jpg", "--router", server.address, "--policy", "house")
    assert ran.status == 65
    assert 'no policy is called "house"' in ran.out


def test_prompts_come_from_a_table(gencheck: Run, samples: Path, tmp_path: Path) -> None:
    table = tmp_path / "prompts.csv"
    rows = [("poster.png", OPEN_TODAY), ("poster_misspelt.png", OPEN_TODAY)]
    table.write_text(
        "file,prompt\n"
        + "".join(
            f'{samples / file},"{text.replace(chr(34), chr(34) * 2)}"\n' for file, text in rows
        )
    )
    for command in ("check", "consistency"):
        ran = gencheck(command, "--prompts", table, "--json")
        assert [line["asset"] for line in ran.lines] == [str(samples / file) for file, _ in rows]
        assert [line["verdict"] for line in ran.lines] == ["VERDICT_PASS", "VERDICT_FAIL"]
        assert ran.status == 1
    table.write_text("file\nposter.png\n")
    ran = gencheck("check", "--prompts", table)
    assert ran.status == 65
    assert f"{table}:1: no column prompt" in ran.err


def test_an_overlong_prompt_for_a_picture_is_refused(gencheck: Run, samples: Path) -> None:
    ran = gencheck("check", samples / "coffee.jpg", "--prompt", "a cat " * 1_700)
    assert ran.status == 65
    assert "4000" in ran.out


def test_a_report_is_written_and_again_from_kept_answers(
    gencheck: Run, samples: Path, tmp_path: Path
) -> None:
    files = [samples / "blurred.png", samples / "none.png"]
    ran = gencheck("check", *files, "--json", "--report", tmp_path / "one")
    assert (tmp_path / "one" / "index.html").stat().st_size > 1_000
    (tmp_path / "answers.jsonl").write_text(ran.out)
    again = gencheck("report", tmp_path / "answers.jsonl", "--out", tmp_path / "two")
    assert again.status == 0
    assert "BLUR" in (tmp_path / "two" / "index.html").read_text()
    (tmp_path / "answers.jsonl").write_text("{}\nnot json\n")
    broken = gencheck("report", tmp_path / "answers.jsonl", "--out", tmp_path / "three")
    assert broken.status == 65
    assert "answers.jsonl:2" in broken.err

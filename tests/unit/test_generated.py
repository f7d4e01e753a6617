"""The committed code of the API is what its protos generate today."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "services" / "gencheck" / "v1"


def test_committed_code_is_what_the_protos_generate(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "proto" / "generate.py", tmp_path], check=True)

    fresh = {path.name: path.read_text() for path in (tmp_path / "gencheck" / "v1").iterdir()}
    committed = {path.name: path.read_text() for path in COMMITTED.glob("*_pb2*")}

    assert len(fresh) >= 4 * len(list((ROOT / "proto").rglob("*.proto")))
    assert sorted(committed) == sorted(fresh)
    stale = [name for name in fresh if committed[name] != fresh[name]]
    assert not stale, f"run `make proto` and commit: {stale}"

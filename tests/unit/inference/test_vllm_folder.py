"""The folder for Triton's vLLM backend: it cannot run here, but it must be read."""

import json
from pathlib import Path

from gencheck.inference.spec import parse_config

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "triton" / "vllm" / "qwen2_vl_2b"


def test_it_is_a_model_of_the_vllm_backend_that_runs_no_code_of_the_weights() -> None:
    config = parse_config((FOLDER / "config.pbtxt").read_text("utf-8"))
    assert config.backend == "vllm"
    assert not config.input  # the backend declares its tensors by itself
    engine = json.loads((FOLDER / "1" / "model.json").read_text("utf-8"))
    assert engine["trust_remote_code"] is False
    assert engine["limit_mm_per_prompt"] == {"image": 1}

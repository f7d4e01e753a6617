"""Generates the Python code of the API: `python proto/generate.py [OUT]` (default: services/)."""

import sys
from importlib import resources
from pathlib import Path
from sysconfig import get_path

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent


def generate(out: Path) -> int:
    """Writes `gencheck/v1/*` below `out`.

    Args:
      out: An existing folder.

    Returns:
      protoc's exit status.
    """
    plugins = Path(get_path("scripts"))
    sources = sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.proto"))
    return int(
        protoc.main(
            [
                "protoc",
                f"--proto_path={HERE}",
                f"--proto_path={get_path('purelib')}",  # google/api, google/rpc
                f"--proto_path={resources.files('grpc_tools') / '_proto'}",  # google/protobuf
                f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
                f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
                f"--python_out={out}",
                f"--grpc_python_out={out}",
                f"--mypy_out=quiet:{out}",
                f"--mypy_grpc_out=quiet:{out}",
                *sources,
            ]
        )
    )


if __name__ == "__main__":
    sys.exit(generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "services"))

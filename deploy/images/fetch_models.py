"""Put the sources of a profile's models into a folder, each verified: for building images.

    python3 fetch_models.py PROFILE FOLDER

``gencheck models install PROFILE --from FOLDER`` then needs no network.
"""

import sys
from pathlib import Path

from gencheck.inference.catalog import in_profile, read_catalog
from gencheck.inference.sources import fetch
from gencheck.inference.store import shipped_models


def main(profile: str, folder: str) -> None:
    """Fetch every source, named by its sha256."""
    shipped, into = shipped_models(), Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    for entry in in_profile(read_catalog(shipped / "catalog.toml"), profile):
        data = fetch(entry.source, shipped=shipped, source_dir=None)
        (into / entry.source.sha256).write_bytes(data)
        print(f"{entry.name}: {len(data):,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Put the sources of a profile's models into a folder, each verified: for building images.

    python3 fetch_models.py PROFILE FOLDER

``gencheck models install PROFILE --from FOLDER`` then needs no network.
"""

import sys
from pathlib import Path

from gencheck.inference.catalog import in_profile, read_catalog
from gencheck.inference.download import Downloader
from gencheck.inference.sources import fetch
from gencheck.inference.store import shipped_models


def main(profile: str, folder: str) -> None:
    """Fetch every source, named by its sha256; what recipes make has none."""
    shipped, into, downloader = shipped_models(), Path(folder), Downloader()
    into.mkdir(parents=True, exist_ok=True)
    for entry in in_profile(read_catalog(shipped / "catalog.toml"), profile):
        if entry.source.kind == "recipe":
            continue
        fetch(entry.source, into / entry.source.sha256, shipped=shipped, downloader=downloader)
        print(f"{entry.name}: {entry.source.size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""gencheck checks generated images, video, sound and 3D assets before anyone sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gencheck.client import AsyncClient, Client
    from gencheck.serving.tls import Tls

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "Tls", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the clients on first use, so that the pure parts stay free of gRPC."""
    if name in {"AsyncClient", "Client"}:
        from gencheck import client

        return getattr(client, name)
    if name == "Tls":
        from gencheck.serving.tls import Tls

        return Tls
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

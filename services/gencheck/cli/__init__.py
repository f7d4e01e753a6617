"""The command line."""

from gencheck.cli.app import main

__all__ = ["main"]

"""What stops a training or an export."""

from __future__ import annotations


class TrainingError(Exception):
    """Says what stopped it, and what to do about it."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(f"{message}. {fix}" if fix else message)

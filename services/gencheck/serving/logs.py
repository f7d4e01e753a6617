"""One line a call: JSON for machines, plain words on a terminal; never a payload or a prompt."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Mapping
from typing import TextIO

LOGGER = "gencheck"
_FIELDS = "gencheck_fields"
_MAX_TEXT = 2_000

Value = str | int | float | bool | None


def log(
    logger: logging.Logger,
    level: int,
    event: str,
    fields: Mapping[str, Value],
    *,
    error: BaseException | None = None,
) -> None:
    """Write one line: an event with its fields, and the traceback of an error if given."""
    if logger.isEnabledFor(level):
        logger.log(level, event, extra={_FIELDS: dict(fields)}, exc_info=error)


def configure(level: int | str = logging.INFO, stream: TextIO | None = None) -> None:
    """Send the log lines to a stream, by default standard error; may be called again."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(PlainFormatter() if target.isatty() else JsonFormatter())
    logger = logging.getLogger(LOGGER)
    for old in list(logger.handlers):
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False


class JsonFormatter(logging.Formatter):
    """One JSON object a line; line breaks inside values are escaped, so a line is one event."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        line: dict[str, Value] = {
            "time": _time(record),
            "level": record.levelname,
            "event": _short(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainFormatter(logging.Formatter):
    """The same for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        words = [_time(record)[11:23], f"{record.levelname:<7}", _short(record.getMessage())]
        words += [f"{key}={_plain(value)}" for key, value in _fields(record).items()]
        if record.exc_info:
            words.append("\n" + self.formatException(record.exc_info))
        return " ".join(words)


def _time(record: logging.LogRecord) -> str:
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Value]:
    fields: Mapping[str, Value] = getattr(record, _FIELDS, {})
    return {key: _short(v) if isinstance(v, str) else v for key, v in fields.items()}


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"


def _plain(value: Value) -> str:
    """A value without anything that could move the cursor or fake a second line."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if text.isprintable() and " " not in text and text else json.dumps(text)

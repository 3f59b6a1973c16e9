"""Structured log lines: JSON, or text for a person in development. Nothing that may be a secret gets here.

Lines name routes, ids, statuses and times; never credentials, tokens, program texts, query strings or
bodies. The message of an unexpected exception may quote any of these: only development mode shows it.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time
import traceback
import uuid
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

import structlog

from oql import json
from oql.settings import Settings

_show_messages = False
_direct = -1
"""The file of JSON lines, when those of the level `info` are wanted."""
_lines: list[bytes] = []


def configure(settings: Settings) -> None:
    """Sets up the lines of this process, and sends those of the libraries (warnings and worse) the same way.

    Development mode writes text where the form was not chosen.
    """
    global _show_messages, _direct
    _show_messages = settings.dev
    as_text = settings.log_format == "text" or (settings.dev and settings.origin("log_format") == "default")
    level = getattr(logging, settings.log_level.upper())
    sink: Any = Sturdy(sys.stderr if as_text else sys.stderr.buffer)
    last: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if as_text else _json_line
    _direct = -1 if as_text or level > logging.INFO else sys.stderr.fileno()
    structlog.configure(
        processors=[structlog.processors.add_log_level, _add_time, last],
        logger_factory=structlog.WriteLoggerFactory(sink) if as_text else structlog.BytesLoggerFactory(sink),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[Forward(logging.WARNING)], level=logging.WARNING, force=True)


def _add_time(_logger: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["timestamp"] = _now()
    return event


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now * 1000) % 1000:03d}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _json_line(_logger: object, _level: str, event: MutableMapping[str, Any]) -> bytes:
    return json.dumps(event, str)


class Sturdy:
    """A file for log lines; a full disk or a reader that has gone costs the line, not the request."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, line: Any) -> None:
        """Writes if that can be done."""
        with contextlib.suppress(OSError, ValueError):
            self._file.write(line)

    def flush(self) -> None:
        """Flushes if that can be done."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()


class Forward(logging.Handler):
    """Passes the records of libraries on as structured lines, an exception as its place only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Logs one record."""
        error = record.exc_info[1] if record.exc_info else None
        fields = _fault_fields(error) if error else {}
        log().log(record.levelno, record.getMessage(), logger=record.name, **fields)


def log() -> Any:
    """The logger of this process."""
    return structlog.get_logger()


def log_answer(fields: dict[str, Any]) -> None:
    """Logs one answered request, on the event loop. The stages in between are left out where nobody would see them."""
    if _direct < 0:
        log().info("request", **fields)
        return
    fields["event"] = "request"
    fields["level"] = "info"
    fields["timestamp"] = _now()
    if not _lines:
        asyncio.get_running_loop().call_soon(flush)
    _lines.append(json.dumps(fields))


def flush() -> None:
    """Writes the lines of the requests that this turn of the event loop has answered."""
    lines = b"\n".join([*_lines, b""])
    _lines.clear()
    with contextlib.suppress(OSError):
        os.write(_direct, lines)


def log_fault(error: BaseException, **ids: Any) -> str:
    """Logs an unexpected exception: its type and the places it came through. The id is all people see."""
    fault_id = uuid.uuid4().hex
    given = {name: value for name, value in ids.items() if value}
    log().error("fault", fault_id=fault_id, **given, **_fault_fields(error))
    return fault_id


def _fault_fields(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    fields: dict[str, Any] = {
        "exception": type(error).__qualname__,
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if _show_messages:
        fields["message"] = str(error)
    return fields

"""The service's own log at a terminal and in a file."""

import logging
import sys
from io import StringIO

import pytest
import structlog

from app.cli.logs import configure

SECRET = "Basic YWxpY2U6c2VjcmV0"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal, StringIO])
def test_a_traceback_shows_no_local_variables(monkeypatch: pytest.MonkeyPatch, stream: type[StringIO]) -> None:
    root, shown = logging.getLogger(), stream()
    before = root.handlers[:], root.level, structlog.get_config()
    monkeypatch.setattr(sys, "stderr", shown)
    configure()
    try:
        try:
            _fail(SECRET)
        except ValueError as error:
            structlog.get_logger().error("request.failed", exc_info=error)
    finally:
        root.handlers[:], _, _ = before
        root.setLevel(before[1])
        structlog.configure(**before[2])
    assert "request.failed" in shown.getvalue()
    assert "ValueError" in shown.getvalue()
    assert SECRET not in shown.getvalue()


def _fail(authorization: str) -> None:
    raise ValueError(str(len(authorization)))

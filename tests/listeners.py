"""Whether this machine shows who has a port; some sandboxes do not."""

import socket

import pytest

from app.cli.routing.listener import listener_at


def _are_shown() -> bool:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return listener_at(f"http://127.0.0.1:{one.getsockname()[1]}") is not None


SHOWN = _are_shown()
needs_listeners = pytest.mark.skipif(not SHOWN, reason="this machine does not show who has a port")

"""Where the service is and who asks: addresses, credentials, and requests made of them."""

from __future__ import annotations

import base64
import os
import time
from typing import TYPE_CHECKING

from agent_sudo_client.errors import PermissionDenied, ServiceUnavailable
from agent_sudo_client.talk import Answer, Send

if TYPE_CHECKING:
    import ssl

    import httpx2

_HERE = "http://127.0.0.1:8787"
_CONNECT_S = 3.0
_EVALUATE = "/evaluate"


class Endpoint:
    """One service and the credentials for it; `AGENT_SUDO_URL` and `AGENT_SUDO_KEY` where none are given."""

    def __init__(
        self,
        url: str | None,
        key: str | None,
        operator: tuple[str, str] | None,
        tls: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        # Late, since it takes far longer than everything here: importing the client costs a program next to nothing.
        import httpx2  # noqa: PLC0415

        self._url = httpx2.URL((url or os.environ.get("AGENT_SUDO_URL") or _HERE).rstrip("/"))
        if self._url.scheme not in ("http", "https") or not self._url.host or self._url.userinfo or self._url.query:
            raise ValueError("The service's address is http://HOST:PORT or https://HOST:PORT.")
        self._prefix = self._url.raw_path.decode().rstrip("/")
        # Taking an address to pieces costs more than all the rest of a request.
        self._evaluate = self._address(_EVALUATE)
        self._key = key or os.environ.get("AGENT_SUDO_KEY")
        self._operator = operator
        self._tls = tls
        self._timeout = timeout
        self._request = httpx2.Request

    def patience(self, send: Send) -> float:
        """How many seconds an answer may take."""
        return self._timeout + send.patience

    def request(self, send: Send) -> httpx2.Request:
        """The request as it goes out. Raises PermissionDenied where the credential for it is missing."""
        headers = [(b"authorization", self._credential(send))]
        if send.body is not None:
            headers.append((b"content-type", b"application/json"))
        patience = self.patience(send)
        times = {"connect": min(_CONNECT_S, patience), "read": patience, "write": patience, "pool": patience}
        url = self._evaluate if send.path == _EVALUATE else self._address(send.path)
        return self._request(send.method, url, headers=headers, content=send.body, extensions={"timeout": times})

    def answer(self, send: Send, sent: float, response: httpx2.Response, content: bytes) -> Answer:
        """What came back. Raises ServiceUnavailable when it came too late."""
        # A server that sends a byte at a time stays below every single limit.
        if time.monotonic() > sent + self.patience(send):
            raise ServiceUnavailable("The policy service took too long, so nothing is allowed.", code="slow")
        return Answer(response.status_code, content, sent)

    def verify(self) -> ssl.SSLContext | bool:
        """How the service proves who it is. Without TLS nothing does, and no list of authorities is loaded."""
        return self._tls if self._tls is not None else self._url.scheme == "https"

    def _address(self, path: str) -> httpx2.URL:
        return self._url.copy_with(raw_path=(self._prefix + path).encode())

    def _credential(self, send: Send) -> bytes:
        if send.operator:
            if self._operator is None:
                needed = "This needs an operator: Client(operator=(name, passphrase))."
                raise PermissionDenied(needed, code="operator_needed")
            return b"Basic " + base64.b64encode(":".join(self._operator).encode())
        if self._key is None:
            raise PermissionDenied("There is no key: set AGENT_SUDO_KEY, or pass key=.", code="no_key")
        return b"Bearer " + self._key.encode()


def unreachable(error: Exception) -> ServiceUnavailable:
    """What is said when no answer came. The kind of the failure only: its text may hold an address or a secret."""
    kind = type(error).__name__
    reason = f"The policy service does not answer ({kind}), so nothing is allowed."
    return ServiceUnavailable(reason, code="unreachable")

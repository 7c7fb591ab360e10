"""Where the service is and who asks: addresses, credentials, and requests made of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agent_sudo_client.errors import PermissionDenied, ServiceUnavailable
from agent_sudo_client.talk import EVALUATE, Send

if TYPE_CHECKING:
    import ssl

_HERE = "http://127.0.0.1:8787"
_PORTS = {"http": 80, "https": 443}


class Endpoint:
    """One service and the credentials for it; `AGENT_SUDO_URL` and `AGENT_SUDO_KEY` where none are given."""

    def __init__(
        self,
        url: str | None,
        key: str | None,
        operator: tuple[str, str] | None,
        tls: ssl.SSLContext | None,
        timeout: float,
        *,
        retry: bool,
    ) -> None:
        from urllib.parse import urlsplit  # noqa: PLC0415 - late: importing the client costs a program next to nothing

        self.url = (url or os.environ.get("AGENT_SUDO_URL") or _HERE).rstrip("/")
        parts = urlsplit(self.url)
        if (
            parts.scheme not in _PORTS
            or not parts.hostname
            or "@" in parts.netloc
            or parts.query
            or parts.fragment
            or not (self.url.isascii() and self.url.isprintable())
            or " " in self.url
        ):
            raise ValueError("The service's address is http://HOST:PORT or https://HOST:PORT.")
        self.host, self.port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._is_secure = parts.scheme == "https"
        self._prefix = parts.path
        self._named = f"host: {parts.netloc}\r\n".encode()
        self._key = key or os.environ.get("AGENT_SUDO_KEY")
        self._operator = operator
        self._tls = tls
        self._timeout = timeout
        self._retry = retry

    def patience(self, send: Send) -> float:
        """How many seconds an answer may take."""
        return self._timeout + send.patience

    def names(self, send: Send) -> bool:
        """Whether it is named, and may be sent again: the service knows it, and counts it once."""
        return send.once or (self._retry and send.path == EVALUATE)

    def request(self, send: Send) -> bytes:
        """The request as it goes out. Raises PermissionDenied where the credential for it is missing."""
        target, credential = (self._prefix + send.path).encode(), self._credential(send)
        head = b"%b %b HTTP/1.1\r\n%bauthorization: %b\r\n" % (send.method.encode(), target, self._named, credential)
        if self.names(send):
            # INVARIANT: each has a name of its own: one allow is never the answer to two calls.
            head += b"idempotency-key: %b\r\n" % os.urandom(16).hex().encode()
        if send.body is None:
            return head + b"content-length: 0\r\n\r\n"
        return head + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(send.body) + send.body

    def tls(self) -> ssl.SSLContext | None:
        """How the service proves who it is. Without TLS nothing does, and no list of authorities is loaded."""
        if not self._is_secure:
            return None
        if self._tls is None:
            import httpx2  # noqa: PLC0415 - as above

            self._tls = httpx2.create_ssl_context(trust_env=False)
        return self._tls

    def _credential(self, send: Send) -> bytes:
        if send.operator:
            if self._operator is None:
                needed = "This needs an operator: Client(operator=(name, passphrase))."
                raise PermissionDenied(needed, code="operator_needed")
            import base64  # noqa: PLC0415 - as above

            return b"Basic " + base64.b64encode(":".join(self._operator).encode())
        if self._key is None:
            raise PermissionDenied("There is no key: set AGENT_SUDO_KEY, or pass key=.", code="no_key")
        # INVARIANT: a key is one word; what else stands in it would be read as something that we never said.
        if not (self._key.isascii() and self._key.isprintable()) or " " in self._key:
            raise PermissionDenied("This is no key: it holds what no key holds.", code="no_key")
        return b"Bearer " + self._key.encode()


def unreachable(error: Exception) -> ServiceUnavailable:
    """What is said when no answer came. The kind of the failure only: its text may hold an address or a secret."""
    kind = type(error).__name__
    reason = f"The policy service does not answer ({kind}), so nothing is allowed."
    return ServiceUnavailable(reason, code="unreachable")

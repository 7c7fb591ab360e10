"""A signed webhook, in the form of Standard Webhooks: whoever receives it can tell that it is ours, and new."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable

import httpx2
from msgspec import json

from app.notify.notice import Notice, UndeliveredError

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_PATIENCE_S = 5.0
_LATER = (408, 425, 429)


class Webhook:
    """Posts notices to one address."""

    name = "webhook"

    def __init__(self, url: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        """`secret` is `whsec_` and base64; `clock` gives seconds. Raises ValueError."""
        self._url = url
        self._secret = secret_bytes(secret)
        self._clock = clock
        # INVARIANT: what is meant for this address goes to no other: neither through a proxy nor by a redirect.
        self._client = httpx2.Client(timeout=_PATIENCE_S, trust_env=False, follow_redirects=False)

    def send(self, notice: Notice) -> None:
        """The body is JSON; its `id` is the same however often it is sent. Raises UndeliveredError."""
        body = json.encode({"type": "approval.opened", **_fields(notice)})
        try:
            # Whatever the other side says is not read: its status is enough.
            with self._client.stream("POST", self._url, content=body, headers=self._headers(notice, body)) as answer:
                status = answer.status_code
        except httpx2.HTTPError:
            raise UndeliveredError("no answer", again=True) from None
        if not 200 <= status < 300:
            raise UndeliveredError(f"status {status}", again=status >= 500 or status in _LATER)

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        now = str(int(self._clock()))
        return {
            "content-type": "application/json",
            "user-agent": "agent-sudo",
            "webhook-id": notice.approval,
            "webhook-timestamp": now,
            "webhook-signature": signature(self._secret, notice.approval, now, body),
        }


def signature(secret: bytes, name: str, timestamp: str, body: bytes) -> str:
    """Over the message's id, its time and its body, so that none of them can be another's."""
    signed = b".".join((name.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def secret_bytes(text: str) -> bytes:
    """The key that `whsec_…` stands for. Raises ValueError, which does not repeat it."""
    try:
        found = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        found = b""
    if not text.startswith(PREFIX) or not _SHORTEST <= len(found) <= _LONGEST:
        raise ValueError(f"it is {PREFIX} and then base64 of {_SHORTEST} to {_LONGEST} random bytes")
    return found


def _fields(notice: Notice) -> dict[str, object]:
    return {name: getattr(notice, name) for name in notice.__struct_fields__}

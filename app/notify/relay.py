"""Slack, ntfy, e-mail and what else apprise speaks; it comes with the extra `notify`."""

import logging
from typing import Any

from app.notify.notice import Notice, UndeliveredError


class Relay:
    """Tells one service of others, by its address in apprise's words (`ntfys://…`, `slack://…`, `mailtos://…`)."""

    def __init__(self, name: str, url: str) -> None:
        """Raises ValueError, which does not repeat the address: it holds secrets."""
        self.name = name
        try:
            import apprise  # noqa: PLC0415 - an extra: it may not be there
        except ImportError:
            raise ValueError("this needs apprise: run scripts/setup notify") from None
        # INVARIANT: what it says of addresses, tokens among them, stands in no log of ours.
        logging.getLogger("apprise").disabled = True
        asset = apprise.AppriseAsset(app_id="agent-sudo", http_redirects=False)
        self._apprise: Any = apprise.Apprise(asset=asset)
        if not self._apprise.add(url):
            raise ValueError("apprise does not know such an address")
        for service in self._apprise:
            # INVARIANT: what is meant for this address goes to no other, whatever the address says of that.
            service.redirects = False
        self._format = apprise.NotifyFormat.TEXT

    def send(self, notice: Notice) -> None:
        """Raises UndeliveredError."""
        try:
            arrived = self._apprise.notify(title=notice.title, body=notice.text, body_format=self._format)
        except Exception:  # noqa: BLE001 - whatever a plugin raises may name its address
            arrived = False
        if not arrived:
            raise UndeliveredError("not delivered", again=True)

"""The channels that somebody asked for."""

from collections.abc import Sequence

from app.notify.notice import Channel
from app.notify.relay import Relay
from app.notify.webhook import Webhook


def channels(webhook: str, secret: str, urls: Sequence[str]) -> list[Channel]:
    """A webhook, if there is one, and a relay for each address. Raises ValueError, which repeats no secret."""
    found: list[Channel] = []
    if webhook:
        try:
            found.append(Webhook(webhook, secret))
        except ValueError as error:
            raise ValueError(f"AGENT_SUDO_NOTIFY_SECRET: {error}") from None
    for at, url in enumerate(urls, 1):
        # The kind of service is no secret, and all that a log needs to tell them apart.
        kind = url.partition("://")[0]
        name = f"{kind if kind.isalnum() and len(kind) < 20 else 'service'}-{at}"
        try:
            found.append(Relay(name, url))
        except ValueError as error:
            raise ValueError(f"AGENT_SUDO_NOTIFY_URLS, number {at}: {error}") from None
    return found

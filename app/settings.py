"""Settings: environment variables that begin with `AGENT_SUDO_`. Read by main and the command line only."""

import ipaddress
import re
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", re.IGNORECASE)


class Settings(BaseSettings):
    """Every setting, its default and what it is for."""

    model_config = SettingsConfigDict(env_prefix="AGENT_SUDO_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(
        default=Path("~/.agent-sudo"), description="Where the service keeps its database and lock files."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8787, ge=0, le=65_535, description="The port to listen on.")
    database_url: str = Field(
        default="",
        description="`postgresql://user@host/name`, or `sqlite:////path`; default: `agent-sudo.db` in the home.",
    )
    policy: FilePath | None = Field(
        default=None, description="The policy that an empty home begins with; default: the one that ships."
    )
    allowed_hosts: str = Field(
        default="",
        description="Names, separated by commas, that the Host header may bear besides loopback and `HOST`.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="1: something in front of the service does TLS; allows other addresses than loopback.",
    )
    tls_certificate: FilePath | None = Field(
        default=None, description="A PEM file; the service then speaks TLS itself."
    )
    tls_key: FilePath | None = Field(default=None, description="The key to `TLS_CERTIFICATE`, a PEM file.")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/?#\s]+)?$",
        description="Where people reach the service, for links to approvals; default: where it listens.",
    )
    rate_limit: int = Field(
        default=0, ge=0, description="Evaluations that one key may ask for each second; 0 means no limit."
    )
    authorize_key: SecretStr | None = Field(
        default=None,
        description="A key of kind `agent`: `POST /authorize` asks in its name; default: there is no such route.",
    )
    notify_webhook: SecretStr | None = Field(
        default=None, description="Where a signed notice is posted when a request waits: `https://…`."
    )
    notify_secret: SecretStr | None = Field(
        default=None, description="What signs it: `whsec_` and base64 of 24 to 64 random bytes."
    )
    notify_urls: SecretStr | None = Field(
        default=None, description="Slack, ntfy, e-mail and others, as apprise writes them, separated by spaces."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("AGENT_SUDO_TLS_CERTIFICATE and AGENT_SUDO_TLS_KEY belong together")
        # INVARIANT: passphrases and keys never cross a network in the clear by accident.
        if not self.is_loopback and not self.behind_proxy and self.tls_certificate is None:
            raise ValueError(
                f"AGENT_SUDO_HOST={self.host} can be reached from elsewhere: set AGENT_SUDO_TLS_CERTIFICATE and "
                "AGENT_SUDO_TLS_KEY, or AGENT_SUDO_BEHIND_PROXY=1 if something in front of the service does TLS"
            )
        # INVARIANT: who is let in for coming from this machine does not come through something that others reach.
        if self.authorize_key is not None and self.behind_proxy:
            raise ValueError("AGENT_SUDO_AUTHORIZE_KEY is for this machine, and not with AGENT_SUDO_BEHIND_PROXY")
        if (self.notify_webhook is None) != (self.notify_secret is None):
            raise ValueError("AGENT_SUDO_NOTIFY_WEBHOOK and AGENT_SUDO_NOTIFY_SECRET belong together")
        if self.notify_webhook is not None and not _is_private(self.notify_webhook.get_secret_value()):
            raise ValueError("AGENT_SUDO_NOTIFY_WEBHOOK takes https://, or http:// on this machine")
        for name in self._named:
            if _HOST.fullmatch(name) is None:
                raise ValueError(f"AGENT_SUDO_ALLOWED_HOSTS takes plain host names without port, and {name!r} is none")
        return self

    @property
    def is_loopback(self) -> bool:
        if self.host.lower() == "localhost":
            return True
        address = _address(self.host)
        return address is not None and address.is_loopback

    @property
    def home_path(self) -> Path:
        return self.home.expanduser().absolute()

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.home_path / 'agent-sudo.db'}"

    @property
    def address(self) -> str:
        """The service's, as people reach it."""
        if self.public_url:
            return self.public_url
        listened = _address(self.host)
        host = "127.0.0.1" if listened is not None and listened.is_unspecified else self.host
        scheme = "http" if self.tls_certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def notified(self) -> tuple[str, str, list[str]]:
        """Where people are notified: a webhook, what signs it, and addresses as apprise writes them."""
        webhook, secret, urls = (
            one.get_secret_value() if one is not None else ""
            for one in (self.notify_webhook, self.notify_secret, self.notify_urls)
        )
        return webhook, secret, urls.split()

    @property
    def hosts(self) -> frozenset[str]:
        """Host names, lower case and without port, that requests may be addressed to."""
        address = _address(self.host)
        own = f"[{self.host}]" if address is not None and address.version == 6 else self.host
        # INVARIANT: 0.0.0.0 is no name of ours: browsers take it for this machine and let any page send to it.
        listened = () if address is not None and address.is_unspecified else (own.lower(),)
        return frozenset(("127.0.0.1", "localhost", "[::1]", *listened, *self._named))

    @property
    def _named(self) -> list[str]:
        names = (name.strip().lower() for name in self.allowed_hosts.split(","))
        return [name for name in names if name]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent to this address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    address = _address(host)
    here = host == "localhost" or (address is not None and address.is_loopback)
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and here))

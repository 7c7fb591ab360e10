"""Hosts that a rule or a grant names: `api.example.com`, `*.example.com`, `example.com:8443`, `*`; `origin`, of git.

A pattern without a port means the ports that its scheme has by itself; `:*` means any.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from app.core.spelling import fold

_HOST = r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]{2,45}\]"
_PATTERN = re.compile(rf"(\*|\*\.{_HOST}|{_HOST})(?::([0-9]{{1,5}}|\*))?")
# INVARIANT: an address is read strictly: no user before the host, no backslash, nothing that two parsers read in two
# ways. What is not understood is no host that anybody named.
_ADDRESS = re.compile(rf"(https?|wss?|git)://({_HOST})(?::([0-9]{{1,5}}))?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII)
_DEFAULT = {"http": "80", "https": "443", "ws": "80", "wss": "443", "git": "9418"}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")


class Address(Struct, frozen=True):
    """The host of a URL; `port` is "" where it is the one that its scheme has by itself."""

    host: str
    port: str


def address(resource: str) -> Address | None:
    """Where a URL leads, if that can be told beyond doubt."""
    found = _ADDRESS.match(resource)
    if found is None or _UNSAFE.search(resource):
        return None
    scheme, host, port = found.groups()
    return Address(host.lower(), "" if not port or port == _DEFAULT[scheme.lower()] else port)


class HostSet:
    """Several patterns of hosts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises ValueError for what is no pattern of a host."""
        self._patterns: list[tuple[str, str]] = []
        for text in patterns:
            found = _PATTERN.fullmatch(text.lower())
            if found is None:
                raise ValueError(f"host {text!r} is none: write api.example.com, *.example.com or example.com:8443")
            self._patterns.append((found[1], found[2] or ""))

    @property
    def keys(self) -> frozenset[str] | None:
        """Hosts of which an address must have one; None when some pattern is wild."""
        hosts = frozenset(host for host, _ in self._patterns)
        return None if any(host[0] == "*" for host in hosts) else hosts

    def touches(self, resource: str) -> bool:
        """Whether a URL may lead to one of these hosts: what cannot be told from it is looked for in its text."""
        found = address(resource)
        if found is not None:
            return self._leads(found)
        text = fold(resource)
        return any(host.removeprefix("*") in text for host, _ in self._patterns)

    def covers(self, resource: str) -> bool:
        """Whether a URL surely leads to one of these hosts."""
        found = address(resource)
        return found is not None and self._leads(found)

    def _leads(self, found: Address) -> bool:
        return any(
            (host in ("*", found.host) or (host[:2] == "*." and found.host.endswith(host[1:])))
            and port in ("*", found.port)
            for host, port in self._patterns
        )

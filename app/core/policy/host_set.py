"""Hosts that a rule or a grant names: `api.example.com`, `*.example.com`, `example.com:8443`, `*`; `origin`, of git.

A program that fetches packages from wherever it was set up to, as a rule from one place, has that as `registry://host`.
A pattern without a port means the ports that its scheme has by itself where something is opened to a host, and any port
where something is kept from it; `:*` means any.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from msgspec import Struct

from app.core.spelling import fold

_HOST = r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]{2,45}\]"
_PATTERN = re.compile(rf"(\*|\*\.{_HOST}|{_HOST})(?::([0-9]{{1,5}}|\*))?")
# INVARIANT: an address is read strictly: no user before the host, no backslash, nothing that two parsers read in two
# ways. What is not understood is no host that anybody named.
_ADDRESS = re.compile(
    rf"(https?|wss?|git|registry)://({_HOST})(?::([0-9]{{1,5}}))?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)
_DEFAULT = {"http": "80", "https": "443", "ws": "80", "wss": "443", "git": "9418", "registry": "443"}
_SKIPPED = re.compile(r"[\t\n\r]")
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
            hosts = _readings(found.host)
            return any(
                any(_fits(pattern, host) for pattern in _readings(named) for host in hosts)
                and _may_be(port, found.port)
                for named, port in self._patterns
            )
        # As the most generous of readers would: escapes undone, what is no part of a URL left out.
        text = fold(unquote(_SKIPPED.sub("", resource))).replace("\u3002", ".")
        return any(host.removeprefix("*") in text for host, _ in self._patterns)

    def covers(self, resource: str) -> bool:
        """Whether a URL surely leads to one of these hosts."""
        found = address(resource)
        return found is not None and self._leads(found)

    def _leads(self, found: Address) -> bool:
        return any(_fits(host, found.host) and port in ("*", found.port) for host, port in self._patterns)


def _fits(pattern: str, host: str) -> bool:
    return pattern in ("*", host) or (pattern[:2] == "*." and host.endswith(pattern[1:]))


def _may_be(named: str, port: str) -> bool:
    """Whether a port may be the one that is named."""
    return named in ("", "*", port.lstrip("0")) or (port == "" and named in _DEFAULT.values())


def _readings(host: str) -> set[str]:
    """All that a host may mean: an address has many spellings, some of them two meanings."""
    found = {host}
    if host[0] == "[":
        with suppress(ValueError):
            v6 = IPv6Address(host[1:-1])
            found.add(f"[{v6}]" if v6.ipv4_mapped is None else str(v6.ipv4_mapped))
    elif host[-1] in "0123456789abcdefx":
        for base in (8, 10):
            with suppress(ValueError):
                found.add(str(_v4([_number(part, base) for part in host.split(".")])))
    return found


def _number(text: str, base: int) -> int:
    """One part of an IPv4 address; one that begins with 0 is octal for some, decimal for others."""
    if text[:2] == "0x":
        return int(text[2:] or "0", 16)
    return int(text, base if text[0] == "0" else 10)


def _v4(parts: list[int]) -> IPv4Address:
    """The address that one to four numbers stand for, the last of them filling up what is left."""
    *leading, last = parts
    if len(leading) > 3 or any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        raise ValueError
    return IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(leading)) + last)

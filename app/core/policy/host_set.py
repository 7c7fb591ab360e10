"""Hosts that a rule or a grant names: `api.example.com`, `*.example.com`, `example.com:8443`, `*`; `origin`, of git.

A program that fetches packages from wherever it was set up to, as a rule from one place, has that as `registry://host`.
A pattern without a port means the ports that its scheme has by itself where something is opened to a host, and any port
where something is kept from it; `:*` means any. `is:metadata` and its like mean all addresses of a kind.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from app.core.classify.host_kinds import KINDS, kinds
from app.core.classify.url import HOST, PORTS, Address, address, read, readings
from app.core.spelling import fold

_PATTERN = re.compile(rf"(\*|\*\.{HOST}|{HOST}|(?:is|has):[a-z-]{{1,20}})(?::([0-9]{{1,5}}|\*))?")
_SKIPPED = re.compile(r"[\t\n\r]")


class HostSet:
    """Several patterns of hosts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises ValueError for what is no pattern of a host."""
        self._patterns: list[tuple[str, str]] = []
        for text in patterns:
            found = _PATTERN.fullmatch(text.lower())
            if found is None:
                raise ValueError(f"host {text!r} is none: write api.example.com, *.example.com or example.com:8443")
            if _is_kind(found[1]) and found[1] not in KINDS:
                raise ValueError(f"host {text!r} is no kind of address: there are {', '.join(sorted(KINDS))}")
            self._patterns.append((found[1], found[2] or ""))
        self._names_kinds = any(_is_kind(host) for host, _ in self._patterns)

    @property
    def keys(self) -> frozenset[str] | None:
        """Hosts of which an address must have one; None when some pattern is wild."""
        hosts = frozenset(host for host, _ in self._patterns)
        return None if any(host[0] == "*" or _is_kind(host) for host in hosts) else hosts

    def touches(self, resource: str) -> bool:
        """Whether a URL may lead to one of these hosts: what cannot be told from it is looked for in its text."""
        reading = read(resource)
        found: frozenset[str] = kinds(resource) if self._names_kinds else frozenset()
        for named, port in self._patterns:
            if not any(_may_be(port, one) for one in reading.ports):
                continue
            if _is_kind(named):
                if named in found:
                    return True
            elif any(_fits(pattern, host) for pattern in readings(named) for host in reading.hosts):
                return True
        if address(resource) is not None:
            return False
        # As the most generous of readers would: escapes undone, what is no part of a URL left out.
        text = fold(unquote(_SKIPPED.sub("", resource))).replace("\u3002", ".")
        return any(host.removeprefix("*") in text for host, _ in self._patterns if not _is_kind(host))

    def covers(self, resource: str) -> bool:
        """Whether a URL surely leads to one of these hosts."""
        found = address(resource)
        return found is not None and any(self._leads(host, port, found, resource) for host, port in self._patterns)

    def _leads(self, host: str, port: str, found: Address, resource: str) -> bool:
        if port not in ("*", found.port):
            return False
        # INVARIANT: a kind opens nothing that two readers may take for two hosts.
        return host in kinds(resource) and read(resource).one if _is_kind(host) else _fits(host, found.host)


def _is_kind(host: str) -> bool:
    return ":" in host and host[0] != "["


def _fits(pattern: str, host: str) -> bool:
    return pattern in ("*", host) or (pattern[:2] == "*." and host.endswith(pattern[1:]))


def _may_be(named: str, port: str) -> bool:
    """Whether a port may be the one that is named."""
    return named in ("", "*", port) or (port == "" and named in PORTS.values())

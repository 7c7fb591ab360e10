"""Fetching one address: only what was decided is spoken to, at an address that was looked up once."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx2

MOST_BYTES = 1024 * 1024
_TOTAL_S = 30.0
_LONGEST = 4_096
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?")
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """Why nothing was fetched."""


@dataclass(frozen=True)
class Fetched:
    """An answer. `more`: it was longer than this."""

    status: int
    kind: str
    location: str
    content: bytes
    more: bool


async def fetch(url: str) -> Fetched:
    """GET one address; where it redirects to is said and not followed. Raises NotFetched."""
    parts = split(url)
    try:
        return await asyncio.wait_for(_got(parts), _TOTAL_S)
    except (httpx2.HTTPError, OSError, asyncio.TimeoutError) as error:
        raise NotFetched(f"It could not be fetched ({type(error).__name__}).") from None


def split(url: str) -> SplitResult:
    """The parts of an address that everybody reads in one way. Raises NotFetched."""
    if len(url) > _LONGEST or not (url.isascii() and url.isprintable()) or set(url) & set(' \\"<>^`{|}'):
        raise NotFetched("This is no address that can be read in one way.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        literal = _literal(host) is not None
    except ValueError:
        raise NotFetched("This is no address.") from None
    if parts.scheme not in _PORTS or port == 0:
        raise NotFetched("Only http:// and https:// are fetched.")
    # INVARIANT: whom we speak to is who stands there: nothing before an @, no host that others read otherwise.
    if "@" in parts.netloc or not (literal or _HOST.fullmatch(host)):
        raise NotFetched("An address names a host, and nothing else before its path.")
    return parts


async def _got(parts: SplitResult) -> Fetched:
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    address = await _address(host, port)
    at = f"[{address}]" if address.version == 6 else str(address)
    url = httpx2.URL(scheme=parts.scheme, host=at, port=port, raw_path=_target(parts))
    headers = {"host": parts.netloc, "accept": "*/*", "accept-encoding": "identity", "user-agent": "agent-sudo-relay"}
    # INVARIANT: one connection, to the address that was looked at; no proxy, no redirect, no cookie, no netrc.
    async with httpx2.AsyncHTTPTransport(trust_env=False) as transport:
        request = httpx2.Request("GET", url, headers=headers, extensions={"sni_hostname": host})
        answer = await transport.handle_async_request(request)
        try:
            content = bytearray()
            async for part in answer.aiter_raw():
                content += part
                if len(content) > MOST_BYTES:
                    break
        finally:
            await answer.aclose()
    told = answer.headers
    kept = bytes(content[:MOST_BYTES])
    return Fetched(
        answer.status_code, told.get("content-type", ""), told.get("location", ""), kept, len(content) > MOST_BYTES
    )


def _target(parts: SplitResult) -> bytes:
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}".encode()


async def _address(host: str, port: int) -> Address:
    """Where to connect. Raises NotFetched for a name that leads where its letters do not say, OSError."""
    literal = _literal(host)
    if literal is not None:
        return literal
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses:
        raise NotFetched("There is no such host.")
    here = host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost")
    for address in addresses:
        # INVARIANT: a policy judges names: a name of the world that leads to a private address is a way round it, and
        # one of this machine that leads elsewhere is, too.
        if not (_plain(address).is_loopback if here else is_public(address)):
            raise NotFetched("This name leads to an address of its own network: ask for that address itself.")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether everybody reaches the same there."""
    plain = _plain(address)
    return plain.is_global and not plain.is_multicast


def _plain(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
    return address


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

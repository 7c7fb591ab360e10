"""Addresses as text: where programs that read them differently would go.

Two standards tell how to read an address, and programs follow neither to the letter. So there are two answers here:
`address`, where all readers agree, and `read`, every host that some reader may take it for. What opens something asks
the first, what keeps something closed asks the second.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from unicodedata import category, normalize
from urllib.parse import unquote

from msgspec import Struct

from app.core.spelling import fold

HOST = r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]{2,45}\]"
# INVARIANT: an address is read strictly: no user before the host, no backslash, nothing that two parsers read in two
# ways. What is not understood is no host that anybody named.
_ADDRESS = re.compile(
    rf"(https?|wss?|git|registry)://({HOST})(?::([0-9]{{1,5}}))?(?=[/?#]|\Z)", re.IGNORECASE | re.ASCII
)
PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "git": "9418", "registry": "443"}
_SKIPPED = re.compile(r"[\t\n\r]")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
# Schemes whose addresses browsers read without slashes, with too many, and with those of Windows.
_SPECIAL = frozenset(("http", "https", "ws", "wss", "ftp"))
_SLASHES = re.compile(r"[/\\]*")
# Characters that divide an address; where they come out of an escape, some reader divides there.
_DIVIDES = re.compile(r"[/?#@\\\x00]")
_DOTS = re.compile(r"[\u3002\uff0e\uff61]")
_MOST_HOSTS = 16
_LONGEST_REMEMBERED = 512


class Address(Struct, frozen=True):
    """The host of a URL; `port` is "" where it is the one that its scheme has by itself."""

    host: str
    port: str


class Reading(Struct, frozen=True):
    """What an address may mean.

    hosts     every host that it may lead to, an IP address in its one spelling; none where it names no host
    ports     as in `Address`, every one that it may mean
    one       whether all readers would go to the same host
    password  whether a password stands before the host
    rest      what comes after the host
    """

    scheme: str
    hosts: tuple[str, ...]
    ports: tuple[str, ...]
    one: bool
    password: bool
    rest: str


def address(resource: str) -> Address | None:
    """Where a URL leads, if that can be told beyond doubt."""
    found = _ADDRESS.match(resource)
    if found is None or _UNSAFE.search(resource):
        return None
    scheme, host, port = found.groups()
    return Address(host.lower(), "" if not port or port == PORTS[scheme.lower()] else port)


def read(resource: str) -> Reading:
    """Every reading of an address, or of a host behind the name of a program (`ssh:a.example`)."""
    return _remembered(resource) if len(resource) <= _LONGEST_REMEMBERED else _read(resource)


def _read(resource: str) -> Reading:
    plain = _ADDRESS.match(resource)
    if plain is not None and not _UNSAFE.search(resource):
        scheme, host, port = plain[1].lower(), plain[2].lower(), plain[3] or ""
        hosts = readings(host)
        return Reading(scheme, hosts, (_plain_port(scheme, port),), len(hosts) == 1, False, resource[plain.end() :])
    return _generously(resource)


def _generously(resource: str) -> Reading:
    text = _SKIPPED.sub("", resource).strip("".join(map(chr, range(33))))
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    rest = text[found.end() :] if found else text
    slashes = _SLASHES.match(rest)
    begin = slashes.end() if slashes and (scheme in _SPECIAL or not scheme) else 2 * rest.startswith("//")
    odd = text != resource or (scheme in _SPECIAL and rest[:begin] != "//")
    found_hosts: dict[str, None] = {}
    ports: dict[str, None] = {}
    password = False
    authorities = dict.fromkeys(re.split(divides, rest[begin:], maxsplit=1)[0] for divides in (r"[/?#]", r"[/?#\\]"))
    for authority in authorities:
        user, _at, last = authority.rpartition("@")
        password = password or (":" in user and user[-1] != ":")
        # Some take what stands in brackets, whatever stands before them.
        bracketed = [last[last.find("[") :]] if "[" in last[1:] else []
        for part in dict.fromkeys((last, *user.split("@")[1:2], *bracketed)):
            host, port = _split(part)
            ports[_plain_port(scheme, port)] = None
            for one in _spellings(host):
                found_hosts[one] = None
    hosts = tuple(found_hosts)[:_MOST_HOSTS]
    agree = not odd and len(authorities) == 1 and len(hosts) <= 1 and len(ports) == 1
    return Reading(scheme, hosts, tuple(ports), agree, password, rest[begin + min(map(len, authorities)) :])


_remembered = lru_cache(maxsize=1_024)(_read)


def _split(part: str) -> tuple[str, str]:
    """Host and port of what follows the user."""
    if part[:1] == "[":
        host, _, port = part.partition("]")
        return f"{host}]", port.removeprefix(":")
    with suppress(ValueError):
        return f"[{IPv6Address(part)}]", ""
    host, _, port = part.partition(":")
    return host, port


def _plain_port(scheme: str, port: str) -> str:
    port = port.lstrip("0") if port.isdecimal() else port
    return "" if port == PORTS.get(scheme) else port


def _spellings(host: str) -> Iterator[str]:
    """All that one host may be taken for: escapes undone or not, other scripts' dots and letters as ours."""
    if not host:
        return
    undone = unquote(host)
    # Some fold sharp s into two letters, some keep it.
    for text in dict.fromkeys((fold(undone), unfolded(undone))):
        for part in _DIVIDES.split(_DOTS.sub(".", text)):
            label = part if part[:1] == "[" else part.partition(":")[0]
            name = label.rstrip(".")
            if name:
                yield from readings(_ascii(name))
            if name and label.endswith(".."):
                # To a browser it is no number then.
                yield _ascii(name)


def unfolded(host: str) -> str:
    """A host as the newer rule for names writes it, which keeps letters that folding replaces."""
    return "".join(one for one in normalize("NFKC", host).lower() if category(one) != "Cf")


def _ascii(host: str) -> str:
    """A host as it is asked for: labels of other scripts in their ASCII form."""
    if host.isascii():
        return host
    labels = [one if one.isascii() else f"xn--{one[:63].encode('punycode').decode()}" for one in host.split(".")]
    return ".".join(labels)


def readings(host: str) -> tuple[str, ...]:
    """All that a host in ASCII may mean: an address has many spellings, some of them two meanings."""
    found: dict[str, None] = {}
    if host[0] == "[":
        with suppress(ValueError):
            v6 = IPv6Address(host[1:-1].partition("%")[0])
            v4 = v6.ipv4_mapped or v6.sixtofour or _translated(v6)
            found[f"[{v6}]" if v4 is None else str(v4)] = None
    elif host[-1] in "0123456789abcdefx":
        for base in (10, 8):
            with suppress(ValueError):
                found[str(_v4([_number(part, base) for part in host.split(".")]))] = None
    return tuple(found) or (host,)


def _translated(v6: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind one that a gateway translates (`64:ff9b::/96`), or that is merely compatible."""
    high, low = int(v6) >> 32, int(v6) & 0xFFFFFFFF
    return IPv4Address(low) if high == 0x64FF9B << 64 or (high == 0 and low > 0xFFFF) else None


def _number(text: str, base: int) -> int:
    """One part of an IPv4 address; one that begins with 0 is octal for some, decimal for others."""
    if not text.isascii() or "_" in text or text[:1] in ("+", "-"):
        raise ValueError
    if text[:2] == "0x":
        return int(text[2:] or "0", 16)
    return int(text, base if text[:1] == "0" else 10)


def _v4(parts: list[int]) -> IPv4Address:
    """The address that one to four numbers stand for, the last of them filling up what is left."""
    *leading, last = parts
    if len(leading) > 3 or any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        raise ValueError
    return IPv4Address(sum(part << 8 * (3 - at) for at, part in enumerate(leading)) + last)

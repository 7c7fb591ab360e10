"""What an address is, for rules that name no single host: `is:metadata`, `is:private`, `has:password`.

Addresses are judged by every host that some reader may take them for; names by the lists of `hosts.yaml`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, get_args
from typing import Literal as OneOf
from unicodedata import normalize
from urllib.parse import unquote

import msgspec.yaml

from app.core.classify.published import is_published
from app.core.classify.url import Reading, read

Kind = OneOf[
    "is:loopback", "is:private", "is:link-local", "is:metadata", "is:paste", "is:webhook", "is:shortener",
    "is:steered", "is:documentation", "is:look-alike", "is:ambiguous", "has:password", "has:data",
]  # fmt: skip
KINDS: Final = frozenset(get_args(Kind))
_DATA: Final = msgspec.yaml.decode(Path(__file__).with_name("hosts.yaml").read_bytes())
_LISTS: Final[tuple[Kind, ...]] = (
    "is:metadata", "is:paste", "is:webhook", "is:shortener", "is:steered", "is:documentation",
)  # fmt: skip
# A host, or a host and how a path on it begins → the kinds that it is.
_LISTED: Final = {
    name: [kind for kind in _LISTS if name in _DATA[kind[3:]]] for each in _LISTS for name in _DATA[each[3:]]
}
_IMITATED: Final = re.compile(rf"(?:\A|\.)(?:{'|'.join(map(re.escape, _DATA['imitated']))})\Z")
_LETTERS: Final = str.maketrans(_DATA["look_like"])
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))

_PRIVATE: Final = tuple(
    ip_network(net)
    for net in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "198.18.0.0/15",
        "fc00::/7",
        "fec0::/10",
    )
)
_INSIDE: Final = (
    ".internal",
    ".local",
    ".lan",
    ".intranet",
    ".corp",
    ".home",
    ".home.arpa",
    ".private",
    ".localdomain",
)
# Programs and transports whose word is a name that something else explains: a remote of git, a protocol of its own.
_NAMES_OTHERS: Final = frozenset(("", "git", "registry"))
_EMBEDDED: Final = re.compile(
    r"(?:\A|[.-])([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})[.-]([0-9]{1,3})(?=[.-])", re.ASCII
)

# A parameter whose value signs somebody in. What a store hands out to be passed on (`X-Amz-Signature`) is none.
_SIGNS_IN: Final = re.compile(
    r"[?&;#](?:[a-z0-9]{1,20}[_-])?(?:api[_-]?key|apikey|access[_-]?token|auth[_-]?token|token|secret|client[_-]?secret"
    r"|password|passwd|pwd|private[_-]?key|session[_-]?id|jwt|bearer|authorization)=([^&;#]{6,})",
    re.IGNORECASE | re.ASCII,
)
# Names for a value where there is none yet.
_STANDS_IN: Final = re.compile(
    r"[<\[{$%]|(?:your|my|the|some|dummy|example|test|changeme|placeholder|x{3}|\*{3})", re.IGNORECASE
)
# So much in one piece is more than a name or a digest.
_LOAD: Final = re.compile(r"[A-Za-z0-9+_=~%-]{72}|[?&;][^=&;]{0,64}=[A-Za-z0-9+_=~%-]{48}", re.ASCII)
_LONGEST_QUERY: Final = 240
_LONGEST_LABEL: Final = 40
_LONG_HOST: Final = 100
_LONGEST_REMEMBERED: Final = 512
_LONGEST_HOST: Final = 253


def kinds(resource: str) -> frozenset[Kind]:
    """All that an address is. Total, and linear in its length."""
    return _remembered(resource) if len(resource) <= _LONGEST_REMEMBERED else _kinds(resource)


def _kinds(resource: str) -> frozenset[Kind]:
    reading = read(resource)
    found: set[Kind] = set()
    for host in reading.hosts:
        found |= _of_host(host, reading)
    if not reading.one and reading.hosts:
        found.add("is:ambiguous")
    here = found == {"is:loopback"}
    if not here and (reading.password or _signs_in(reading.rest)):
        found.add("has:password")
    if carries(reading):
        found.add("has:data")
    if "is:metadata" not in found and _hands_on(reading.rest):
        found.add("is:metadata")
    return frozenset(found)


_remembered = lru_cache(maxsize=1_024)(_kinds)


def _hands_on(rest: str) -> bool:
    """Whether an address tells its host to ask for credentials: `?url=http://169.254.169.254/`."""
    inner = unquote(rest) if "%" in rest else rest
    at = inner.find("://")
    if at < 0:
        return False
    within = read(f"http{inner[at:]}")
    return any("is:metadata" in _of_host(host, within) for host in within.hosts)


def carries(reading: Reading) -> bool:
    """Whether so much stands in an address that something is sent with it."""
    rest = reading.rest.partition("#")[0]
    if len(rest.partition("?")[2]) > _LONGEST_QUERY or _LOAD.search(rest):
        return True
    return any(
        len(host) > _LONG_HOST or any(len(label) > _LONGEST_LABEL for label in host.split("."))
        for host in reading.hosts
        if host[0] != "["
    )


def _of_host(host: str, reading: Reading) -> set[Kind]:
    if len(host) > _LONGEST_HOST:
        return set()  # no name that could be asked for
    found: set[Kind] = set(_listed(host, reading.rest))
    found |= _of_ip(host) if host[0] == "[" or host[-1].isdecimal() else _of_name(host, reading)
    if "is:steered" in found and (embedded := _EMBEDDED.search(host)):
        found |= _of_host(".".join(embedded.groups()), reading)
    return found


def _of_ip(text: str) -> set[Kind]:
    try:
        ip = ip_address(text.strip("[]"))
    except ValueError:
        return set()
    if ip.is_loopback or ip.is_unspecified:
        return {"is:loopback"}
    if ip.is_link_local:
        return {"is:link-local"}
    if any(ip.version == net.version and ip in net for net in _PRIVATE):
        return {"is:private"}
    return set()


def _of_name(host: str, reading: Reading) -> set[Kind]:
    if host == "localhost" or host.endswith((".localhost", "localhost.localdomain")):
        return {"is:loopback"}
    if host.endswith(_INSIDE) or ("." not in host and reading.scheme not in _NAMES_OTHERS):
        return {"is:private"}
    return {"is:look-alike"} if _is_look_alike(host) else set()


def _listed(host: str, rest: str) -> Iterable[Kind]:
    """The lists that a host stands in, itself or something that it lies below."""
    labels = host.split(".")
    for at in range(max(len(labels) - 5, 0), len(labels)):
        name = ".".join(labels[at:])
        # Below a host of documentation anything may lie.
        yield from (kind for kind in _LISTED.get(name, ()) if at == 0 or kind != "is:documentation")
    if rest[:1] == "/":
        first, _, more = rest[1:].partition("?")[0].partition("/")
        for begin in (first, f"{first}/{more.partition('/')[0]}"):
            yield from _LISTED.get(f"{host}/{begin}", ())
        if is_published(host, rest):
            yield "is:documentation"


@lru_cache(maxsize=1_024)
def _is_look_alike(host: str) -> bool:
    """Whether a name is easily taken for another one: letters of other scripts, or somebody known in a disguise."""
    own = _shown(host)
    for label in own.split("."):
        if not label.isascii():
            plain = _skeleton(label)
            # Letters of which every one looks like ours, or a mixture with ours.
            if plain.isascii() and normalize("NFC", label).translate(_LETTERS) != label:
                return True
    # Also `github.com.evil.example` and `github.com-login.example`.
    return _IMITATED.search(host) is None and _DISGUISES.search(_skeleton(own)) is not None


def _shown(host: str) -> str:
    """A host with the letters that it stands for."""
    if "xn--" not in host:
        return host
    return ".".join(_label(label) for label in host.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode().decode("punycode")
    except UnicodeError:
        return label


def _skeleton(text: str) -> str:
    """One text for all that look alike."""
    plain = (
        text.translate(_LETTERS)
        if text.isascii()
        else "".join(one for one in normalize("NFKD", text.translate(_LETTERS)) if not "\u0300" <= one <= "\u036f")
    )
    plain = plain.translate(_LETTERS)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


_DISGUISES: Final = re.compile(
    rf"(?:\A|\.)(?:{'|'.join(re.escape(_skeleton(name)) for name in _DATA['imitated'])})(?=[.-]|\Z)"
)


def _signs_in(rest: str) -> bool:
    return any(not _STANDS_IN.match(found[1]) for found in _SIGNS_IN.finditer(rest))

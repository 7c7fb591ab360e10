"""Addresses are read as every reader would: whoever goes to a host, that host counts."""

from contextlib import suppress
from urllib.parse import urlsplit

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.classify.host_kinds import KINDS, kinds
from app.core.classify.url import address, read, readings

PIECES = (
    "http", "https", ":", "//", "/", "\\", "@", "a.example", "b.example", "%61", "%2e", "%40", "%2f", "1.2.3.4", "0x7f",
    "017", "1", ".", "[::1]", "::ffff:1.2.3.4", "?", "#", ":80", ":08080", " ", "\t", "\n", "é", "ß", "。", "\uff21",
    "xn--a", "user", "pa:ss", "_", "-", "localhost", "|", "\u00ad", "256", "4294967295", "%", "[", "]", "\0",
)  # fmt: skip
ADDRESSES = st.builds(
    lambda begin, pieces: begin + "".join(pieces),
    st.sampled_from(("http:", "http://", "https://", "ftp://", "ws:\\\\", "")),
    st.lists(st.sampled_from(PIECES), max_size=8),
)


@given(ADDRESSES)
def test_where_a_browser_goes_is_one_of_the_readings(text: str) -> None:
    with suppress(ValueError):
        found = ada_url.URL(text)
        host = found.hostname
        if found.protocol in ("http:", "https:", "ws:", "wss:", "ftp:") and host.strip("."):
            spelt = readings(host)[0] if host[0] == "[" else host.rstrip(".")
            assert spelt in read(text).hosts


@given(ADDRESSES)
def test_where_python_goes_is_one_of_the_readings(text: str) -> None:
    with suppress(ValueError):
        host = urlsplit(text).hostname if "://" in text else None
        if host and host.isascii() and host.isprintable() and host.replace("-", "").replace(".", "").isalnum():
            assert set(readings(host.rstrip("."))) & set(read(text).hosts)


@given(ADDRESSES)
def test_what_is_read_strictly_is_read_the_same_generously(text: str) -> None:
    found = address(text)
    if found is not None:
        assert set(readings(found.host)) == set(read(text).hosts)
        assert read(text).ports == (found.port.lstrip("0"),)


@given(st.text(max_size=600) | ADDRESSES)
def test_nothing_is_raised_for_any_text(text: str) -> None:
    assert kinds(text) <= KINDS


@pytest.mark.parametrize(
    ("text", "hosts", "ports"),
    [
        ("https://a.example:443/x", ("a.example",), ("",)),
        ("http:0x7f..", ("0.0.0.127", "0x7f"), ("",)),
        ("http://a.example:8080", ("a.example",), ("8080",)),
        ("ssh:user@a.example", ("a.example",), ("",)),
        ("tcp:a.example:80", ("a.example",), ("80",)),
        ("git://git@a.example:x/y", ("a.example",), ("x",)),
        ("a.example/x", ("a.example",), ("",)),
        ("http://[::1]:8080/", ("[::1]",), ("8080",)),
        ("http://::1/", ("[::1]",), ("",)),
        ("http://[fe80::1%25eth0]/", ("[fe80::1]",), ("",)),
        ("http://[::1::]/", ("[::1::]",), ("",)),
        ("http://1_0.1/", ("1_0.1",), ("",)),
        ("http://+1.2.3.4/", ("+1.2.3.4",), ("",)),
        ("http://1.2.3.4.5/", ("1.2.3.4.5",), ("",)),
        ("http://09.1.1.1/", ("9.1.1.1",), ("",)),
        ("https://faß.example/", ("fass.example", "xn--fa-hia.example"), ("",)),
        ("https:///", (), ("",)),
        ("", (), ("",)),
    ],
)
def test_hosts_and_ports(text: str, hosts: tuple[str, ...], ports: tuple[str, ...]) -> None:
    assert (read(text).hosts, read(text).ports) == (hosts, ports)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("https://u:p@a.example/", True),
        ("https://:p@a.example/", True),
        ("https://u:@a.example/", False),
        ("https://u@a.example/", False),
        ("https://a.example/u:p@x", False),
    ],
)
def test_a_password_before_the_host(text: str, *, password: bool) -> None:
    assert read(text).password is password


def test_many_hosts_in_one_address_are_cut() -> None:
    assert len(read("http://" + "/".join(f"a{at}" for at in range(99)).replace("/", "%2f")).hosts) == 16


@pytest.mark.parametrize(
    "text",
    [
        "@" * 4_000,
        "a." * 2_000,
        "%25" * 1_300,
        "http://" + "." * 4_000,
        "http://" + "é" * 4_000,
        "http://" + "[http://" * 500,
        "http://" + "1." * 2_000,
        "http://" + "9" * 4_000,
        "http://" + "xn--a." * 600,
        "http://" + "xn--\u00e9a.example",
        "http://a/?" + "token=" * 600,
        "http://a/?" + "=http://" * 400,
    ],
)
def test_long_addresses_are_read_too(text: str) -> None:
    assert kinds(text) <= KINDS

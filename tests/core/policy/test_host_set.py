"""Hosts: read strictly, or not at all."""

import pytest

from app.core.classify.url import Address, address
from app.core.policy.host_set import HostSet


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("https://a.example", Address("a.example", "")),
        ("HTTP://A.Example:80/x", Address("a.example", "")),
        ("wss://a.example:8443?x", Address("a.example", "8443")),
        ("https://[::1]:8443/", Address("[::1]", "8443")),
        ("http://127.0.0.1:8787/", Address("127.0.0.1", "8787")),
        ("https://a.example:/", None),
        ("https://u@a.example/", None),
        ("https://a.example/\\x", None),
        ("https://a.example/\n", None),
        ("https://a.example/\u00e9", None),
        ("https://\u212a.example/", None),
        ("https:///a.example", None),
        ("git:origin", None),
        ("", None),
    ],
)
def test_where_an_address_leads(resource: str, found: Address | None) -> None:
    assert address(resource) == found


@pytest.mark.parametrize(
    ("pattern", "resource", "covered"),
    [
        ("a.example", "https://a.example/", True),
        ("A.Example", "https://a.example/", True),
        ("a.example", "https://b.a.example/", False),
        ("*.a.example", "https://b.c.a.example/", True),
        ("*.a.example", "https://a.example/", False),
        ("*", "https://a.example/", True),
        ("*", "https://a.example:8443/", False),
        ("*:*", "https://a.example:8443/", True),
        ("a.example:8443", "https://a.example:8443/", True),
        ("a.example:8443", "https://a.example/", False),
        ("[::1]", "http://[::1]/", True),
    ],
)
def test_patterns(pattern: str, resource: str, *, covered: bool) -> None:
    assert HostSet([pattern]).covers(resource) is covered


@pytest.mark.parametrize(
    "pattern", ["", "a b", "https://a", "a/b", "*a", "a.*", "a..b", "a:b", "é.example", "u@a", "a.example."]
)
def test_what_is_no_pattern_of_a_host_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is none"):
        HostSet([pattern])

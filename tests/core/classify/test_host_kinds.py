"""Kinds of addresses. What the default policy makes of them stands in tests/cases/urls.yaml."""

import pytest

from app.core.classify.host_kinds import _DATA, KINDS, kinds
from app.core.policy.host_set import HostSet


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://a.example/", set()),
        ("search", set()),
        ("database", set()),
        ("git://origin", set()),
        ("registry://pypi.org", set()),
        ("ssh:host", {"is:private"}),
        ("http://localhost", {"is:loopback"}),
        ("http://localhost/?token=abcdefgh", {"is:loopback"}),
        ("http://999.1.1.1/", set()),
        ("http://" + "a" * 300 + "/", {"has:data"}),
        ("http://nip.io/", {"is:steered"}),
        ("http://169.254.169.254.nip.io/", {"is:steered", "is:metadata", "is:link-local"}),
        ("https://a.example/?url=http://169.254.169.254/", {"is:metadata"}),
        ("https://xn--\u00e9.example/", set()),
        ("https://xn--99999999.example/", set()),
        ("https://a.example/?u=http://b.example/", set()),
        ("https://discord.com/channels", set()),
        ("https://discord.com/api/webhooks/1", {"is:webhook"}),
        ("https://docs.aws.amazon.com/", {"is:documentation"}),
        ("https://raw.githubusercontent.com/psf/requests/main/README.md", {"is:documentation"}),
    ],
)
def test_kinds(text: str, found: set[str]) -> None:
    assert kinds(text) == found


def test_every_list_is_a_kind() -> None:
    assert {f"is:{name}" for name in _DATA.keys() - {"imitated", "look_like", "makers"}} < KINDS


def test_no_list_names_a_host_twice() -> None:
    for names in _DATA.values():
        assert len(set(names)) == len(names)


def test_a_kind_opens_only_what_all_readers_agree_on() -> None:
    here = HostSet(["is:loopback:*"])
    assert here.covers("http://127.0.0.1:8000/")
    assert here.covers("http://localhost/")
    assert not here.covers("http://017.0.0.1/")
    assert not here.covers("http://u@127.0.0.1/")
    assert not HostSet(["is:loopback"]).covers("http://127.0.0.1:8000/")


def test_a_kind_has_a_port_too() -> None:
    here = HostSet(["is:loopback:8787"])
    assert here.touches("http://localhost:8787/")
    assert not here.touches("http://localhost:8788/")
    assert here.keys is None


def test_there_is_no_other_kind() -> None:
    with pytest.raises(ValueError, match="is no kind"):
        HostSet(["is:evil"])

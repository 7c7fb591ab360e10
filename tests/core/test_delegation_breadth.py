"""What is said to whoever issues a delegation that is broad, or empty."""

from typing import Any

import pytest
from msgspec import convert

from app.core.delegation import Terms
from app.core.delegation_breadth import warnings

HOUR = 3_600_000_000


def said(terms: dict[str, Any], ttl_us: int = HOUR, max_uses: int | None = 1) -> str:
    return "\n".join(warnings(convert(terms, Terms), ttl_us, max_uses))


READS = {"allowed_actions": ["read_file"], "allowed_paths": ["/srv/project/**"]}


def test_a_narrow_one_needs_no_warning() -> None:
    assert said(READS) == ""
    assert said({"allowed_actions": ["shell"], "commands": ["git status *", "/usr/bin/python script.py"]}) == ""
    assert said({"allowed_actions": ["web_fetch"], "hosts": ["a.example"]}) == ""
    assert said({"denied_actions": ["pay"]}, max_uses=None) == ""


@pytest.mark.parametrize(
    "path", ["/**", "/*", "**", "**/*.py", "~/**", "/home/**", "/home/alice/**", "/Users/a/**", "/etc/**", "C:/**"]
)
def test_broad_paths(path: str) -> None:
    assert "more than one project" in said({**READS, "allowed_paths": [path]})


@pytest.mark.parametrize(
    "path", ["~/notes/**", "/home/alice/src/**", "/etc/nginx/nginx.conf", "$workspace/**", "/srv/p/**"]
)
def test_narrow_paths(path: str) -> None:
    assert said({**READS, "allowed_paths": [path]}) == ""


@pytest.mark.parametrize(
    ("terms", "warning"),
    [
        ({"allowed_actions": ["mcp:github/*"]}, "more than one tool"),
        ({"allowed_actions": ["web_fetch"], "hosts": ["*.example.com"]}, "nobody has listed"),
        ({"allowed_actions": ["shell"], "commands": ["* status"]}, "names no program"),
        ({"allowed_actions": ["shell"], "commands": ["python *"]}, "whatever it is told"),
        ({"allowed_actions": ["Bash"], "commands": ["/usr/bin/env *"]}, "whatever it is told"),
        ({"allowed_actions": ["shell"]}, "shell covers nothing without commands"),
        ({"allowed_actions": ["read_file"]}, "read_file covers nothing without allowed_paths"),
        ({"allowed_actions": ["WebFetch"]}, "web_fetch covers nothing without hosts"),
    ],
)
def test_warnings(terms: dict[str, Any], warning: str) -> None:
    assert warning in said(terms)


def test_how_long_and_how_often() -> None:
    assert "any number of times" in said(READS, max_uses=None)
    assert "longer than a day" in said(READS, ttl_us=25 * HOUR)

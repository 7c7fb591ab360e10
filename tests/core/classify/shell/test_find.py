"""`find` by its expressions."""

from collections.abc import Callable

import pytest

Look = Callable[[str], list[str]]
READ = ["read /w"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("find", READ),
        ("find -L . -type f", READ),
        ("find a b", ["read /w/a", "read /w/b"]),
        ("find $X", ["opaque"]),
        ("find *", ["opaque", "read /w"]),
        ("find . -name $X", [*READ, "opaque"]),
        ("find . -name", [*READ, "opaque"]),
        ("find . -newer /a", [*READ, "read /a"]),
        ("find . -newermt $X", [*READ, "opaque"]),
        ("find . -fprintf a %p", [*READ, "write /w/a"]),
        ("find . -fls a -print", [*READ, "write /w/a"]),
        ("find . -frob", [*READ, "opaque", "access /w/rob"]),
        ("find . $X", ["read /w", "opaque"]),
        ("find . -exec rm {}", [*READ, "opaque", "access /w/rm", "access /w/{}"]),
        ("find . -exec \\;", [*READ, "opaque"]),
        ("find . -exec cat {} + -exec rm {} \\;", [*READ, "delete /w/**"]),
        ("find a -execdir rm {} b \\;", ["read /w/a", "delete /w/a/**", "opaque", "delete b"]),
        ("find . -exec echo + \\;", READ),
        ("find . -exec cp {} {}.bak \\;", [*READ, "opaque"]),
    ],
)
def test_find(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)

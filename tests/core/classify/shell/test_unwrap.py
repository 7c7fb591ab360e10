"""Programs that run another program."""

from collections.abc import Callable

import pytest

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sudo -n -u root -- rm a", ["privilege root", "delete /w/a"]),
        ("sudo --user=root rm a", ["privilege root", "delete /w/a"]),
        ("sudo -nK rm a", ["privilege root", "delete /w/a"]),
        ("sudo -u $X rm a", ["privilege root", "opaque", "delete /w/a"]),
        ("sudo CI=1 rm a", ["privilege root", "delete /w/a"]),
        ("sudo", ["privilege root", "opaque"]),
        ("doas -u root rm a", ["privilege root", "delete /w/a"]),
        ("doas", ["privilege root", "opaque"]),
        ("env - rm a", ["delete /w/a"]),
        ("env -u A CI=1 rm a", ["delete /w/a"]),
        ("env CI=$X ls", ["opaque", "read /w"]),
        ('env CI="$(date)" ls', ["read /w"]),
        ("env CI=1", ["read /environment"]),
        ("nice", ["opaque"]),
        ("timeout $X rm a", ["opaque", "delete /w/a"]),
        ("timeout --signal=9 5 rm a", ["delete /w/a"]),
        ("timeout --frob 5 rm a", ["opaque", "access /w/5", "access /w/rm", "access /w/a", "delete /w/a"]),
        ("nice -n", ["opaque"]),
        ("command", []),
        ("command -v rm", []),
        ("command -p rm a", ["delete /w/a"]),
        ("exec -a x rm a", ["delete /w/a"]),
        ("exec", []),
        ("bash -euo pipefail -c 'rm a'", ["delete /w/a"]),
        ("bash -o vi -c 'rm a'", ["opaque", "delete /w/a"]),
        ("bash -o", ["opaque"]),
        ("bash -s a", ["opaque", "access /w/a", "read /w/a", "execute /w/a"]),
        ("bash -e -c 'rm a'", ["delete /w/a"]),
        ("bash --norc -c 'rm a'", ["delete /w/a"]),
        ("bash -c 'rm $1' x a", ["delete /w/a"]),
        ('bash -c "$X"', ["opaque"]),
        ('bash "$X"', ["opaque"]),
        ("bash +x a", ["read /w/a", "execute /w/a"]),
        ("bash a /b", ["read /w/a", "execute /w/a", "access /b"]),
        ("bash -c ''", ["opaque"]),
        ("eval", ["opaque"]),
        ("eval A=a; rm $A", ["delete /w/a"]),
        ("eval '('; rm a", ["opaque", "delete a"]),
        ("source", ["opaque"]),
        ("xargs", []),
        ("xargs -n 1 echo", []),
        ("xargs -d, rm", ["opaque"]),
        ("xargs git log", ["read /w", "opaque"]),
    ],
)
def test_wrappers(look: Look, line: str, expected: list[str]) -> None:
    assert look(line) == expected


# INVARIANT: a wrapper runs the program, not a function of the same name.
@pytest.mark.parametrize("wrapper", ["env", "sudo", "nohup", "command", "time", "xargs", "find . -exec"])
def test_functions_do_not_hide_programs(look: Look, wrapper: str) -> None:
    assert "opaque" in look(f"frob() {{ true; }}; {wrapper} frob")


@pytest.mark.parametrize("wrapper", ["env ", "sudo ", "bash -c ", "eval "])
def test_wrappers_in_wrappers_are_bounded(look: Look, wrapper: str) -> None:
    assert "opaque" in look(wrapper * 20 + "ls")

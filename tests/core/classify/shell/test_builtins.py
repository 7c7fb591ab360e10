"""Builtins that change what the shell knows."""

from collections.abc import Callable

import pytest

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cd; cat a", ["read /home/u/a", "read /w/a"]),
        ("cd -L x && cat a", ["read /w/x/a"]),
        ("cd -- x && cat a", ["read /w/x/a"]),
        ("cd x y && cat a", ["opaque", "read a"]),
        ("cd '' && cat a", ["opaque", "read a"]),
        ("cd x && cat $PWD/a", ["read /w/x/a"]),
        ("cd $X && cat $PWD/a", ["opaque", "access PWD/a"]),
        ("cd $X && cd b && cat a", ["opaque", "read a"]),
        ("cd $X && cd /b && cat a", ["opaque", "read /b/a"]),
        ("pushd && cat a", ["opaque", "read a"]),
        ("popd && cat /a", ["read /a"]),
        ("export CI=1; echo $CI", []),
        ("wait", []),
        ("wait -n 1", []),
        ("wait -n -p 'a[$(id)]'", ["opaque"]),
        ("mkdir z.log", ["opaque", "write /w/z.log"]),
        ("touch -- -e", ["opaque", "write /w/-e"]),
        ("rimraf -g 'dist/{.,..}/x'", ["opaque", "delete /w/dist/{.,..}/x", "delete /w/dist/{.,..}/x/**"]),
        ("yq .env a.yaml", ["opaque", "read /w/a.yaml"]),
        ("yq .a a.yaml", ["read /w/a.yaml"]),
        ("yq keys a.yaml", ["read /w/keys", "read /w/a.yaml"]),
        ("export -p", ["read /environment"]),
        ("export", ["read /environment"]),
        ("declare -x CI=1", []),
        ("declare -r CI=1", ["opaque"]),
        ("local A=x; cat $A", ["opaque", "read /w/x"]),
        ("f() { local A=x; cat $A; }; f", ["read /w/x"]),
        ("local -g A=x", ["opaque"]),
        ("export A=1", []),
        ("export CI=$X", ["opaque"]),
        ('export CI="$(date)"; echo $CI', []),
        ("export é=1", ["opaque"]),
        ("A=x; unset A; cat a$A", ["read /w/a"]),
        ("unset $A", ["opaque"]),
        ("f() { ls; }; unset f", ["opaque"]),
        ("read -r -p 'name? ' A; echo $A; cat $A", ["opaque"]),
        ("read; echo $REPLY", []),
        ("read -a A", ["opaque"]),
        ("test a -nt b", ["read /w/a", "read /w/b"]),
        ("[ a -ef /b ]", ["read /w/a", "read /b"]),
        ("[ -n $A ]", ["opaque"]),
        ('[ -n "$A" ]', []),
        ("[[ -n $A ]]", []),
        ("[ -f $A ]", ["opaque"]),
        ("[ 1 -eq 2 ]", []),
        ("[[ 1 -eq -2 ]]", []),
        ("[[ $A -eq 2 ]]", ["opaque"]),
        ("[[ 2 -gt a ]]", ["opaque"]),
        ("[[ -R a ]]", ["opaque"]),
        ("[ -e -f ]", ["read /w/-f"]),
        ("test", []),
        ("exit 1", []),
        ("exit $A", ["opaque"]),
        ("return $?", []),
        ("set -e +x", []),
        ("set -o errexit -o pipefail", []),
        ("set -o vi", ["opaque"]),
        ("set -o", []),
        ("set +o", []),
        ("set", ["read /environment"]),
        ("set a", ["opaque"]),
    ],
)
def test_builtins(look: Look, line: str, expected: list[str]) -> None:
    assert look(line) == expected


# INVARIANT: a relative path in a directory that the line does not tell could be any file.
@pytest.mark.parametrize("line", ["cd -; cat a", "cd -P x; cat a", "popd; cat a", "cd .*; cat a", "cd $X; rm a"])
def test_a_lost_directory_is_opaque(look: Look, line: str) -> None:
    assert "opaque" in look(line)

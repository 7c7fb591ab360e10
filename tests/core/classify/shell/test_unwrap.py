"""Programs that run another program."""

from collections.abc import Callable

import pytest

from app.core.classify.shell.launchers import LAUNCHERS

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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("docker exec -it -w /a web rm /b/c", "delete /b/c"),
        ("podman run --rm -v /:/h alpine rm /h/x", "delete /h/x"),
        ("docker compose exec web rm /x", "delete /x"),
        ("kubectl exec pod -n prod -- rm /x", "delete /x"),
        ("ssh -p 22 -- host 'cd /a && rm b'", "delete /a/b"),
        ("su - root -c 'rm /x'", "delete /x"),
        ("runuser -u root -- rm /x", "delete /x"),
        ("script -q --command='rm /x' out", "delete /x"),
        ("flock /tmp/lock -c 'rm /x'", "delete /x"),
        ("flock /tmp/lock rm /x", "delete /x"),
        ("chroot /mnt rm /x", "delete /x"),
        ("strace -f -o log rm x", "delete /w/x"),
        ("watch -n 1 rm x", "delete /w/x"),
        ("parallel -j 2 rm ::: x y", "delete /w/y"),
        ("parallel rm", "opaque"),
        ("hyperfine --prepare 'rm x' ls", "delete /w/x"),
        ("tmux new-session -d 'rm x'", "delete /w/x"),
        ("vim -c ':!rm x' f", "delete /w/x"),
        ("gdb -ex 'shell rm x'", "delete /w/x"),
        ("busybox rm x", "delete /w/x"),
        ("fish -c 'rm x'", "delete /w/x"),
        ("capsh -- -c 'rm x'", "delete /w/x"),
        ("trap 'rm x' EXIT", "delete /w/x"),
        ("alias l='rm x'", "delete /w/x"),
        ('sh -c "$A; rm x"', "delete /w/x"),
        ('eval "$A; rm x"', "delete /w/x"),
    ],
)  # fmt: skip
def test_what_runs_elsewhere_or_later_is_read_besides(look: Look, line: str, expected: str) -> None:
    assert expected in look(line)


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launcher_is_never_ordinary(look: Look, name: str) -> None:
    found = look(f"{name} exec x ls")
    assert "opaque" in found or any(effect.startswith(("configure", "network", "persist")) for effect in found)

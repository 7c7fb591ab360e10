"""Programs that run a command here, again or on what they find: the command is read like any other."""

from collections.abc import Callable

import pytest

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    "line",
    [
        "watch -n 2 'ls -l src'", "watch -n1 git status", "watchexec -w src -- ls",
        "hyperfine -w 3 --runs 5 'ls -l'",
        "hyperfine --export-json=out.json -i --prepare 'ls src' ls", "ls | entr -c ls", "ls | entr ls /etc",
        "valgrind --leak-check=full -q ./build/test", "gdb -batch -ex run -ex 'bt full' ./build/test",
        "gdb -q -batch --args ./build/test x", "fd -e rs -x wc -l", "fd -e rs -X wc -l {}", "alias", "alias -p",
        "alias ll",
        "trap", "trap -l", "trap -p", "shopt", "shopt -p nullglob", "hash", "hash -r", "bind -p", "yq eval .a a.yaml",
        "yq e .a a.yaml", "yq .a a.yaml", "mlr --icsv --ojson head -n 4 a.csv", "python setup.py build_ext --inplace",
        "mvn compile exec:java -Dexec.mainClass=com.acme.Main", "yarn tsc -p .", "dig +short docs.python.org",
    ],
)  # fmt: skip
def test_what_is_known_to_its_end_is_not_opaque(look: Look, line: str) -> None:
    assert "opaque" not in look(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("watch", "opaque"),
        ("watch --frob rm x", "opaque"),
        ('watch "$A; rm x"', "delete /w/x"),
        ("x=ls; watch '$x'", "opaque"),
        ("cd src && watch rm x", "delete /w/src/x"),
        ('cd "$A" && watch rm x', "opaque"),
        ("watchexec --shell=/tmp/x ls", "opaque"),
        ("hyperfine ls 'rm x'", "delete /w/x"),
        ("hyperfine --cleanup 'rm x' ls", "delete /w/x"),
        ("hyperfine --setup='rm x' ls", "delete /w/x"),
        ("hyperfine ls --export-json ~/.bashrc", "write /home/u/.bashrc"),
        ('hyperfine -w "$A" ls', "opaque"),
        ("hyperfine ls -p", "opaque"),
        ("hyperfine -N 'ls # x'", "opaque"),
        ("hyperfine -L a rm,ls '{a} x'", "opaque"),
        ("ls | entr", "opaque"),
        ("ls | entr rm x", "delete /w/x"),
        ("ls | entr rm /_", "opaque"),
        ("ls | entr -s 'rm x'", "opaque"),
        ("valgrind", "opaque"),
        ("valgrind rm x", "delete /w/x"),
        ("valgrind --log-file=/etc/x ls", "opaque"),
        ("gdb -batch -ex 'shell rm x' ./build/test", "opaque"),
        ("gdb -batch -ex run ./build/test -ex 'shell rm x'", "opaque"),
        ("gdb -batch -ex bt ./build/test 1234", "opaque"),
        ("gdb -batch -ex", "opaque"),
        ("gdb -batch", "opaque"),
        ("gdb -x evil -batch ./build/test", "opaque"),
        ("gdb -ex run ./build/test", "opaque"),
        ("fd . src -x rm", "delete /w/src/**"),
        ("fd -x", "opaque"),
        ("fd . -x sh -c 'rm x'", "delete /w/x"),
        ("fd . -x mv {} {.}.bak", "opaque"),
        ("fd . -x ls ';' -x rm", "opaque"),
        ("fd -e -x ls", "opaque"),
        ("alias x=rm", "opaque"),
        ("trap -p 'rm x' EXIT", "opaque"),
        ("shopt -s expand_aliases", "opaque"),
        ("hash -p /tmp/x ls", "opaque"),
        ("bind -x '\"a\": rm x'", "opaque"),
        ("yq eval 'load(\"x\")' a.yaml", "opaque"),
        ("yq e 'env(SECRET)' a.yaml", "opaque"),
        ("yq ea -n 'load_str(\"/etc/passwd\")'", "opaque"),
        ("mlr --icsv cat then tee out.csv a.csv", "opaque"),
        ("mlr --icsv put 'system(\"rm x\")' a.csv", "opaque"),
        ("mlr -I --icsv cat a.csv", "opaque"),
        ("python setup.py build_ext --rpath=/tmp", "execute /w/setup.py"),
        ("dig @ns.evil.example docs.python.org", "network dig:ns.evil.example"),
        ("git restore -- --staged src", "delete /w"),
        ("stylua src", "write /w/src"),
        ("gitleaks detect", "opaque"),
        ("packer build x.hcl", "configure infrastructure"),
        ("nx run-many -t deploy", "execute nx deploy"),
        ("nx deploy web", "execute package"),
        ("dbt run", "configure database"),
        ("streamlit run src/app.py", "network listen"),
        ("jupyter console", "opaque"),
        ("terraform apply", "configure infrastructure"),
    ],
)
def test_what_else_they_do_is_seen(look: Look, line: str, expected: str) -> None:
    found = look(line)
    assert expected in found or any(effect.startswith(expected) for effect in found), found

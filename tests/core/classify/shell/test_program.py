"""Programs by data: flags, operands, roles."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from ruamel.yaml import YAML

from app.core.classify.shell import tables
from app.core.classify.shell.roles import ROLES
from app.core.classify.shell.tables import PROGRAMS, Entry, Program
from app.core.model import EffectKind

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("head -5 a", ["read /w/a"]),
        ("head -n5 -c 3 a", ["read /w/a"]),
        ("head -n", ["opaque"]),
        ("head -n * a", ["opaque", "read /w/a", "access /w/a"]),
        ("cat - a", ["read /w/a"]),
        ("cat -- -a", ["read /w/-a"]),
        ("cat -n$X a", ["opaque", "read /w/a", "access /w/a"]),
        ("ls --color=auto --color", ["read /w"]),
        ("ls --all=x", ["opaque", "access /w/x", "read /w", "access /w"]),
        ("sort -ro a b", ["write /w/a", "read /w/b"]),
        ("sort -o $X b", ["opaque", "read /w/b"]),
        ("sort a$X", ["opaque"]),
        ("cp a", ["read /w/a", "write /w/a"]),
        ("cp a b c", ["read /w/a", "read /w/b", "write /w/c", "write /w/c/a", "write /w/c/b"]),
        ("cp a* b", ["read /w/a*", "write /w/b", "write /w/b/a*"]),
        ("grep x", []),
        ("fd -e py", ["read /w"]),
        ("git push", ["run /w", "network git://origin"]),
        ("jq --arg n x --slurpfile s a .b c", ["read /w/a", "read /w/c"]),
        ("jq --arg n", ["opaque"]),
        ("nm @a", ["read /w/a", "read /w/@a"]),
        ("grep -r x", ["read /w", "read /w/**"]),
        ("grep -e x -r a", ["read /w/a", "read /w/a/**"]),
        ('grep "$(date)" a', ["opaque", "read /w/a"]),
        ('grep -e "$(date)" a', ["read /w/a"]),
        ('grep -e "$X" a', ["opaque", "read /w/a"]),
        ("grep a/* b", ["opaque", "read /w/a/*", "read /w/b"]),
        ("grep [a]b c", ["read /w/[a]b", "read /w/c"]),
        ("sort | grep [a]b", ["read /w/[a]b"]),
        ("brew info jq", []),
        ("php artisan test", ["run /w/artisan"]),
        ("php artisan migrate", ["read /w/artisan", "execute /w/artisan"]),
        ("php -S localhost:8000 -t public", ["read /w/public", "run /w"]),
        ("python3 -c 'import numpy; print(numpy.__version__)'", ["run /w"]),
        ("python3 -c 'import a; print(b.__version__)'", ["opaque"]),
        ("node -p process.version", []),
        ("conan list 'zlib/*'", ["opaque"]),
        ("brew info *.rb", ["opaque", "access /w/*.rb"]),
        ("jq '# \"\nenv # \"'", ["opaque"]),
        ("git config --get http.extraheader", ["read /w/.git/config", "opaque"]),
        ('git config --get "$X"', ["read /w/.git/config", "opaque"]),
        ("node -p process.env", ["read /environment"]),
        ("ping -c 1 localhost", []),
        ("brew info ./x.rb", ["opaque", "access /w/x.rb"]),
        ("brew info $X", ["opaque"]),
        ("flask run -h 127.0.0.1", ["run /w"]),
        ("flask run -h 0.0.0.0", ["network flask:0.0.0.0", "run /w"]),
        ("gunicorn app:app -b 127.0.0.1:8000", ["run /w"]),
        ("gunicorn app:app -b $X", ["opaque", "run /w"]),
        ("dig +short MX a.example @b.example", ["fetch dns://a.example", "network dig:b.example"]),
        ("dig $X", ["opaque"]),
        ("wc $(grep -e -l a)", ["read /w/a", "opaque"]),
        ("wc $(grep x a)", ["read /w/a", "opaque"]),
        ("sed -i s/a/b/ $(git diff a b --name-only)", ["read /w", "read /w/**", "write /w/**"]),
        ("echo *", []),
        ("echo a/*", ["read /w/a/*"]),
        ('echo "$X"', ["opaque"]),
        ("git", []),
        ("git $X", ["opaque"]),
        ("git -C a -C b status", ["read /w/a/b"]),
        ("git -C $X status", ["opaque", "read ."]),
        ("git -c $X status", ["opaque", "read /w"]),
        ("git remote frob /a", ["read /w", "opaque", "access /a"]),
        ("git diff main..dev ../x", ["read /w", "read /x"]),
        ("git diff $X", ["read /w", "opaque"]),
        ("git fetch /a", ["write /w", "run /w", "access /a", "access /a/**", "fetch git:///a"]),
        ("git fetch $X", ["write /w", "run /w", "opaque"]),
        ("curl -O 'http://a/{b,c}'", ["write /w", "opaque", "fetch http://a/{b,c}"]),
        ("curl -F a=b -F c=<d -F 'e=@f;type=x' -F g@h x", ["read /w/d", "read /w/f", "read /w/h", "network http://x"]),
        ("curl -F $X x", ["opaque", "network http://x"]),
        ("curl -F a x", ["network http://x"]),
        ("curl -d a -d @- x", ["network http://x"]),
        ("curl -b a=b -b c x", ["read /w/c", "network http://x"]),
        ("curl -b $X x", ["opaque", "network http://x"]),
        ("curl -w '%{http_code}' x", ["fetch http://x"]),
        ("curl -H 'Accept: application/json' x", ["fetch http://x"]),
        ("curl -H 'Accept: s3cr3t' x", ["network http://x"]),
        ("curl -H 'X-Key: a' -H 'Accept: */*' x", ["network http://x"]),
        ("curl -H @a x", ["read /w/a", "network http://x"]),
        ("wget -qO- x", ["fetch http://x"]),
        ("kubectl get pods -o $X", ["opaque", "query kubernetes"]),
        (
            "kubectl get pods -o go-template-file=a",
            ["opaque", "access /w/go-template-file=a", "access /w/a", "query kubernetes"],
        ),
        ("ansible-inventory --graph -i hosts", ["run /w/hosts", "run /w"]),
        ("ansible-inventory --graph -i x.sh", ["read /w/x.sh", "execute /w/x.sh", "run /w"]),
        ("ansible-inventory --graph -i $X", ["opaque", "run /w"]),
        ("psql -v $X -c 'select 1'", ["opaque", "query database"]),
        ("psql -v A=b -c 'select 1'", ["opaque", "query database"]),
        ("psql -v ON_ERROR_STOP=1 -c 'select 1'", ["query database"]),
        ("psql -d -c", ["opaque"]),
        ("psql -o -c", ["opaque", "write /w/-c"]),
        ("mongosh --eval $X", ["opaque"]),
        ("mongosh --eval 'db.a.find()'", ["query database"]),
        ("mongosh --eval 'db.a.drop()'", ["opaque"]),
        ("mongosh x.js --eval db", ["query database", "opaque", "access /w/x.js"]),
        ("mongosh mongodb://h.example/a --eval db", ["query database", "network mongodb://h.example/a"]),
        ("http GET localhost:8000/a", ["fetch http://localhost:8000/a"]),
        ("curl -X GET x", ["fetch http://x"]),
        ("curl -X POST x", ["network http://x"]),
        ("gh api -X GET a/b -q -X", ["opaque", "query github.com"]),
        ("gh api $X", ["query github.com", "opaque"]),
        ("gh api user/keys", ["query github.com", "opaque", "access /w/user/keys"]),
        ("gh api graphql -f $X", ["opaque", "query github.com"]),
        ("gh api graphql -F query=@a", ["opaque", "access /w/query=@a", "access /w/a", "query github.com"]),
        ("terraform apply -var-file=a.tfvars", ["run /w", "configure infrastructure"]),
        ("terraform plan -var-file=a.txt", ["read /w/a.txt", "run /w", "query infrastructure"]),
        (
            "docker run -v data:/var/lib/x a:1",
            ["configure containers", "access /w/run", "access /w/a:1", "access /w/1"],
        ),
        ("docker run -v ~/.x:/y a", ["configure containers", "access /w/run", "access /home/u/.x", "access /w/a"]),
        ("ab -n 9 http://localhost:8000/a", ["fetch http://localhost:8000/a"]),
        ("hey -n 9 http://h.example/", ["network http://h.example/"]),
        ("wrk $X", ["opaque"]),
        ("http GET :8000/a", ["fetch http://localhost:8000/a"]),
        (
            "http POST :8000/a a=b",
            ["network http", "access /w/POST", "access /w/:8000/a", "access /w/8000/a", "access /w/a=b", "access /w/b"],
        ),
        ("wget --spider --header 'Accept: text/html' x", ["fetch http://x"]),
        ("wget -O a x", ["write /w/a", "fetch http://x"]),
        ("wget x", ["write /w", "fetch http://x"]),
        ("wget -O- --post-data=a x", ["network http://x"]),
        ("ssh $X", ["opaque"]),
        ("scp $X a", ["opaque", "access /w/a", "access /w/a/**"]),
        ("scp ./a:b c", ["access /w/a:b", "access /w/a:b/**", "access /w/c", "access /w/c/**"]),
        ("dd if=a of=b bs=1", ["read /w/a", "write /w/b", "delete /w/b"]),
        ("dd if=$X", ["opaque"]),
        ("dd frob", ["opaque"]),
        ("dd frob=1", ["opaque"]),
        ("date $X", ["opaque"]),
        ("ps 123", []),
        ("ps $X", ["opaque"]),
        ("kill $X", ["opaque"]),
        ("jq $X a", ["opaque", "read /w/a"]),
        ("python", ["opaque"]),
        ("python -", ["opaque"]),
        ("python /dev/fd/3", ["opaque"]),
        ("python $X", ["opaque"]),
        ("python -m $X", ["opaque"]),
        ("python -m pytest a", ["run /w", "run /w/a"]),
        ("pytest a", ["run /w", "run /w/a"]),
        ("pytest $X", ["run /w", "opaque"]),
        ("npm install $X", ["fetch registry://registry.npmjs.org", "execute install scripts", "write /w", "opaque"]),
        ("echo a >&b", ["write /w/b"]),
        ("echo a >&'b'", ["opaque", "write /w/b"]),
        ("rm /dev/null", ["delete /dev/null"]),
        ("cat /dev/null /dev/urandom /dev/fd/3", []),
        (
            "cp /dev/zero /dev/urandom",
            ["write /dev/urandom", "opaque", "delete /dev/urandom", "write /dev/urandom/zero"],
        ),
        ("cat C:/x 'C:\\y'", ["read C:/x", "read C:/y"]),
        ("cat 'file:/x' 'a\\b'", ["read /w/file:/x", "read /w/a\\b"]),
        ("cat a/.*", ["opaque", "read /w/a/.*"]),
        ("cat '/x /y' z", ["read /x /y", "read /w/z"]),
        ("/usr/bin/git status", ["read /w"]),
        ("/opt/git status", ["execute /opt/git", "opaque", "access /w/status"]),
        ("cat $X/../id_rsa", ["opaque", "access /w/id_rsa"]),
    ],
)
def test_programs(look: Look, line: str, expected: list[str]) -> None:
    assert look(line) == expected


def every(one: Program) -> list[Program]:
    inner = [*one.subcommands.values(), *one.modes.values()]
    return [one, *(each for sub in inner for each in every(sub))]


def test_the_data_names_only_roles_and_kinds_that_exist() -> None:
    assert len(PROGRAMS) >= 250
    for name, found in PROGRAMS.items():
        for one in every(found):
            assert {*one.roles, *one.takes.values()} <= ROLES.keys(), name
            effects = [*one.does, *one.adds.values()]
            assert {kind for kind, _ in effects} <= {kind.value for kind in EffectKind}, name
            # A flag has one meaning.
            assert not one.flags & one.takes.keys(), (name, one.flags & one.takes.keys())
            begins = ("-", "+", "/") if one.entry.colon else ("-", "+")
            assert all(flag.startswith(begins) for flag in [*one.flags, *one.takes] if flag != "always"), name


def test_the_data_says_nothing_twice() -> None:
    names: list[str] = []
    for file in sorted((Path(tables.__file__).parent / "programs").glob("*.yaml")):
        # Of two equal keys the fast reader takes the last; this one refuses them.
        strictly = YAML(typ="safe", pure=True).load(file)
        assert msgspec.convert(strictly, dict[str, Entry]) == msgspec.yaml.decode(
            file.read_bytes(), type=dict[str, Entry]
        )
        names += [name for key in strictly for name in key.split()]
    assert sorted(names) == sorted(set(names))


# INVARIANT: "no flag of it does harm" is said only of programs whose flags have no effect.
def test_inert_programs_have_harmless_flags() -> None:
    for name, found in PROGRAMS.items():
        for one in every(found):
            if one.entry.inert:
                assert not one.adds, name
                assert set(one.takes.values()) <= {"text", "read"}, name


def test_the_entry_is_strict() -> None:
    assert Entry().operands == ""

"""Code in a word, on standard input and behind modules: how what it does becomes effects of the line."""

from collections.abc import Callable

import pytest

from app.core.budget import Budget
from app.core.classify.paths import Place
from app.core.classify.shell import read_line
from app.core.model import EffectKind

Look = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -c 'print(1)'", []),
        ("python3.12 -Ic 'print(1)' a --b", []),
        ("python -W ignore -c 'print(1)' a/b", ["access /w/a/b"]),
        ("python -c 'print(f(1))'", ["opaque"]),
        ("python -c 'print(open(\"a\").read())'", ["read /w/a"]),
        ("cd src && python -c 'print(open(\"../a\").read())'", ["read /w/a"]),
        ("python -c 'f(\"/etc/passwd\")'", ["opaque", "access /etc/passwd"]),
        ('python -c "print($X)"', ["opaque"]),
        ("python2 -c 'print(1)'", ["opaque"]),
        ("perl -e 'print(1)'", []),
        ("perl -MPOSIX=floor -le 'print floor(1.5)' a", ["read /w/a"]),
        ("perl -Mevil -e 'print 1'", ["opaque"]),
        ("perl -i -pe '$_ = 1' a", ["opaque"]),
        ("ruby -rjson -e 'puts JSON.parse(File.read(\"a.json\")).size'", ["read /w/a.json"]),
        ("php -r 'echo 1 + 1;'", []),
        ("perl -e 'print \"a\"' a.txt", ["read /w/a.txt"]),
        ("perl -pe 's/a/b/' a lib/*.pm", ["read /w/a", "read /w/lib/*.pm"]),
        ("perl -ne 'print if /x/' ./a ~/b", ["read /w/a", "read /home/u/b"]),
        ("perl -pi -e 's/a/b/' a", ["read /w/a", "write /w/a"]),
        ("perl -0777 -i.bak -pe 's/a/b/;' -e 's/c/d/' a", ["read /w/a", "write /w/a", "write /w/a.bak"]),
        ("cat a | perl -lpE 'tr/a/b/' -", ["read /w/a", "read /w/-"]),
        ("perl -F: -lane 'print $F[1]' a", ["read /w/a"]),
        ("perl -pi -e 's/a/b/' .git/hooks/x", ["read /w/.git/hooks/x", "write /w/.git/hooks/x"]),
        ("ruby -e 'puts RUBY_VERSION'", []),
        ("ruby -e 'puts RUBY_VERSION; `id`'", ["opaque"]),
        ("ruby -r 'puts RUBY_VERSION'", ["opaque"]),
        ("php -r 'echo PHP_VERSION . \"\\n\";'", []),
        ("php -r 'echo PHP_VERSION; system(1);'", ["opaque"]),
        ('ruby -e "$X"', ["opaque"]),
        ("node -p 'process.version'", []),
        ("node -p 'require(\"./a.json\").b'", ["run /w", "read /w/a.json"]),
        ("node -e 'f()'", ["opaque"]),
        ("node -r process.version a.js", ["run /w", "read /w/a.js", "execute /w/a.js"]),
        ("python -c 'import os; print(os.environ[\"PATH\"])'", []),
        ("python -c 'import os; print(os.environ[\"TOKEN\"])'", ["read /environment"]),
        ("python -c 'import app.deploy'", ["run /w", "execute import app.deploy"]),
        ("python -c 'import app.main'", ["run /w"]),
        (
            "python -c 'import pandas; pandas.read_csv(\"http://a.example/x\")'",
            ["run /w", "network http://a.example/x"],
        ),
        ("uv run python -c 'print(1)'", ["run /w"]),
        (".venv/bin/python -c 'print(1)'", ["run /w/.venv/bin/python"]),
        ("python3 <<'E'\nimport json\nprint(1)\nE", ["run /w"]),
        ("python3 - <<'E'\nprint(1)\nE", []),
        ("python3 -<<'E' > a\nprint(1)\nE", ["write /w/a"]),
        ("python3 - <<'E'\nf()\nE", ["opaque"]),
        ("python3 - a.py <<'E'\nprint(1)\nE", ["opaque", "access /w/a.py"]),
        ("cat - <<'E' b\nx\nE", ["read /w/b"]),
        ("sh - <<'E'\ncat a\nE", ["opaque"]),
        ("python3 <<< 'print(1)'", []),
        ("python3 -u <<< 'print(1)' > a", ["write /w/a"]),
        ("python3 <<< \"print('$X')\"", ["opaque"]),
        ("python3 <<< 'f()'", ["opaque"]),
        ("python3 <<< 'print(1)' < a", ["read /w/a", "opaque"]),
        ("python3 <<< 'print(1)' >& a", ["write /w/a", "opaque"]),
        ("python3 < a", ["read /w/a", "opaque"]),
        ("python3 a.py <<< 'print(1)'", ["read /w/a.py", "execute /w/a.py"]),
        ("python -W ignore", ["opaque"]),
        ("python -m timeit 'sum(range(9))'", ["run /w"]),
        ("python -m timeit -n 5 -s 'import json' 'x = 1' 'json.dumps(x)'", ["run /w"]),
        ("python -m timeit -p -s 'import os' 'os.system(\"id\")'", ["run /w", "opaque"]),
        ("python -m timeit --evil 1", ["run /w", "opaque"]),
        ("python -m timeit -s", ["run /w", "opaque"]),
        ('python -m timeit "$X"', ["run /w", "opaque"]),
        ("python manage.py shell -c 'print(1)'", ["run /w/manage.py"]),
        ("python manage.py shell -c 'User.objects.all()'", ["run /w/manage.py", "opaque"]),
        ("python manage.py shell --evil 'print(1)'", ["read /w/manage.py", "execute /w/manage.py"]),
    ],
)
def test_code_becomes_effects(look: Look, line: str, expected: list[str]) -> None:
    assert look(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "perl -i -pe 's/a/b/e' a",
        "perl -pie 's/a/b/' a",
        "perl -pe's/a/b/' a",
        "perl -F'@{[system(1)]}' -e print a",
        "perl -Fa -e print a",
        "for f in src/*.ts; do perl -pi -e 's/a/b/' $f; done",
        "find src -name '*.ts' | xargs perl -pi -e 's/a/b/'",
        "ls src/*.ts | xargs perl -pi -e 's/a/b/'",
        "for f in src/*.ts; do perl -pe print $f <<< src/*.ts; done",
        "for f in src/*.ts; do perl -pe print $f > src/*.ts; done",
        "for f in src/*.ts; do perl -pe print $f 'x src/*.ts'; done",
        "perl -Mevil -pe 's/a/b/' a",
        "perl -pe 's/a/b/' -e 's/c/d/' a",
        "perl -p -e",
        'perl -pe "s/a/$X/" a',
        'perl -"$X" -pe print a',
        "perl -pe print 'id|'",
        "perl -pe print 'id| '",
        "perl -pe print '>a'",
        "perl -pe print ' >a'",
        "perl -pe print '+<a'",
        "perl -pe print ''",
        "perl -pe print a*",
        "perl -pe print *.txt",
        'perl -pe print "$X"',
        "perl -pe print -- a",
    ],
)
def test_perl_that_is_given_more_is_not_read(look: Look, line: str) -> None:
    assert "opaque" in look(line)


@pytest.mark.parametrize(
    "line",
    [
        "echo 'x' > json.py && python -c 'import json'",
        'python -c \'open("json.py", "w").write("x"); import json\'',
        'python -c \'import json; open("test_x.py", "w").write("x")\' && pytest',
        'python -c \'open("Makefile", "w").write("x")\'; make test',
        'python -c \'import sys; sys.path.append("lib"); import x; open("lib/x.py", "w").write("y")\'',
    ],
)
def test_what_code_writes_is_nobodys_code(look: Look, line: str) -> None:
    assert "opaque" in look(line)


def test_data_that_code_writes_is_no_code(look: Look) -> None:
    line = 'python -c \'import json; json.dump([], open("data.json", "w"))\' && pytest'
    assert look(line) == ["run /w", "write /w/data.json"]


def test_what_is_not_understood_is_named() -> None:
    _, effects = read_line("python -c 'import os; os.system(1)'", Place("/w", "/home/u"), Budget(100_000))
    why = next(effect.resource for effect in effects if effect.kind is EffectKind.OPAQUE)
    assert why == "python -c: code that is not read: `os.system()` at 1:12"

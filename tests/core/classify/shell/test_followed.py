"""What is followed through a line: names of files, what substitutions print, values that are cut, what variables do."""

import pytest

from tests.core.classify.shell.conftest import Look

PY = "read /w/src/**/*.py"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("find src -name '*.py' | xargs cat", ["read /w/src", PY]),
        ("find src -name '*.py' -not -path './x/*' | xargs cat", ["read /w/src", PY]),
        ("find src -name '*.py' -o -name '*.md' | xargs cat", ["read /w/src", PY, "read /w/src/**/*.md"]),
        ("find src -name '*.py' -o -type f | xargs cat", ["read /w/src", "read /w/src/**"]),
        ("find src -name '.*' | xargs cat", ["read /w/src", "read /w/src/**"]),
        ("git ls-files '*.py' | grep -v test | sort -u | head -5 | xargs cat", ["read /w", "read /w/**/*.py"]),
        ("git ls-files -m | xargs cat", ["read /w", "read /w/**"]),
        ("cat $(find src -name '*.py')", ["read /w/src", PY]),
        ("cat $(find src -name '*.py' | head -3)", ["read /w/src", PY]),
        ("for f in $(find src -name '*.py'); do cat $f; done", ["read /w/src", PY]),
        ("find src -name '*.py' | while read -r f; do cat \"$f\"; done", ["read /w/src", PY]),
        ("find src -name '*.py' | while IFS= read -rd '' f; do cat $f; done", ["read /w/src", PY]),
        ("find src | grep -o key | xargs cat", ["opaque"]),
        ('find src | grep "$X" | xargs cat', ["opaque"]),
        ("find src | grep x a.txt | xargs cat", ["opaque"]),
        ("find src | uniq -c | xargs cat", ["opaque"]),
        ("find src lib | while read -r f; do cat $f; done", ["opaque"]),
        ("find src | while read a b; do cat $a; done", ["opaque"]),
        ("find src | while read -r f; do cat $REPLY; done", ["opaque"]),
        ('cat "$(find src)"', ["opaque"]),
        ("cat x$(find src)", ["opaque"]),
        ("cat $(ls; find src)", ["opaque"]),
        ("IFS= ls", ["opaque", "read /w"]),
    ],
)
def test_names_of_files(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)
    assert "opaque" in expected or PY not in expected or "read /w/src/**" not in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("make -j$(nproc)", ["run /w"]),
        ("make -j$(getconf _NPROCESSORS_ONLN)", ["run /w"]),
        ("make -j$(cat n)", ["run /w", "opaque", "read /w/n"]),
        ("nproc() { cat n; }; make -j$(nproc)", ["run /w", "opaque", "read /w/n"]),
        ("touch log-$(date +%F)", ["write /w/log-20260101"]),
        ("touch log-$(date +x/%F)", ["opaque"]),
        ("touch log-$(git rev-parse --short HEAD)", ["read /w", "write /w/log-0a1b2c3d"]),
        ("git diff $(git merge-base main HEAD)..HEAD", ["read /w"]),
        ('git diff "$(git describe --tags --abbrev=0)"', ["read /w"]),
        ("git show $(git rev-parse HEAD~2):.env", ["read /w", "read /w/.env"]),
        ("git() { cat x; }; git diff $(git merge-base main HEAD)", ["opaque"]),
        ("cat $(git branch --show-current)", ["read /w", "opaque"]),
    ],
)
def test_what_a_substitution_prints(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x=a/.env.js; cat ${x%.js}", ["read /w/a/.env"]),
        ("x=a/b.c.d; cat ${x%.*}", ["read /w/a/b.c"]),
        ("x=a/b.c; cat ${x%/*}", ["read /w/a"]),
        ("x=a/b.c; cat ${x##*/}", ["read /w/b.c"]),
        ('for f in src/*.js; do touch "${f%.js}.ts"; done', ["write /w/src/*.ts"]),
        ("x=a; cat ${x%/*}", ["opaque"]),
        ("x=a/; cat ${x%/*}", ["opaque"]),
        ("x=a; cat ${x%.*}", ["opaque"]),
        ("x=a; cat ${x%b}", ["opaque"]),
        ("for f in src/**; do touch ${f%/*}; done", ["opaque"]),
        ("for f in *.[jt]; do touch ${f%.*}; done", ["opaque"]),
        ("cat ${x%.js}", ["opaque"]),
        ("x=$(cat a); cat ${x%.js}", ["opaque", "read /w/a"]),
    ],
)
def test_values_that_are_cut(look: Look, line: str, expected: list[str]) -> None:
    assert set(look(line)) >= set(expected)
    assert ("opaque" in look(line)) == ("opaque" in expected)


@pytest.mark.parametrize(
    "line",
    [
        "FOO=1 npm test", "read PORT", "TEST_DB=x npm test", "APP_PORT=80 npm test", "PYTHONPATH=src pytest",
        "GIT_PAGER=cat git log",
        "NODE_OPTIONS=--max-old-space-size=4096 npm test", "CC=clang make", "RUSTFLAGS='-D warnings' cargo build",
        "DJANGO_SETTINGS_MODULE=app.settings pytest", "export NODE_ENV=test", "env DEBUG=1 make", "IFS=, read -r a b",
        "shopt -s globstar nullglob", "cd */ && ls", 'for d in */; do (cd "$d" && ls); done',
        "cmake -B build -DCMAKE_BUILD_TYPE=Debug -DWITH_X=ON", "python setup.py build", "yarn lint:fix",
        "jq .env.module a.json", "uvx ruff check src", "git bisect start", "sed ':a;N;$!ba;s/x/y/' a", "sed '1i x' a",
    ],
)  # fmt: skip
def test_what_developers_write_is_understood(look: Look, line: str) -> None:
    assert "opaque" not in look(line)
    assert not any(found.startswith("execute") for found in look(line))


@pytest.mark.parametrize(
    "line",
    [
        "FOO=x npm test", "TEST_DB=/etc/x npm test", "TEST_DB=a/../../x npm test", "PYTHONPATH=/tmp pytest",
        "GIT_PAGER=x git log", "NODE_OPTIONS='-r ./x' npm test", "CC=./x make", "LD_PRELOAD=1 ls", "foo=1 npm test",
        "export PAGER=x", "env CC=./x make", "PAGER+=cat git log", "IFS=x; ls", "shopt -s dotglob", "shopt -s",
        "cd .*; ls a",
        "cmake -B build -DCMAKE_C_COMPILER=./x", "cmake -B build -DX=y", "python setup.py install", "yarn node x.js",
        "jq '.a | env' a.json",
        "jq '..env' a.json", "jq '\"\\(env)\"' a.json", "git bisect run make", "sed ':a;e id' a",
        "sed '1i\\' a", "yarn evil", "uvx evil", "nc -l 80", "npm audit fix", "git worktree move a b",
    ],
)  # fmt: skip
def test_what_may_be_more_is_not(look: Look, line: str) -> None:
    found = look(line)
    assert "opaque" in found or any(one.startswith("execute") for one in found)


def test_what_lies_in_a_folder_of_any_name_is_no_file_of_that_name(look: Look) -> None:
    assert look("cd */ && git status && cat a") == ["read /w/*/", "read /w/*/a"]
    assert look("ls .*") == ["opaque", "read /w"]
    assert look("ls /*") == ["read /"]
    assert look('ls "$X"') == ["opaque"]
    assert look("du -sh .[!.]* *") == ["read /w"]


def test_formatters_do_the_same_to_every_file_of_a_folder(look: Look) -> None:
    assert "write /w/src/**" in look("black src/*.py")
    assert "write /w/**" in look("npx prettier --write '**/*.{js,ts}'")
    assert look("grep -r x src/*.py") == ["read /w/src/*.py"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git log --format=%H -n 5 | xargs -I{} git show --stat {}", ["read /w"]),
        ("git merge-base main HEAD | xargs -I{} git diff {} --stat", ["read /w"]),
        ("git rev-list HEAD | head -3 | xargs rm", ["read /w", "delete /w/0a1b2c3d"]),
        ("for b in $(git branch --format='%(refname:short)'); do git log -1 $b; done", ["read /w"]),
        ("for b in $(git branch --format='%(refname:short)'); do git diff \"${b}~1..HEAD\"; done", ["read /w"]),
        ("make; echo ${PIPESTATUS[0]}", ["run /w"]),
        # A revision before a path, or behind one, is a file; what is no hash is none.
        ("for b in $(git branch --format='%(refname:short)'); do git show $b:.env; done", ["read /w/.env"]),
        ("for b in $(git branch --format='%(refname:short)'); do git show HEAD:$b; done", ["opaque"]),
        ("for b in $(git branch --format='%(refname:short)'); do cat $b; done", ["opaque"]),
        ("git log --format=%s | xargs git show", ["opaque"]),
        ("git rev-parse config/a.json | xargs cat", ["opaque"]),
        ("for t in $(git tag); do git show $t; done", ["opaque"]),
        ("echo ${PIPESTATUS[$(rm x)]}", ["opaque", "delete /w/x"]),
    ],
)
def test_what_git_prints_of_itself(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("ln -s . a && cat a/../x", False),
        ("ln -s . a && cd a && cat ../x", False),
        ("ln -s . a && cat < a/..", False),
        ("ln -s . a; git -C a/.. log", False),
        ("ln -s ../shared src/shared && ls src", True),
        ("ln a/../x y && cat a/../x", True),
        ("cat a/../x; ln -s . a", True),
        ("ln -s . a && cat a/x..", True),
    ],
)
def test_nothing_leads_back_from_behind_a_link_that_the_line_makes(line: str, known: bool, look: Look) -> None:  # noqa: FBT001
    assert ("opaque" not in look(line)) is known


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ('sed -n "$(wc -l < a)p" a', True),
        ("a=$(grep -n '^## x' a | cut -d: -f1); sed -n \"${a},+9p\" a", True),
        ('sed -n "$(grep -n x a | head -1 | cut -d: -f1)p" a', True),
        ('sed -n "$(grep -ic x a)p" a', True),
        ('sed -n "$(grep -n x a b | cut -d: -f1)p" a', False),
        ('sed -n "$(grep -n x *.md | cut -d: -f1)p" a', False),
        ('sed -n "$(grep -rn x a | cut -d: -f1)p" a', False),
        ('sed -n "$(grep -n "$X" a | cut -d: -f1)p" a', False),
        ('sed -n "$(grep -n x a | tr 1 w | cut -d: -f1)p" a', False),
        ('sed -n "$(cut -d: -f1 a)p" a', False),
        ('sed -n "$(echo x \\| wc -l)p" a', False),
        ('sed -n "$(wc -l a)p" a', False),
        ('sed -n "$(X=1 wc -l < a)p" a', False),
        ('sed -n "$(true; wc -l < a)p" a', False),
        ('sed -n "$( (wc -l) < a )p" a', False),
        ('wc() { echo "1e id"; }; sed "$(wc -l < a)" a', False),
    ],
)
def test_a_substitution_that_prints_a_number_is_known(line: str, known: bool, look: Look) -> None:  # noqa: FBT001
    assert ("opaque" not in look(line)) is known


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ('while read -r f; do cat "$f"; done < <(find src -name "*.py")', True),
        ('while read -r f; do cat "$f"; done < <(find src -name "*.py" | sort) > out 2>&1', True),
        ('while read -r f; do cat "$f"; done < <(find src -name "*.py") 3< list', True),
        ('while read -r f; do cat "$f"; done 3< <(find src -name "*.py")', False),
        ('while read -r f; do cat "$f"; done < <(find src -name "*.py") < list', False),
        ('while read -r f; do cat "$f"; done < <(find src -name "*.py") 2> e <&3', False),
        ('while read -r f; do cat "$f"; done < <(cat list)', False),
        ('while read -r f; do cat "$f"; done < <(find src; cat list)', False),
        ('while read -r f; do cat "$f"; done < list', False),
        ("go list ./... | grep -v mocks | xargs go vet", True),
        ("go list ./... | sed s/x/y/ | xargs go vet", False),
        ("go list -f '{{.Dir}}' ./... | xargs go vet", False),
    ],
)
def test_names_come_in_by_a_substitution_and_packages_by_a_pipe(line: str, known: bool, look: Look) -> None:  # noqa: FBT001
    assert ("opaque" not in look(line)) is known

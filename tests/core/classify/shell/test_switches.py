"""Flags that only switch something."""

import pytest

from app.core.classify.shell.project import is_module
from app.core.classify.shell.switches import is_switch
from tests.core.classify.shell.conftest import Look


@pytest.mark.parametrize("flag", ["--turbo", "--no-open", "--watchAll=false", "--noEmit", "--max-warnings=0"])
def test_they_are_known_by_their_words(flag: str) -> None:
    assert is_switch(flag)


@pytest.mark.parametrize(
    "flag",
    ["--fix", "--write", "--output", "--config", "--require", "--global", "--publish", "--no-verify-ssl",
     "--watch=src", "--port=x", "--", "--no_open", "-turbo", "--turbo=", "----turbo", "--open=true;x", "--turbo\n"],
)  # fmt: skip
def test_what_may_name_a_file_or_change_something_is_none(flag: str) -> None:
    assert not is_switch(flag)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("vitest --no-isolated --coverage", []),
        ("npx next dev --turbo", []),
        ("vitest --no-isolated src", ["opaque"]),
        ("vitest --no-isolated --output x", ["opaque"]),
        # Only where the project's own code is run, and nothing else is.
        ("curl --turbo", ["opaque"]),
        ("prettier-eslint --turbo", ["opaque"]),
        ("git status --turbo", ["opaque"]),
        ("bison --turbo", ["run /w", "write /w"]),
        ("cat --all", ["opaque"]),
    ],
)
def test_they_are_taken_alone_and_of_runners_only(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("app.worker", True), ("src.tools.gen_types", True), ("scripts.build", True),
        ("app.cli", False), ("app", False), ("http.server", False), ("twine.cli", False), ("build.main", False),
        ("app.deploy", False), ("app.drop_all", False), ("app..x", False), ("app.x-y", False), ("app.", False),
    ],
)  # fmt: skip
def test_modules_of_the_project_lie_where_nobody_installs_any(name: str, known: bool) -> None:  # noqa: FBT001
    assert is_module(name) is known


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -m app.worker --once", ["run /w"]),
        ("python -m nobody.worker", ["execute python -m nobody.worker"]),
        ("npx vite preview --host 127.0.0.1", ["run /w", "write /w"]),
        ("bun run src/index.ts", ["run /w", "run /w/src/index.ts"]),
        ("mysql -e 'select 1\\G'", ["query database"]),
        ("cat > a.json <<< '{}'", ["write /w/a.json"]),
        ("cat >> a.txt <<< $'it\\n'; ls", ["write /w/a.txt", "read /w"]),
    ],
)
def test_what_else_is_known(look: Look, line: str, expected: list[str]) -> None:
    assert look(line) == expected


def test_a_text_that_is_computed_keeps_its_place(look: Look) -> None:
    assert "opaque" in look('cat > a <<< "$(rm x)"')


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dotnet build -p:Configuration=Release", ["run /w", "write /w"]),
        ("dotnet run -p src/App", ["run /w", "write /w", "run /w/src/App"]),
        ("dotnet build -p:Configuration=Release,PreBuildEvent=x", ["opaque"]),
        ("dotnet build -p $X", ["opaque"]),
        ("go build -ldflags '-s -w -X main.v=1' ./...", ["run /w"]),
        ("go build -ldflags '-linkmode external -extld ./x' .", ["opaque"]),
        ("go build -ldflags $X .", ["opaque"]),
        ("ln -s $X", ["opaque"]),
        ("bash -n -i a.sh", ["opaque"]),
        ("bash -n a.sh +n", ["opaque"]),
        ("ln -s ../a", ["access /a", "write /w/a"]),
        ("ln -s ../../a b/c", ["write /w/b/c", "access /a", "access /w/a"]),
        ("ln -s a /", ["write /", "access /a"]),
        ("ln -s /etc/x b", ["access /etc/x", "write /w/b"]),
        ("grep -r x . --exclude $X", ["opaque"]),
        # What runs Python has run before the code writes.
        ("uv run python -c \"open('src/a.ts', 'w').write('x')\"", ["run /w", "write /w/src/a.ts"]),
    ],
)
def test_settings_and_links_say_where_they_lead(look: Look, line: str, expected: list[str]) -> None:
    found = look(line)
    assert ("opaque" in found) == ("opaque" in expected)
    assert set(expected) <= set(found)

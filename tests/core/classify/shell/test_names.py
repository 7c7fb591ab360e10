"""What a search asks for is what it finds, whatever else it says: held against the real `find` and `grep`."""

import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.classify.shell.listers import _included
from app.core.classify.shell.names import demanded, met

Look = Callable[[str], list[str]]
FILES = (".env", ".x.py", "a.py", "a.ts", "b.ts", "env", "src/a.py", "src/.env", "src/b.md", "src/-print")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("names")
    for name in FILES:
        path = made / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x\n")
    return made


NAMES = st.sampled_from(
    ("*.py", "*.ts", "a.*", "?env", "[.]env", "[!a]env", "*env", "*", ".env", "-print", "-o", "a/b")
)
WORDS = st.one_of(
    st.tuples(st.sampled_from(("-name", "-iname", "-path", "! -name", "-not -name")), NAMES).map(" ".join),
    st.sampled_from(
        (
            "-o",
            "-or",
            "-a",
            "!",
            "-print",
            "-print0",
            "-prune",
            "-type f",
            "-type d",
            "(",
            ")",
            "\\,",
            "-true",
            "-false",
        )
    ),
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(WORDS, max_size=9), closed=st.booleans())
def test_all_that_find_prints_is_called_what_is_demanded(folder: Path, words: list[str], closed: bool) -> None:  # noqa: FBT001 - drawn
    expression = " ".join([*words, *([")"] if closed else [])]).replace("\\,", ",").split()
    names = demanded([".", *expression])
    if not names:
        return
    found = subprocess.run(
        ["find", ".", *expression], cwd=folder, capture_output=True, timeout=10, check=False
    ).stdout.decode()
    for path in found.replace("\0", "\n").splitlines():
        # (Of a kind of files the hidden ones are not meant.)
        name = path.rpartition("/")[2]
        assert any(fnmatchcase(name, one) or fnmatchcase(name.lower(), one.lower()) for one in names), (path, names)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("-name *.py", ["*.py"]),
        ("src -type f -name a*", ["a*"]),
        ("-L . -name *.py -o -name *.ts", ["*.py", "*.ts"]),
        (". -type f ( -name *.py -o -name *.ts ) -not -path ./x/* -print0", ["*.py", "*.ts"]),
        (". -path ./node_modules -prune -o -name *.py -print", ["*.py"]),
        (". -name a.py -exec cat {} + -o -name b.py -exec cat {} ;", ["a.py", "b.py"]),
        (". -newer x -fprint y -name a", []),
        (". -name ?env", ["?env", ".env"]),
        (". -name [!a]env", ["[!a]env", ".env"]),
        (". -name [a", ["[a"]),
        (". -name *env", ["*env", ".*env"]),
        (". -name **", ["**", "**/.*"]),
        (". -name .e\\nv", ["**", "**/.*"]),
        (". -name [[:punct:]]env", ["**", "**/.*"]),
        (". -name a -name b", ["a"]),
        (". -path ./node_modules -prune -o -name *.py", []),
        (". -print0 -name *.py", []),
        (". ! -print0 -name *.py", []),
        (". -a -print0 -name *.py", []),
        (". -delete -name *.py", []),
        (". ! -name *.py", []),
        (". ( -name *.py -print -o -print )", []),
        (". ( -name *.py -o -type f )", []),
        (". ( -name *.py", []),
        (". -name *.py , -print", []),
        (". -name *.py )", []),
        (". -name a/b", []),
        (". -name", []),
        (". -exec cat {}", []),
        (". -frob -name a", []),
        (". -a", []),
        (". " + "( " * 9 + "-name a" + " )" * 9, []),
        (".", []),
    ],
)
def test_what_find_asks_for(expression: str, names: list[str]) -> None:
    assert list(demanded(expression.split())) == names


def test_a_pattern_with_folders_takes_hidden_ones_too() -> None:
    assert met("?ssh/**/id*") == ("?ssh/**/id*", ".ssh/**/id*")


@pytest.mark.parametrize(
    "flags",
    [
        ("--include=*.py",),
        ("--include", "?env"),
        ("--include=*.py", "--exclude=zzz"),
        ("--exclude=zzz", "--include=*.py"),
    ],
)
def test_all_that_grep_searches_is_called_what_is_included(folder: Path, flags: tuple[str, ...]) -> None:
    names = _included(["grep", "-rl", "x", *flags], ("--include",), ("--exclude",))
    found = subprocess.run(
        ["grep", "-rl", "x", ".", *flags], cwd=folder, capture_output=True, timeout=10, check=True
    ).stdout.decode()
    assert not names or all(any(fnmatchcase(Path(path).name, one) for one in names) for path in found.splitlines())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("grep -rl x src --include='*.ts' | xargs cat", "read /w/src/**/*.ts"),
        ("grep -rl x --include '*.ts' src | xargs cat", "read /w/src/**/*.ts"),
        ("rg -l x src -g '*.ts' -g '!*.d.ts' | xargs cat", "read /w/src/**/*.ts"),
        # A file that is named is searched, whatever it is called.
        ("rg -l x package.json -g '*.ts' | xargs cat", "read /w/package.json"),
        ("rg -l x src -g '*.{ts,tsx}' | xargs rm", "delete /w/src/**"),
        ("rg -l x src -g | xargs rm", "opaque"),
        ("grep -rl x src --exclude=z --include='*.ts' | xargs rm", "delete /w/src/**"),
        ("grep -r x src --exclude=z --include='*.ts'", "read /w/src/**"),
        ("grep -r x src --include='*.ts' --exclude=z", "read /w/src/**/*.ts"),
        ("grep -r x src --exclude=$X", "opaque"),
        ("grep -r x src --include='?env'", "read /w/src/**/.env"),
        ("find src -name '?env' -exec cat {} +", "read /w/src/**/.env"),
        ("find . -name pre-commit -exec sed -i s/a/b/ {} +", "write /w/.git/**/pre-commit"),
        ("find . -name config | xargs rm", "delete /w/**/.git/**/config"),
        ("grep -rl x . --include=config | xargs rm", "delete /w/**/.git/**/config"),
        ("find src -print0 -name '*.py' | xargs -0 rm", "delete /w/src/**"),
    ],
)
def test_the_names_lead_on(look: Look, line: str, expected: str) -> None:
    assert expected in look(line)

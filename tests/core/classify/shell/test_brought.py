"""What a line brings its commands by a here-document: messages, statements, code and patches are read like words."""

import pytest

from tests.core.classify.shell.conftest import Look


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("git commit -m \"$(cat <<'EOF'\nfix: read it once\n\n- [x] tests\nEOF\n)\"", ["write /w", "run /w"]),
        ("cat $(cat <<'EOF'\n.env\nEOF\n)", ["read /w/.env"]),
        ("cat $(cat <<EOF\n$X\nEOF\n)", ["opaque"]),
        ("cat $(cat a <<'EOF'\nb\nEOF\n)", ["read /w/a", "opaque"]),
        ("echo ${KEY:+set}", []),
        ("cat ${KEY:+.env}", ["read /w/.env"]),
        ("git diff $(git merge-base main HEAD) --name-only | xargs cat", ["read /w", "read /w/**"]),
        ("git diff $(cat a) --name-only | xargs cat", ["opaque", "read /w/a", "read /w"]),
        ("ls -l $(which node)", ["read /usr/bin/node", "read /w"]),
        ("ls -l $(which deploy)", ["opaque"]),
    ],
)
def test_texts_and_names_that_are_handed_on(look: Look, line: str, expected: list[str]) -> None:
    assert sorted(look(line)) == sorted(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sqlite3 a.db <<'E'\n.tables\nselect 1;\nE", ["read /w/a.db"]),
        ("sqlite3 a.db <<'E'\n.tables\nE", ["read /w/a.db"]),
        ("sqlite3 a.db <<'E'\n.shell id\nE", ["read /w/a.db", "opaque"]),
        ("sqlite3 a.db <<'E'\nselect 1;\n.shell id\nE", ["read /w/a.db", "opaque"]),
        ("sqlite3 a.db <<'E'\ndelete from t;\nE", ["read /w/a.db", "write /w/a.db", "delete /w/a.db"]),
        ("sqlite3 a.db <<E\n$X\nE", ["read /w/a.db", "opaque"]),
        ("sqlite3 a.db < b.sql", ["read /w/b.sql", "read /w/a.db", "opaque"]),
        ("psql app <<'E'\nselect count(*) from users;\nE", ["query database"]),
        ("psql app <<'E'\nselect 1 \\g x\nE", ["opaque"]),
        ("psql app", ["opaque"]),
    ],
)
def test_statements_that_come_in(look: Look, line: str, expected: list[str]) -> None:
    assert sorted(look(line)) == sorted(expected)


_PATCH = "*** Begin Patch\n*** {} File: src/a.py\n+x\n*** End Patch"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"apply_patch <<'E'\n{_PATCH.format('Update')}\nE", ["write /w/src/a.py"]),
        (f"apply_patch '{_PATCH.format('Add')}'", ["write /w/src/a.py"]),
        (f"apply_patch '{_PATCH.format('Delete')}'", ["delete /w/src/a.py"]),
        (f"apply_patch '{_PATCH.format('Paint')}'", ["opaque"]),
        ("apply_patch < a.patch", ["read /w/a.patch", "opaque"]),
        ("apply_patch a b", ["opaque", "access /w/a", "access /w/b"]),
        ("apply_patch", ["opaque"]),
    ],
)
def test_patches_that_come_in(look: Look, line: str, expected: list[str]) -> None:
    assert set(expected) <= set(look(line))


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("node - <<'E'\nconsole.log(1)\nE", True),
        ("node - a.json <<'E'\nconsole.log(1)\nE", False),
        ("node - < a.js", False),
    ],
)
def test_code_that_comes_in(look: Look, line: str, *, known: bool) -> None:
    assert ("opaque" not in look(line)) == known

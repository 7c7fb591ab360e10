"""`agent-sudo approve --edit`: other arguments are written in an editor, looked at, and approved instead."""

import json
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.edit import _inert, difference
from tests.cli.commands import Commands
from tests.cli.conversation import converse
from tests.homes import OPERATOR, PASSPHRASE, Home, bearer, prepare
from tests.hostile import HOSTILE
from tests.processes import Process

POLICY = "version: 1\nrules:\n  - {id: pushes, ask: shell, command: 'git push *', risk: critical}\n"
MAIL = {"to": ["ann@b.example"], "body": "old \u202e\x1b[2J", "n": 1}
NUMBERS = count()
SIGN_IN = ("Passphrase", PASSPHRASE, True)


@pytest.fixture(scope="module")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("edited")
    (folder / "home").mkdir(mode=0o700)
    return prepare(folder, f"sqlite:///{folder / 'home/agent-sudo.db'}", POLICY)


class Asked:
    """A request that waits."""

    def __init__(self, process: Process, home: Home, request: dict[str, Any]) -> None:
        self._process = process
        self._key = home.key
        self.request = request
        self.id = str(self.again(request)["approval"]["id"])

    def again(self, request: dict[str, Any]) -> Any:
        return self._process.evaluate(self._key, json.dumps(request).encode())[1]

    def close(self) -> None:
        self._process.ask("POST", f"/approvals/{self.id}/cancel", bearer(self._key))

    @property
    def status(self) -> str:
        found: str = self._process.ask("GET", f"/approvals/{self.id}", bearer(self._key))[1]["code"]
        return found


@pytest.fixture
def mail(process: Process, served_home: Home) -> Iterator[Asked]:
    # Each its own: what was edited is not asked about again while its approval would have waited.
    request = {"tool": "send_email", "arguments": MAIL, "source": "user", "cwd": f"/srv/{next(NUMBERS)}"}
    made = Asked(process, served_home, request)
    yield made
    made.close()


def edits(served: Commands, name: str, editor: str, *replies: tuple[str, str, bool]) -> tuple[int, str]:
    """A person who edits an approval with this editor."""
    by = Commands(served.folder, {**served.environment, "VISUAL": "", "EDITOR": editor})
    by.environment |= {"VISUAL": "", "EDITOR": editor}
    return converse(by, ("approve", name, "--edit", "--operator", OPERATOR), [SIGN_IN, *replies])


def script(folder: Path, *leaves: str) -> str:
    """An editor that keeps what it was given, and leaves these texts, one each time."""
    (folder / "given").unlink(missing_ok=True)
    (folder / "leaves.json").write_text(json.dumps(leaves))
    file = folder / "an editor.py"
    file.write_text(
        "import json, pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "file = pathlib.Path(sys.argv[-1])\n"
        "assert sys.argv[1] == '--wait'\n"
        "assert file.stat().st_mode & 0o077 == 0 or file.parent.stat().st_mode & 0o077 == 0\n"
        "with (here / 'given').open('a') as given: given.write(file.read_text() + '\\f')\n"
        "first, *rest = json.loads((here / 'leaves.json').read_text())\n"
        "(here / 'leaves.json').write_text(json.dumps(rest))\n"
        "file.write_text(first)\n"
    )
    return f"{sys.executable} '{file}' --wait"


def test_what_is_written_is_shown_whole_and_nothing_else_is_approved(served: Commands, mail: Asked) -> None:
    after = {**MAIL, "body": "new \u2066"}
    editor = script(served.folder, json.dumps(after))
    code, shown = edits(served, mail.id, editor, ("instead? [y/N]", "y", False))
    assert code == 0, shown
    assert json.loads((served.folder / "given").read_text().rstrip("\f")) == MAIL
    changed = shown.partition("What you changed:")[2]
    assert r'-  "body": "old \u202e\u001b[2J"' in changed
    assert r'+  "body": "new \u2066"' in changed
    assert r'"body": "new \u2066"' in shown.partition("Exactly this would run:")[2].partition("What you changed")[0]
    assert "message ann@b.example" in changed
    assert "is approved." in changed
    assert mail.status == "edited"
    assert not mail.again(mail.request)["allowed"]
    assert mail.again({**mail.request, "arguments": after})["allowed"]


def test_bad_json_says_where_and_may_be_edited_again(served: Commands, mail: Asked) -> None:
    again = ("Edit it again? [Y/n]", "", False)
    twice = '{"n": 1,\n "n": 2}'
    editor = script(served.folder, '{"to": [],\n "body" 1}', twice, "[]", '{"n": 1}')
    code, shown = edits(served, mail.id, editor, again, again, again, ("instead? [y/N]", "n", False))
    assert (code, mail.status) == (1, "pending")
    for words in ("line 2, column 9", "the key 'n' stands twice", "not a JSON object", '+  "n": 1'):
        assert words in shown
    given = (served.folder / "given").read_text().split("\f")
    assert given[2] == twice, "nothing that was written is lost"


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        ("true", "These are the arguments that were sent"),
        ("false", "ended with 1"),
        ("no-such-editor", "does not start"),
        ("'unclosed", "does not start"),
        ("false $(touch run) ; touch run", "ended with 1"),
        ("rm", "the file is gone"),
    ],
)
def test_an_editor_that_changes_nothing_or_fails_approves_nothing(
    served: Commands, mail: Asked, editor: str, says: str
) -> None:
    replies = [("Edit it again? [Y/n]", "n", False)] if editor == "rm" else []
    code, shown = edits(served, mail.id, editor, *replies)
    words = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", shown).split())
    assert code != 0
    assert says in words
    assert "Nothing was approved" in words
    assert mail.status == "pending"
    assert not (served.folder / "run").exists(), "no shell reads it"


def test_what_is_critical_takes_the_passphrase_for_an_edit_too(
    served: Commands, process: Process, served_home: Home
) -> None:
    push = Asked(process, served_home, {"tool": "Bash", "arguments": {"command": "git push"}, "source": "user"})
    editor = script(served.folder, '{"command": "git push --dry-run"}')
    code, shown = edits(served, push.id, editor, ("instead? [y/N]", "y", False), SIGN_IN)
    assert (code, push.status) == (0, "edited"), shown


def test_only_people_edit_and_only_once(served: Commands, mail: Asked) -> None:
    ran = served.signed_in("approve", mail.id, "--edit")
    assert (ran.code, "no terminal to edit at" in ran.err) == (2, True)
    for option in ("--yes", "--for-session"):
        assert served.signed_in("approve", mail.id, "--edit", option).code == 2
    assert mail.status == "pending"


MODELINE = re.compile(r"\b(?:vim?[<=>]?\d*|ex|local\s+variables):|-\*-", re.IGNORECASE)
TEXTS = st.text() | st.sampled_from((*HOSTILE, " vim: set x", "-*-*-", "vi:ex:vim>700:", "Local Variables:", "\x7f"))


@given(st.dictionaries(TEXTS, TEXTS | st.integers(-9, 9) | st.lists(TEXTS, max_size=3), max_size=5))
def test_a_file_for_an_editor_commands_neither_it_nor_the_terminal(arguments: dict[str, Any]) -> None:
    text = _inert(arguments)
    assert json.loads(text) == arguments
    assert text.replace("\n", "").isprintable()
    assert text.isascii()
    assert MODELINE.search(text) is None


@given(st.dictionaries(TEXTS, TEXTS, max_size=4), st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_a_difference_commands_no_terminal(before: dict[str, str], after: dict[str, str]) -> None:
    assert difference(before, after).plain.replace("\n", "").isprintable()

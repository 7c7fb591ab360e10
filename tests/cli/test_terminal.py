import io
from unicodedata import category

import pytest
from rich.console import Console

from app.cli import terminal

HOSTILE = [
    "\x1b[2J\x1b[H",  # clears the screen
    "\x1b[1A\x1b[2Krewritten",  # rewrites the line above
    "\x1b[8mhidden\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",  # writes to the clipboard
    "\x1bP$q\x1b\\",  # asks the terminal to answer
    "\x1b[6n",
    "\x1bc",
    "\x1b[?1049h",
    "\x9b2J",  # the same as ESC [ in one character
    "\x9d0;title\x9c",
    "\x90q\x9c",
    "safe\rrm -rf /",
    "a\b\b\bb",
    "line\nline",
    "tab\ttab",
    "\x00",
    "\x07",
    "\x0b\x0c",
    "\x7f",
    "\x85",
    "\u2028\u2029",
    "\u202egnp.exe",  # writes backwards from here
    "\u202a\u202b\u202c\u202d",
    "\u2066\u2067\u2068\u2069",
    "\u200e\u200f\u061c",
    "pass\u200bword",
    "\u200c\u200d\u2060\ufeff",
    "soft\u00adhyphen",
    "\U000e0041\U000e0042",  # tags: letters that nobody sees
    "\ud800",
    "\uffff\U0010ffff",
    "\ue000",
    "a\u00a0b\u2003c\u3000d",
    "\u3164\u115f\u1160\uffa0\u2800",
    "z" + "\u0300\u0301\u0302\u0303" * 20,
    "\U000f0000",
    "\ufff9\ufffa\ufffb",
]
MARKUP = ["[bold red]x[/]", "[link=https://evil.example]x[/link]", "[/]", ":pile_of_poo:", "[@click=x]y[/]", "\\[bold]"]
ORDINARY = ["git push origin main", "Zürich", "naïve", "東京", "Ελληνικά", "😀", "e\u0301", "a\\b", "हिन्दी"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_commands_a_terminal_or_hides_is_made_visible(text: str) -> None:
    shown = terminal.safe(text)
    assert "\\" in shown
    assert all(category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for one in shown)
    assert all(one == " " or category(one) != "Zs" for one in shown)


@pytest.mark.parametrize("text", HOSTILE + MARKUP, ids=ascii)
def test_nothing_hostile_reaches_a_real_terminal(text: str) -> None:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=True, no_color=True, width=200, markup=False, emoji=False, highlight=False
    )
    table = terminal.table("a", "b")
    table.add_row(terminal.text("x"), terminal.text(text))
    console.print(terminal.text(text))
    console.print(terminal.fields((("name", text),)))
    console.print(table)
    written = stream.getvalue()
    # Only our own table head may be dim.
    assert "\x1b" not in written.replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert written.replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\n", "").isprintable()


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_text(text: str) -> None:
    assert terminal.text(text).plain == text


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_writing_stays_as_it_is(text: str) -> None:
    assert terminal.safe(text) == text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_json_commands_no_terminal_either(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.document({"tool": text})
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.replace("\n", "").isprintable()


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 30

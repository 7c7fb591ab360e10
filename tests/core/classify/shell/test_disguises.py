"""Whatever is done to a line to make it look otherwise, it is never judged to be less grave than it was."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from app.core.budget import Budget
from app.core.classify.shell.builtins import BUILTINS
from app.core.classify.shell.grammar import GRAMMAR_STEPS
from app.core.classify.shell.parse import parse
from app.core.classify.shell.tree import Literal, Redirect, Sequence, Simple, Unread, Word
from app.core.decision import Verdict
from tests.core.classify.shell.written import word, written
from tests.policies.dialects import by_user, judged, shipped

CASES = Path(__file__).parents[3] / "cases"
RULES = shipped("default")
GRAVITY = {verdict: at for at, verdict in enumerate(Verdict)}

# What the shell itself runs, by whatever it is called, is nothing that a wrapper could run.
_SHELLS_OWN = frozenset((*BUILTINS, "eval", "exec", "source", ".", "command", "builtin", "time"))


def collected() -> list[str]:
    """Every line that was collected, for whatever purpose."""
    yaml = YAML(typ="safe", pure=True)
    found: list[str] = []
    for path in sorted((CASES / "lines").glob("**/*.yaml")):
        groups: dict[str, Any] = yaml.load(path)
        for group in groups.values():
            found += group.splitlines() if isinstance(group, str) else group
    for path in sorted((CASES / "shell").glob("*.yaml")):
        found += [case["line"] for group in yaml.load(path) for case in group["lines"]]
    return [line for line in dict.fromkeys(found) if line.strip()]


LINES = st.sampled_from(collected())
THOROUGHLY = settings(max_examples=100, deadline=None)


def gravity(line: str) -> int:
    return GRAVITY[judged(RULES, by_user(line)).verdict]


def tree(line: str) -> Sequence | Unread:
    return parse(line, Budget(20_000), Budget(GRAMMAR_STEPS))


def alone(line: str) -> Simple:
    """A line that is one command, of a program; others are passed over."""
    found = tree(line)
    assume(isinstance(found, Sequence) and len(found.items) == 1)
    assert isinstance(found, Sequence)
    (only,) = found.items
    assume(isinstance(only, Simple) and only.words and not only.assignments)
    assert isinstance(only, Simple)
    assume(not any(each.operator == "<<" for each in only.redirects))
    assume(shlex.quote(only.words[0].source) == only.words[0].source and only.words[0].source not in _SHELLS_OWN)
    return only


APPENDED = [
    "; true",
    " | cat",
    " && true",
    " &",
    "\n",
    "\r",
    " # nothing",
    " <<E\nx\nE",
    "\n<<E\nx\nE",
    " 2>&1",
    "\u200b",
]


@THOROUGHLY
@given(LINES, st.sampled_from(APPENDED))
def test_appending_never_lowers(line: str, tail: str) -> None:
    # What stands open is ended by what comes; and what takes names from its input takes those of a here-document.
    assume(not line.endswith("|") and not ("<<" in tail and ("<<" in line or "xargs" in line)))
    assert gravity(line + tail) >= gravity(line)


@THOROUGHLY
@example("cd */.ssh && ls", "while true; do {}\ndone")
@given(
    LINES,
    st.sampled_from(["true; {}", "\n{}", "{{ {}\n}}", "( {}\n)", "if true; then {}\nfi", "while true; do {}\ndone"]),
)
def test_what_stands_around_a_line_never_lowers(line: str, around: str) -> None:
    assert gravity(around.format(line)) >= gravity(line)


@THOROUGHLY
@example("curl file://$PWD/.env", "bash -c {}")
@example("cd a || cd b; curl file://$PWD/.env", "bash -c {}")
@given(
    LINES,
    st.sampled_from(
        ["bash -c {}", "sh -lc {}", "zsh -c {}", "eval {}", "env bash -c {}", "sudo sh -c {}", "ls | xargs sh -c {}",
         "nohup bash -c {} &", "timeout 5 bash -c {}", "find . -exec sh -c {} \\;", "bash -c 'bash -c '{}"]
    ),
)  # fmt: skip
def test_handing_a_line_to_a_shell_never_lowers(line: str, wrapper: str) -> None:
    # `find` puts names in the place of `{}`, and in nested quotes the line would be another one.
    assume("{}" not in line if "find" in wrapper else not wrapper.endswith("'{}"))
    assert gravity(wrapper.format(shlex.quote(line))) >= gravity(line)


@THOROUGHLY
@given(LINES, st.sampled_from(["echo $({}\n)", 'echo "$({}\n)"', "echo `{}`", "cat <({}\n)", "true | {{ {}\n}}"]))
def test_running_a_line_for_its_output_never_lowers(line: str, around: str) -> None:
    # Between backticks a backslash means something else.
    assume(around[5] != "`" or not {"`", "\\", '"'} & set(line))
    assert gravity(around.format(line)) >= gravity(line)


@THOROUGHLY
@given(
    LINES.map(str),
    st.sampled_from(
        ["env", "env -i", "env CI=1", "sudo", "sudo -u root", "doas", "nice -n 5", "nohup", "timeout 5", "setsid",
         "stdbuf -o L", "ionice -c 3", "command", "exec", "time", "xargs", "xargs -n 1", "xargs -0", "builtin command"]
    ),
)  # fmt: skip
def test_wrapping_a_command_never_lowers(line: str, wrapper: str) -> None:
    alone(line)
    assert gravity(f"{wrapper} {line}") >= gravity(line)


@THOROUGHLY
@given(LINES, st.sampled_from(["-exec", "-execdir", "-ok"]))
@example("true > src/app.py", "-exec")
def test_running_a_command_for_each_file_never_lowers(line: str, how: str) -> None:
    command = alone(line)
    assume(not any(each.source in ("{}", "\\;", "+", "';'") for each in command.words))
    # A relative path is another one wherever `find` goes.
    assume(how != "-execdir" or gravity(f"cd / && {line}") >= gravity(line))
    words = " ".join(each.source for each in command.words)
    redirects = " ".join(f"{each.operator} {each.target.source}" for each in command.redirects)
    assert gravity(f"find . {how} {words} \\; {redirects}") >= gravity(line)


# Quotes ------------------------------------------------------------------------------------------------------------


def _split(text: str) -> str:
    return f"{text[:1]}''{text[1:]}"


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _half(text: str) -> str:
    return text[:1] + _single(text[1:])


QUOTES: list[Callable[[str], str]] = [
    _split,
    _single,
    _half,
    lambda text: '"' + "".join("\\" + char if char in '$`"\\' else char for char in text) + '"',
    lambda text: "$'" + text.replace("\\", "\\\\").replace("'", "\\x27") + "'",
    lambda text: "$'" + "".join(f"\\x{ord(char):02x}" for char in text) + "'",
    lambda text: "".join("\\" + char for char in text),
]
_ORDINARY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:@+%")


def _requoted(each: Word, quote: Callable[[str], str]) -> str:
    """A word that is plain, spelled otherwise; any other as it is."""
    source = each.source
    return quote(source) if source and set(source) <= _ORDINARY and source != "--" else source


@THOROUGHLY
@given(LINES, st.lists(st.sampled_from(QUOTES), min_size=1, max_size=4))
def test_quoting_otherwise_never_lowers(line: str, quotes: list[Callable[[str], str]]) -> None:
    command = alone(line)
    words = [_requoted(each, quotes[at % len(quotes)]) for at, each in enumerate(command.words)]
    redirects = [
        Redirect(each.operator, Word("", (Literal(_requoted(each.target, quotes[0])),))) for each in command.redirects
    ]
    respelled = " ".join([*words, *[f"{each.operator} {word(each.target)}" for each in redirects]])
    assert gravity(respelled) >= gravity(
        " ".join(each.source for each in command.words)
        + "".join(f" {each.operator} {each.target.source}" for each in command.redirects)
    )


# The tree ----------------------------------------------------------------------------------------------------------


def _plain(node: Any) -> Any:
    """The tree without what only tells how it was spelled."""
    if isinstance(node, Word):
        return tuple(_plain(part) for part in _joined(node))
    if isinstance(node, tuple):
        return tuple(_plain(item) for item in node)
    if hasattr(node, "__struct_fields__"):
        fields = [name for name in node.__struct_fields__ if name != "source"]
        return (type(node).__name__, *[_plain(getattr(node, name)) for name in fields])
    return node


def _joined(each: Word) -> list[object]:
    parts: list[Any] = []
    for part in each.parts:
        last = parts[-1] if parts else None
        if isinstance(part, Literal) and isinstance(last, Literal) and part.quoted == last.quoted:
            parts[-1] = Literal(last.text + part.text, part.quoted)
        else:
            parts.append(part)
    return parts


def test_a_tree_written_out_is_read_as_the_same_tree() -> None:
    read = [found for line in collected() if isinstance(found := tree(line), Sequence)]
    # A here-document is written with its delimiter only.
    several = [found for found in read if "<<" not in written(found)]
    assert len(several) > 2_000
    assert [text for found in several if _plain(tree(text := written(found))) != _plain(found)] == []

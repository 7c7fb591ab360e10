"""Other arguments in the place of those sent, written in the person's own editor."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.cli import terminal
from app.cli.failure import NO, Failure

if TYPE_CHECKING:
    from rich.text import Text

_DEFAULT = "vi"
# Of what an editor leaves, so many bytes are read: more than can be approved.
_MOST_BYTES = 1_048_576
_CONTEXT = 3
# Words by which a file tells vim or Emacs what to do, in any version's spelling.
_TO_EDITORS = re.compile(r"(\b(?:vim?[<=>]?\d*|ex|local\s+variables)):|-\*(?=-)", re.IGNORECASE)
_NOTHING = "Nothing was approved."


def edited(arguments: dict[str, Any]) -> dict[str, Any]:
    """What a person makes of these arguments. Raises Failure where they make nothing else of them."""
    import typer

    with TemporaryDirectory(prefix="agent-sudo-") as folder:
        file = Path(folder, "arguments.json")
        file.write_text(_inert(arguments), "ascii")
        while True:
            _run_editor(file)
            found = _read(file)
            if not isinstance(found, str):
                break
            terminal.errors().print(terminal.text(f"This cannot be taken: {found}.", "bold red"))
            if not typer.confirm("Edit it again?", default=True, err=True):
                raise Failure(_NOTHING, "It waits until it expires.", code=NO)
    # Not `==`, to which 1, 1.0 and true are the same.
    if _lines(found) == _lines(arguments):
        raise Failure(f"These are the arguments that were sent. {_NOTHING}", "Without --edit they can be.", code=NO)
    return found


def difference(before: dict[str, Any], after: dict[str, Any]) -> "Text":
    """What was changed, line by line, each character visible."""
    from difflib import unified_diff

    from rich.text import Text

    styles = {"+": "green", "-": "red"}
    lines = list(unified_diff(_lines(before), _lines(after), n=_CONTEXT, lineterm=""))[2:]
    shown = [line for line in lines if not line.startswith("@@")]
    return Text("\n").join(terminal.text(line, styles.get(line[:1], "dim")) for line in shown)


def _inert(arguments: dict[str, Any]) -> str:
    """JSON of which an editor shows every character and obeys none."""
    # INVARIANT: an agent commands neither the terminal nor the editor: all is ASCII, and the words by which a file
    # speaks to its editor are written as escapes. They stand in texts only, where an escape means the same.
    text = json.dumps(arguments, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f")
    return _TO_EDITORS.sub(lambda found: f"{found[1]}\\u003a" if found[1] else "-\\u002a", text) + "\n"


def _run_editor(file: Path) -> None:
    """Raises Failure where it does not end well: then nobody knows what it has left."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _DEFAULT
    hint = "Set EDITOR to an editor that stays until you are done, such as `vi` or `code --wait`."
    try:
        command = shlex.split(named)
        ended = subprocess.run([*command, str(file)], check=False).returncode  # noqa: S603 - the person's own program
    except (OSError, ValueError) as error:
        raise Failure(f"The editor {named!r} does not start: {error}. {_NOTHING}", hint) from None
    if ended:
        raise Failure(f"The editor {named!r} ended with {ended}. {_NOTHING}", hint)


def _read(file: Path) -> dict[str, Any] | str:
    """The arguments that an editor has left, or why they are none."""
    from app.core.strict_json import InvalidJsonError, parse

    try:
        with file.open("rb") as left:
            text = left.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            return "it is too large"
        json.loads(text.decode())
        return parse(text)[0]
    except json.JSONDecodeError as error:
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    except (InvalidJsonError, UnicodeError, RecursionError) as error:
        return str(error)
    except OSError as error:
        return f"the file is gone ({error.strerror})"


def _lines(arguments: dict[str, Any]) -> list[str]:
    # Not `splitlines`: it would also cut, and lose, characters that an agent wrote.
    return json.dumps(arguments, indent=2, ensure_ascii=False).split("\n")

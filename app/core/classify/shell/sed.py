"""`sed`: read only where it provably just prints, or edits the files that it is given and leaves most of them there."""

import re
from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.renames import only_renames
from app.core.classify.shell.sed_losses import sed_empties
from app.core.classify.shell.sed_script import commands
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_ALONE = frozenset(("-n", "-E", "-r", "-s", "-u", "-z", "--quiet", "--silent", "--regexp-extended", "--null-data"))
_LETTERS = frozenset("nErsuz")
_IN_PLACE = re.compile(r"(-i)(?:\.[A-Za-z0-9_.-]*)?|(--in-place)(?:=\.[A-Za-z0-9_.-]*)?")
_QUIET = frozenset(("--quiet", "--silent"))


def sed(act: Act) -> None:
    """What its scripts do to the files that it is given."""
    scripts: list[Arg] = []
    operands: list[Arg] = []
    in_place = ""
    quiet = False
    whole = False
    args = list(act.args[1:])
    while args:
        arg = args.pop(0)
        text = arg.text
        if text[:1] != "-" or text == "-":
            operands.append(arg)
            continue
        whole = whole or text == "--null-data" or (text[1] != "-" and "z" in text.partition("i")[0])
        quiet = quiet or text in _QUIET or (text[1] != "-" and "n" in text)
        if text[:13] == "--expression=":
            scripts.append(Arg(text[13:], arg.why))
        elif args and (text == "--expression" or (text[-1] == "e" and set(text[1:-1]) <= _LETTERS)):
            scripts.append(args.pop(0))
        elif found := _IN_PLACE.fullmatch(text):
            in_place = found[1] or found[2]
        elif text not in _ALONE and not set(text[1:]) <= _LETTERS:
            act.opaque(arg.why or f"sed {text[:_LONGEST_PART]}: flag not known")
            act.access((arg, *args))
            # `-i/x`, `-ni`, `-i*`: whatever else it is, it edits.
            in_place = text[:_LONGEST_PART] if "i" in text else in_place
    if not scripts and operands:
        scripts.append(operands.pop(0))
        if in_place and scripts[0].text == "" and operands:
            # On macOS the empty word belongs to `-i`, and the next one is the script.
            scripts.append(operands[0])
    _read(act, scripts)
    # INVARIANT: what edits a file until nothing of it is left, deletes it.
    lost = in_place != "" and (quiet or any(sed_empties(script.text, whole=whole) for script in scripts))
    edited(act, operands, in_place)
    for operand in operands if lost else ():
        act.path(EffectKind.DELETE, operand, in_place)


def _read(act: Act, scripts: list[Arg]) -> None:
    """Notes what is more than printing and editing, and what is less."""
    edits: list[str] = []
    for script in scripts:
        found = [] if script.why else list(commands(script.text))
        edits += [each.text if each else "" for each in found]
        if script.why or None in found:
            act.opaque(script.why or f"{script.text[:_LONGEST_PART]}: a sed script that may do more than print")
            act.access((script,))
    if all(map(only_renames, edits)):
        act.record.renames[act.index] = tuple(edits)


def edited(act: Act, operands: list[Arg], in_place: str) -> None:
    """Files that are read and, with the flag `in_place`, written."""
    for operand in operands:
        if operand.loose:
            act.opaque(f"{operand.text[:_LONGEST_PART]}: a file's name could be read as a flag")
        if operand.text != "-":
            act.path(EffectKind.READ, operand)
            if in_place:
                act.path(EffectKind.WRITE, operand, in_place)

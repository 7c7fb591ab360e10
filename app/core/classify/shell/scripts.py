"""Programs whose operand is itself a program, as with `sed` and `awk`. Read only where it provably just prints."""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.code_roles import timed
from app.core.classify.shell.perl import perl
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80

# Each alternative begins with a different character and repeats one class, so matching is linear.
_ADDRESS = re.compile(r"[0-9]+(~[0-9]+)?|\$|/[^/\\\n\[]*((\\.|\[\^?[^]\[/\\\n^]+\])[^/\\\n\[]*)*/I?|\+[0-9]+")
_PLAIN_COMMAND = re.compile(r"[pdDgGhHnNPxl=qQ{}][ \t]*[0-9]*")
# `:a`, `b`, `ta`; and text that is added, up to the end of its line, without a backslash that would go on from there.
_JUMP = re.compile(r"[:][A-Za-z0-9_]+|[btT][ \t]*[A-Za-z0-9_]*")
_TEXT = re.compile(r"[aic][ \t]*(\\[ \t])?[^\\\n]+|[aic]\\\n?[^\\\n]+")
_SUBSTITUTE_FLAGS = re.compile(r"[gpiI0-9]*")
_BLANK = re.compile(r"[ \t\n;]*")
_SED_ALONE = frozenset(("-n", "-E", "-r", "-s", "-u", "-z", "--quiet", "--silent", "--regexp-extended", "--null-data"))

_SED_LETTERS = frozenset("nErsuz")
_SED_IN_PLACE = re.compile(r"(-i)(?:\.[A-Za-z0-9_.-]*)?|(--in-place)(?:=\.[A-Za-z0-9_.-]*)?")

_AWK_TEXT = re.compile(r"[\w\s$.,+*/%()\[\]{};=!<>&~^\"':\\?|#-]*", re.ASCII)
_AWK_DANGER = re.compile(r"getline|system|close|fflush|ENVIRON|ARGV|ARGC|PROCINFO|SYMTAB|FUNCTAB|include|load")
# A text that could hide neither a brace nor a redirection.
_AWK_STRING = re.compile(r"\"(?:[^\"\\{}>/|]|\\[nt])*\"")
_AWK_BLOCK = re.compile(r"\{[^{}]*\}")
_AWK_GROUP = re.compile(r"\([^()]*\)")
# After a value that no word of the language is, a slash divides.
_AWK_DIVISION = re.compile(
    r"(?<![\w/])(?!(?:case|delete|do|else|exit|in|print|printf|return)\b)([A-Za-z_$0-9]\w*)/(?![/=])"
)
_AWK_DEEPEST = 4


def sed_only_edits(script: str) -> bool:
    """The script has no command that reads or writes a file of its own or runs a program (`e w W r R s///e`)."""
    at = _BLANK.match(script).end()  # type: ignore[union-attr]  # matches always, if only nothing
    while at < len(script):
        if address := _ADDRESS.match(script, at):
            at = address.end()
            if script[at : at + 1] == ",":
                second = _ADDRESS.match(script, at + 1)
                if second is None:
                    return False
                at = second.end()
            while script[at : at + 1] in (" ", "!"):
                at += 1
        after = _after_sed_command(script, at)
        if after is None:
            return False
        at = after
    return True


def _after_sed_command(script: str, at: int) -> int | None:
    command = script[at : at + 1]
    if command in ("s", "y"):
        end = _after_delimited(script, at + 1)
        if end is None:
            return None
        if command == "s":
            end = _SUBSTITUTE_FLAGS.match(script, end).end()  # type: ignore[union-attr]  # matches always
    elif jump := _JUMP.match(script, at) or _TEXT.match(script, at):
        end = jump.end()
        if script[end : end + 1] not in ("", ";", "\n", "}"):
            return None
    elif plain := _PLAIN_COMMAND.match(script, at):
        end = plain.end()
        if command in ("{", "}"):
            return _BLANK.match(script, end).end()  # type: ignore[union-attr]  # matches always
    else:
        return None
    following = _BLANK.match(script, end).end()  # type: ignore[union-attr]  # matches always
    # Nothing may stick to a command: what follows must be separated from it, or close its block.
    return following if following > end or end == len(script) or script[end] == "}" else None


def _closed(script: str, at: int, mark: str) -> bool:
    """Brackets that every sed reads alike: in some, the delimiter is an ordinary character between them."""
    inner, close, _ = script[at + 1 :].partition("]")
    return bool(close) and inner not in ("", "^") and mark not in inner and "[" not in inner


def _after_delimited(script: str, at: int) -> int | None:
    """Behind `/old/new/`, for a delimiter that needs no thought."""
    mark = script[at : at + 1]
    if mark == "" or mark not in "/|#,:@!_%":
        return None
    left = 2
    at += 1
    while at < len(script) and left:
        if script[at] == "\\":
            at += 1
        # (In what replaces, a bracket is an ordinary character.)
        elif script[at] == "\n" or (script[at] == "[" and left == 2 and not _closed(script, at, mark)):
            return None
        elif script[at] == mark:
            left -= 1
        at += 1
    return None if left else at


def awk_only_prints(program: str) -> bool:
    """No `getline`, no `system`, no pipe, and `>` only where it can be nothing but a comparison."""
    if not _AWK_TEXT.fullmatch(program) or _AWK_DANGER.search(program):
        return False
    if "|" in program.replace("||", ""):
        return False
    if ">" not in program:
        return True
    if "#" in program:
        # Where a comment begins is not told from here.
        return False
    program = _AWK_DIVISION.sub(r"\1 ", _AWK_STRING.sub("", program))
    # In a pattern and between round brackets `>` compares, elsewhere in an action it writes a file; quotes and slashes
    # could hide which is which.
    outside = _AWK_BLOCK.sub("", program)
    inside = "".join(_AWK_BLOCK.findall(program))
    for _ in range(_AWK_DEEPEST):
        inside = _AWK_GROUP.sub("", inside)
    return ">" not in inside and not set("\"'/{}\\") & set(outside) and not set("\"'/\\") & set(inside)


def _sed(act: Act) -> None:
    scripts: list[Arg] = []
    operands: list[Arg] = []
    in_place = ""
    args = list(act.args[1:])
    while args:
        arg = args.pop(0)
        text = arg.text
        if text[:1] != "-" or text == "-":
            operands.append(arg)
        elif text[:13] == "--expression=":
            scripts.append(Arg(text[13:], arg.why))
        elif args and (text == "--expression" or (text[-1] == "e" and set(text[1:-1]) <= _SED_LETTERS)):
            scripts.append(args.pop(0))
        elif found := _SED_IN_PLACE.fullmatch(text):
            in_place = found[1] or found[2]
        elif text not in _SED_ALONE and not set(text[1:]) <= _SED_LETTERS:
            act.opaque(arg.why or f"sed {text[:_LONGEST_PART]}: flag not known")
            act.access((arg, *args))
            # `-i/x`, `-ni`, `-i*`: whatever else it is, it edits.
            in_place = text[:_LONGEST_PART] if "i" in text else in_place
    if not scripts and operands:
        scripts.append(operands.pop(0))
        if in_place and scripts[0].text == "" and operands:
            # On macOS the empty word belongs to `-i`, and the next one is the script.
            scripts.append(operands[0])
    for script in scripts:
        if script.why or not sed_only_edits(script.text):
            act.opaque(script.why or f"{script.text[:_LONGEST_PART]}: a sed script that may do more than print")
            act.access((script,))
    _files(act, operands, in_place)


def _files(act: Act, operands: list[Arg], in_place: str) -> None:
    for operand in operands:
        if operand.loose:
            act.opaque(f"{operand.text[:_LONGEST_PART]}: a file's name could be read as a flag")
        if operand.text != "-":
            act.path(EffectKind.READ, operand)
            if in_place:
                act.path(EffectKind.WRITE, operand, in_place)


def _awk(act: Act) -> None:
    operands: list[Arg] = []
    args = list(act.args[1:])
    while args:
        arg = args.pop(0)
        text = arg.text
        if text in ("-F", "-v") and args and not operands:
            value = args.pop(0)
            if value.why and not (value.free and value.one):
                act.opaque(value.why)
        elif text[:2] in ("-F", "-v") and not operands and not arg.why:
            continue
        elif text[:1] == "-" and text not in ("-", "--"):
            act.opaque(arg.why or f"{act.name} {text[:_LONGEST_PART]}: flag not known")
            act.access((arg, *args))
        elif text != "--":
            operands.append(arg)
    if not operands or operands[0].why or not awk_only_prints(operands[0].text):
        act.opaque(f"{act.name}: a program that may do more than print")
        act.access(tuple(operands[:1]))
    # `name=value` between the files sets a variable.
    _files(act, [operand for operand in operands[1:] if "=" not in operand.text], "")
    act.access(tuple(operand for operand in operands[1:] if "=" in operand.text))


SCRIPTED: dict[str, Callable[[Act], None]] = {
    "perl": perl,
    "sed": _sed,
    "timeit": timed,
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
}

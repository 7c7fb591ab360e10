"""Programs whose data do not say all: above all those whose operand is itself a program, as with `awk` and `sed`.

That is read only where it provably just prints.
"""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.patch import changes
from app.core.classify.shell.act import Act
from app.core.classify.shell.code_roles import timed
from app.core.classify.shell.emptied import tee
from app.core.classify.shell.perl import perl
from app.core.classify.shell.sed import edited, sed
from app.core.classify.shell.state import Arg
from app.core.classify.tools import TOOLS

_LONGEST_PART: Final = 80

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
    edited(act, [operand for operand in operands[1:] if "=" not in operand.text], "")
    act.access(tuple(operand for operand in operands[1:] if "=" in operand.text))


def _patch(act: Act) -> None:
    """Codex's own: its word, or what comes in, says what becomes of each file."""
    said = act.args[1:] or ((act.given,) if act.given else ())
    found = changes(said[0].text, act.record.budget) if len(said) == 1 and not said[0].why else None
    if found is None:
        act.opaque("a patch that cannot be read")
        act.access(act.args[1:])
    for tool, path in found or ():
        act.path(TOOLS[tool].kind, Arg(path), "patch")


SCRIPTED: dict[str, Callable[[Act], None]] = {
    "perl": perl,
    "sed": sed,
    "timeit": timed,
    "tee": tee,
    "sponge": tee,
    "apply_patch": _patch,
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
}

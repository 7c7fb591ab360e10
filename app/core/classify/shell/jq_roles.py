"""What jq and yq are told: programs that select, or that may do more."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.path_roles import PATH_ROLES
from app.core.classify.shell.state import Arg

# The name of a field, and a text in which nothing is computed.
_JQ_FIELD = re.compile(r"(?<!\.)\.[A-Za-z_][A-Za-z0-9_]*")
_JQ_TEXT = re.compile(r"\"[^\"]*\"")
# Comments, texts of several lines and what stands behind a backslash hide where a text begins and ends.
_JQ_PUZZLES = frozenset("#\n\\")
_JQ_DANGER = re.compile(r"env\b|envsubst|ENV|import|include|module|search|input_filename|debug|load|eval|system|exec")
# What is left of a document by one of these is nothing, or a value of the line's own.
_YQ_LOSES = re.compile(r"\s*(?:del\(\s*\.(?:\[\])?\s*\)|empty|null|\[\]|\{\}|\"[^\"]*\"|\.\s*\|?=.*)\s*", re.DOTALL)
# Only fields, each in the other; what else may be a file's name; and files that are called like a field.
_FIELDS = re.compile(r"\.{1,2}|(?:\.[A-Za-z_]\w*)+", re.ASCII)
_FILE = re.compile(r"[\w.~/@+-]+", re.ASCII)
_HIDDEN = re.compile(r"\.(?:env|envrc|npmrc|netrc|yarnrc)(?:\..*)?|.*\.(?:ya?ml|json)", re.ASCII)
_LONGEST_PART: Final = 80


def _jq(act: Act, arg: Arg, added_by: str) -> None:
    """A jq or yq program can show the environment and read files."""
    program = arg.text
    if _JQ_PUZZLES.isdisjoint(program):
        program = _JQ_TEXT.sub(".", program)
    # (What looks like a flag could be one, if the flag before it is no flag.)
    if act.name == "yq" and _YQ_LOSES.fullmatch(arg.text):
        # (In place, that is, where alone it makes sense.)
        act.opaque(f"{arg.text[:_LONGEST_PART]}: leaves nothing")
    if act.known(arg, added_by) and (
        (added_by and program[:1] == "-") or _JQ_DANGER.search(_JQ_FIELD.sub(".", program))
    ):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: a program that may do more than select", added_by)


def is_expression(act: Act, arg: Arg) -> bool:
    """Whether a word is what yq is told, and surely no file."""
    return _is_first(act, arg) and (_FIELDS.fullmatch(arg.text) is not None or not _FILE.fullmatch(arg.text))


def _is_first(act: Act, arg: Arg) -> bool:
    """Whether a word is the first, or the one behind `eval`, which yq takes for what it is told."""
    words = [word for word in act.args[1:] if word.text[:1] != "-"]
    at = 1 if words and words[0].text in ("e", "eval", "ea", "eval-all") else 0
    return any(arg is word for word in words[: at + 1])


def _yq_program(act: Act, arg: Arg, added_by: str) -> None:
    """INVARIANT: where a file is called like what yq is told, it is that file: `yq .env` prints it."""
    _jq(act, arg, added_by)
    if not arg.why and _FIELDS.fullmatch(arg.text):
        if _HIDDEN.fullmatch(arg.text):
            act.opaque(f"yq {arg.text[:_LONGEST_PART]}: may be a file", added_by)
    elif not arg.why and _FILE.fullmatch(arg.text):
        PATH_ROLES["read"](act, arg, added_by)


def _yq(act: Act, arg: Arg, added_by: str) -> None:
    """What follows the program, or, where a mode is named first, the program."""
    if _is_first(act, arg):
        _yq_program(act, arg, added_by)
    else:
        PATH_ROLES["read"](act, arg, added_by)


def _yq_first(act: Act, arg: Arg, added_by: str) -> None:
    if arg.text not in ("e", "ea", "eval", "eval-all"):
        _yq_program(act, arg, added_by)


JQ_ROLES: dict[str, Role] = {"jq": _jq, "yq": _yq_first, "yq-program": _yq}

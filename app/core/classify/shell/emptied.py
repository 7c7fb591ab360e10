"""What a redirection, or `tee`, leaves nothing of: a shell empties the file before the command begins."""

from typing import Final

from msgspec.structs import replace

from app.core.classify.shell.act import Act
from app.core.classify.shell.program import judge
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import PROGRAMS
from app.core.classify.shell.tree import Redirect, Variable
from app.core.classify.shell.unwrap import WRAPPERS
from app.core.model import Effect, EffectKind
from app.core.policy.wildcard import is_wild

EMPTYING: Final = frozenset((">", ">|", "&>"))
# They print nothing, or nothing but what they are given.
_SILENT = frozenset((":", "true"))
_REPEATING = frozenset(("echo", "printf", "cat"))
_NOTHING = frozenset(("", "-n", "-e", "/dev/null"))
# How the command that `find` runs may end.
_ENDS = frozenset((";", "+", "{}"))


def empties(redirect: Redirect, target: Arg, words: list[str]) -> bool:
    """Whether what stood in the file that it opens is gone, and nothing of weight takes its place."""
    # `> "$f"`, for every `f` that was listed: whatever is written, it is the same for all.
    each = len(redirect.target.parts) == 1 and isinstance(redirect.target.parts[0], Variable)
    return redirect.operator in EMPTYING and (_says_nothing(words) or (each and is_wild(target.text)))


def _says_nothing(words: list[str]) -> bool:
    if not words or _is_silent(words):
        return True
    if words[0] not in WRAPPERS and words[0] != "find":
        return False
    # Whatever it is that runs it, and with which flags.
    inner = [word for word in words if word not in _ENDS]
    return any(_is_silent(inner[at:]) for at, word in enumerate(inner) if word in _SILENT | _REPEATING)


def _is_silent(words: list[str]) -> bool:
    if words[0] in _SILENT:
        return True
    return words[0] in _REPEATING and len(words) > (words[0] == "cat") and _NOTHING.issuperset(words[1:])


def tee(act: Act) -> None:
    """It (or `sponge`) writes all that comes in to each of its files: the same to all that were listed, or nothing."""
    begun = len(act.record.effects)
    judge(act, PROGRAMS[act.name])
    nothing = act.given is not None and not (act.given.text or act.given.why)
    for effect in [one for one in act.record.effects[begun:] if one.kind is EffectKind.WRITE]:
        if nothing or is_wild(effect.resource):
            act.record.effect(replace(effect, kind=EffectKind.DELETE))


def overwritten(effects: list[Effect], *, at_once: bool) -> list[Effect]:
    """What is lost since it is read from where a redirection writes: `sort a > a`.

    `at_once`: it is opened before any of the effects; else before those of its own command.
    """
    read = [effect for effect in effects if effect.kind is EffectKind.READ]
    opened = [effect for effect in effects if effect.kind is EffectKind.WRITE and effect.added_by in EMPTYING]
    return [
        Effect(EffectKind.DELETE, write.resource, write.via, write.added_by, write.command)
        for write in opened
        if any(one.resource == write.resource and (at_once or one.command >= write.command) for one in read)
    ]

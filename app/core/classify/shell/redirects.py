"""What a redirection opens."""

from typing import Final

from app.core.classify.shell.act import Act
from app.core.classify.shell.expand import single
from app.core.classify.shell.state import Arg, State
from app.core.classify.shell.tree import Redirect
from app.core.model import EffectKind

_OPENS: Final = {
    "<": EffectKind.READ,
    ">": EffectKind.WRITE,
    ">>": EffectKind.WRITE,
    ">|": EffectKind.WRITE,
    "&>": EffectKind.WRITE,
    "&>>": EffectKind.WRITE,
}


def given(redirects: tuple[Redirect, ...], state: State) -> Arg | None:
    """The text on standard input, where nothing else can be there."""
    # Which descriptor the others are for is not told, so none of them may open or copy one to read from.
    inputs = [each for each in redirects if each.operator not in (">", ">>")]
    if len(inputs) != 1 or inputs[0].operator not in ("<", "<<", "<<<"):
        return None
    text = single(inputs[0].target, state)
    if inputs[0].operator == "<":
        return Arg("") if text.text == "/dev/null" else None
    return text


def opened(node: Redirect, act: Act) -> None:
    """Writes down the file that a redirection of `act` opens."""
    target = single(node.target, act.state)
    if node.operator in ("<<", "<<<"):
        if target.why and not target.free:
            act.opaque(target.why, node.operator)
        return
    kind = _OPENS.get(node.operator)
    if kind is None:
        # `>&2` copies a descriptor; `>&file` opens a file, whose quotes bash removes twice.
        if not target.why and (target.text.removesuffix("-").isdecimal() or target.text == "-"):
            return
        if target.text != node.target.source:
            act.opaque(f"{node.operator}{node.target.source}: a file's name that bash reads twice", node.operator)
        kind = EffectKind.WRITE if node.operator == ">&" else EffectKind.READ
    for file in targets(target):
        act.opened(kind, file, node.operator)


def targets(target: Arg) -> tuple[Arg, ...]:
    """The file that is opened, and the one where a command in its name prints nothing."""
    return (target,) if target.bare is None else (target, Arg(target.bare))

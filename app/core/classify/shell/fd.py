"""`fd`: looks for names, and may run a command on each of them."""

from app.core.classify.shell.act import Act
from app.core.classify.shell.flags import inner
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.program import judge
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import PROGRAMS
from app.core.model import EffectKind

_RUNS = frozenset(("-x", "-X", "--exec", "--exec-batch"))


def fd(act: Act) -> tuple[Inner, ...]:
    """`fd … -x COMMAND`: the command once for each place that is searched, on what lies below it."""
    words = act.args
    at = next((at for at, word in enumerate(words) if word.text in _RUNS), len(words))
    act.args = words[:at]
    judge(act, PROGRAMS[act.name])
    act.args = words
    command = words[at + 1 :]
    if not command:
        if at < len(words):
            act.opaque("fd: runs what the line does not tell")
        return ()
    if any(word.text == ";" for word in command):
        act.opaque("fd: more follows the command that it runs")
    searched = [
        effect.resource.removesuffix("/**")
        for effect in act.record.effects
        if effect.command == act.index and effect.kind is EffectKind.READ
    ]
    found = tuple([Arg(f"{place.rstrip('/')}/**", one=False, glob=True) for place in dict.fromkeys(searched)])
    if not any("{" in word.text for word in command):
        return inner(act, (*command, *found))
    return inner(act, tuple([each for word in command for each in (found if word.text == "{}" else (_part(word),))]))


def _part(word: Arg) -> Arg:
    """`{/}`, `{.}`, `a{}`: some of a name that is not known."""
    return Arg(word.text, "{}: a file's name inside a word") if "{" in word.text else word

"""Programs of Node that run several commands, each of them one word: `concurrently`, `start-server-and-test`."""

import re

from app.core.classify.shell.act import Act
from app.core.classify.shell.again import said
from app.core.classify.shell.flags import Flags, after_flags, flags
from app.core.classify.shell.inner import Inner, Wrapper
from app.core.classify.shell.state import Arg

_CONCURRENTLY = flags(
    "-k -r -g -i --kill-others --kill-others-on-fail --raw --group --no-color --timings --hide",
    "-n -c -p -l -m -s --names --prefix-colors --prefix --prefix-length --max-processes --success",
)
_MANAGER = re.compile(r"(npm|yarn|pnpm|bun):(?=.)")
_HERE = re.compile(
    r"[0-9]{2,5}|(?:https?|http-get)://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?(?:/[\w./-]*)?", re.ASCII
)
_SERVED = 3


def _concurrently(act: Act) -> tuple[Inner, ...]:
    """Each word is shell text; `npm:NAME` is a task."""
    found = [_text(act, arg, _MANAGER.sub(r"\1 run ", arg.text)) for arg in after_flags(act, _CONCURRENTLY)]
    if not found:
        act.opaque(f"{act.name}: runs what the line does not tell")
    return tuple(found)


def _server(act: Act) -> tuple[Inner, ...]:
    """A task that serves, where it does, and a task that asks it: each the name of one, or shell text."""
    args = after_flags(act, Flags())
    if len(args) != _SERVED or not _HERE.fullmatch(args[1].text):
        act.opaque(f"{act.name}: runs what the line does not tell")
        act.access(args)
        return ()
    return tuple([_text(act, arg, arg.text if " " in arg.text else f"npm run {arg.text}") for arg in args[::2]])


def _text(act: Act, arg: Arg, text: str) -> Inner:
    return said(act, (Arg(arg.text if arg.why else text, arg.why),))


SEVERAL: dict[str, Wrapper] = {
    "concurrently": _concurrently,
    "start-server-and-test": _server,
}

"""Programs that run something else in a place that the line does not tell, or in a way that it does not tell whole.

What they do themselves stands in the tables, and that is never ordinary. What they run is read besides, so that it is
seen by whoever decides and meets the rules that forbid it.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.core.classify.shell.act import Act
from app.core.classify.shell.again import gdb, perf
from app.core.classify.shell.inner import Inner, Wrapper
from app.core.classify.shell.program import judge
from app.core.classify.shell.state import LOST, Arg, State
from app.core.classify.shell.tables import PROGRAMS

# Another machine or another root: neither its folders nor its variables are ours.
_ELSEWHERE = State((LOST,), {})
_FAR = frozenset(
    ("docker", "podman", "nerdctl", "docker-compose", "podman-compose", "kubectl", "oc", "ssh", "mosh", "chroot")
)


_TOLD = re.compile(r"\A[\s:!]*(?:(?:shell|spawn|silent)\s+)?!?")


class _Launch(Struct, frozen=True):
    """Where the command stands: behind `words`, flags (those `valued` with a word each) and operands.

    `says` are flags whose value is shell text; `joined` words are shell text together.
    """

    words: tuple[str, ...]
    valued: frozenset[str]
    operands: int
    says: frozenset[str]
    joined: bool

    def inner(self, args: tuple[Arg, ...], state: State) -> list[Inner]:
        if tuple([arg.text for arg in args[: len(self.words)]]) != self.words:
            return []
        found: list[Inner] = []
        at, left = len(self.words), self.operands
        while at < len(args):
            text = args[at].text
            if text[:1] != "-" and not left:
                break
            at += 1
            name, equals, value = text.partition("=")
            if text[:1] != "-":
                left -= 1
            elif text == "--":
                at += left
                break
            elif text in self.says:
                found.append(_guess(args[at : at + 1], state))
                at += 1
            elif name in self.says and equals:
                found.append(_guess((Arg(value),), state))
            elif text in self.valued:
                at += 1
        if rest := args[at:]:
            found.append(_guess(rest, state) if self.joined else Inner(args=rest, state=state))
        return found


def _guess(words: Sequence[Arg], state: State) -> Inner:
    """Shell text, which some take behind a mark: vim's `:!`, gdb's `shell`."""
    text = _TOLD.sub("", " ".join([word.text for word in words]).strip("\"'"))
    return Inner(text=text, state=state, guessed=True)


def _launch(words: str = "", valued: str = "", operands: int = 0, *, says: str = "", joined: bool = False) -> _Launch:
    return _Launch(tuple(words.split()), frozenset(valued.split()), operands, frozenset(says.split()), joined)


def _launcher(launches: tuple[_Launch, ...]) -> Wrapper:
    def wrapper(act: Act) -> tuple[Inner, ...]:
        judge(act, PROGRAMS[act.name])
        state = _ELSEWHERE if act.name in _FAR else replace(act.state, functions={})
        found = [inner for launch in launches for inner in launch.inner(act.args[1:], state)]
        if found:
            act.wraps()
        return tuple(found)

    return wrapper


def _parallel(act: Act) -> tuple[Inner, ...]:
    """`parallel COMMAND ::: WORD…`: the command with each of the words."""
    judge(act, PROGRAMS[act.name])
    args = act.args[1:]
    mark = next((at for at, arg in enumerate(args) if arg.text[:3] == ":::"), len(args))
    command = _launch(valued="-j --jobs -a --arg-file -N -n -I --colsep --joblog --delay").inner(args[:mark], act.state)
    act.wraps()
    words = tuple([word for word in args[mark + 1 :] if word.text[:3] != ":::"])
    return tuple([Inner(args=(*inner.args, *words), state=act.state) for inner in command])


def _unless(known: Callable[[Act], tuple[Inner, ...] | None], other: Wrapper) -> Wrapper:
    """What runs a program here and shows how that went, unless it is told something else."""

    def launcher(act: Act) -> tuple[Inner, ...]:
        plain = known(act)
        return other(act) if plain is None else plain

    return launcher


_CONTAINER = (
    "-v --volume -p --publish -e --env --env-file --name -w --workdir -u --user --network --net --mount --entrypoint -h"
    " --hostname -l --label --add-host --cpus -m --memory --platform --pull --restart --gpus --device --cap-add"
    " --cap-drop --security-opt --tmpfs --shm-size --ipc --pid --volumes-from --detach-keys --index -f --file"
)
_CONTAINERS = tuple(
    [_launch(words, _CONTAINER, 1) for words in ("exec", "run", "container exec", "container run", "compose exec",
                                                 "compose run")]
)  # fmt: skip
_CLUSTER = "-n --namespace -c --container --context --kubeconfig -f --filename --image --overrides --restart"
_SSH = "-p -i -l -o -F -J -L -R -D -W -b -c -E -e -I -m -O -Q -S -w -B"
_TRACE = "-o -e -p -s -E -a -u -P -b -I -X -ex --ex --tool --log-file -d -c"
_SPACE = "-t -u -g -S -G -p --target --setuid --setgid --reuid --regid --groups --userspec"

LAUNCHERS: dict[str, Wrapper] = {
    name: _launcher(launches)
    for names, launches in (
        ("docker podman nerdctl", _CONTAINERS),
        ("docker-compose podman-compose", _CONTAINERS[:2]),
        ("kubectl oc", tuple([_launch(words, _CLUSTER, 1) for words in ("exec", "run", "debug")])),
        ("ssh mosh", (_launch("", _SSH, 1, says="-o ProxyCommand", joined=True),)),
        ("su", (_launch("", "-s --shell -g -G", 1, says="-c --command --session-command"),)),
        ("runuser", (_launch("", "-u -s -g -G", 0, says="-c --command"),)),
        ("script", (_launch("", "-I -O -B -T -E -o -m", 1, says="-c --command"),)),
        ("flock", (_launch("", "-w -E --timeout --wait", 1, says="-c --command"),)),
        ("nsenter unshare setpriv systemd-run pkexec", (_launch("", _SPACE, 0),)),
        ("chroot", (_launch("", _SPACE, 1),)),
        ("capsh", (_launch("", "", 0, says="-c"), _launch("--", "", 0, says="-c"))),
        ("strace ltrace dtruss rr heaptrack", (_launch("", _TRACE, 0),)),
        ("gdb lldb", (_launch("", "-o -p -s", 0, says="-ex -eval-command"), _launch("--args"))),
        ("perf", (_launch("record", _TRACE), _launch("stat", _TRACE), _launch("trace", _TRACE))),
        ("busybox toybox", (_launch(),)),
        ("screen", (_launch("", "-S -t -c -L"),)),
        ("tmux", tuple([_launch(words, "-s -n -c -t -x -y", joined=True) for words in ("new", "new-session", "neww",
                                                                                      "new-window", "split-window")])),
        ("expect", (_launch("", "", 0, says="-c"),)),
        ("fish csh tcsh mksh rbash pwsh powershell nu elvish xonsh",
          (_launch("", "", 0, says="-c -Command -e -lc -ic"),)),
        ("vi vim nvim view ex emacs", (_launch("", "-u -s", 9, says="-c --cmd --eval"),)),
        ("direnv", (_launch("exec", "", 1),)),
        ("op doppler dotenv infisical aws-vault", (_launch("run"), _launch("exec", "", 1), _launch("", "-f -e -i"))),
    )
    for name in names.split()
}  # fmt: skip
LAUNCHERS["parallel"] = _parallel
LAUNCHERS["gdb"] = _unless(gdb, LAUNCHERS["gdb"])
LAUNCHERS["perf"] = _unless(perf, LAUNCHERS["perf"])

"""What is found while a line is read: the record of commands and effects, and one command under judgement."""

import re
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.paths import Place, normalise
from app.core.classify.shell.scraps import scraps
from app.core.classify.shell.state import LOST, Arg, State
from app.core.classify.tools import alternatives
from app.core.model import Command, Effect, EffectKind
from app.core.policy.wildcard import is_wild, matches

MOST_EFFECTS: Final = 256
LONGEST_VIA: Final = 200
LONGEST_RESOURCE: Final = 4_096

# Files that are no files: nothing is kept there and nothing secret comes out.
_NOTHING = frozenset(("/dev/null", "/dev/zero", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty"))
_RANDOM = frozenset(("/dev/random", "/dev/urandom"))
_DESCRIPTOR = re.compile(r"/dev/fd/[0-9]{1,4}")
_SOCKET = re.compile(r"/dev/(tcp|udp)/([^/]+)/([^/]+)")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_PARENT_PATTERN = re.compile(r"(^|/)\.[*?\[]")
# The name of a file, by a dot in it.
_NAMED: Final = re.compile(r"(?!\.{1,2}$).*\..+")
KIND_OF_FILES: Final = re.compile(r"\*\.[A-Za-z0-9]{1,5}$|\*\.\{[A-Za-z0-9,]+\}$")
# A flag to whatever is given it without a folder, or a mark at which shells end a word.
_ODD: Final = re.compile(r"(?:^|/)-[^/]|[;|&<>`\n]|\$\(")
# A folder whose name is that of a file which nobody keeps; `ls` prints what lies in it as if it lay here.
_THROWN_AWAY: Final = re.compile(r"\.(?:log|tmp|orig|rej|swp|pyc|o|class|prof|snap)$")
_UP: Final = re.compile(r"\.\.|[{,]\.[,}]")
_WILDCARD = re.compile(r"[*?\[]")
# A relative path without anything that normalising would take away.
_CLEAN = re.compile(r"[^./][^/]*(?:/[^./][^/]*)*")
_CONTAINERS = frozenset(("docker", "podman", "nerdctl"))
_MOUNT = re.compile(r"([^:=]+):/[^:]*(?::[a-zA-Z,]+)?")
_IN_WORD = re.compile(r"[=,:@]+|(?<=^-[A-Za-z])")


class Record:
    """Commands and effects in the order in which they were found."""

    __slots__ = ("budget", "commands", "effects", "fed", "linked", "pythons", "renames", "settled", "spoken", "under")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.commands: list[Command] = []
        self.effects: list[Effect] = []
        # Commands whose code stands in the line: what it writes is the line's, not the project's.
        self.spoken: set[int] = set()
        # Those that read from the line, or from a pipe, what is their standard input.
        self.fed: set[int] = set()
        # Those in Python, and those that load nothing but what Python brings, before they do anything.
        self.pythons: set[int] = set()
        self.settled: set[int] = set()
        # Those that only put names in the place of others in the files that they edit, each with what it says.
        self.renames: dict[int, tuple[str, ...]] = {}
        # A symbolic link has been made.
        self.linked = False
        # The command that runs those that are found next.
        self.under = -1

    def command(self, words: tuple[str, ...], *, globs: bool, idle: bool) -> int:
        self.budget.spend(len(words) + 1)
        self.commands.append(Command(words, globs=globs, under=self.under, idle=idle))
        return len(self.commands) - 1

    def effect(self, effect: Effect) -> None:
        self.budget.spend()
        if len(self.effects) >= MOST_EFFECTS:
            raise BudgetExceededError
        self.effects.append(effect)


class Act:
    """One command of the line: its words, the state in which it runs, and where its effects are written down."""

    __slots__ = ("args", "deep", "given", "home", "index", "name", "only", "record", "sends", "sources", "state", "via")

    def __init__(self, args: tuple[Arg, ...], state: State, record: Record, via: str) -> None:
        self.args = args
        self.deep = False  # operands stand for what lies below them, too
        self.given: Arg | None = None  # the text that the line puts on its standard input
        self.home = ""  # the file of the programs' data that knows this one
        self.sends = True  # something goes along with the addresses that are asked
        self.only: tuple[str, ...] = ()  # of what lies below them, only what has such a name
        self.sources: tuple[Arg, ...] = ()  # what is brought to the last operand
        self.state = state
        self.record = record
        self.via = via[:LONGEST_VIA]
        self.name = args[0].text if args else ""
        words = tuple([arg.text for arg in args]) or (via,)
        self.index = record.command(words, globs=any(arg.glob or arg.why != "" for arg in args), idle=not args)

    def wraps(self) -> None:
        """This command runs another one, which follows as a command of its own."""
        self.record.commands[self.index] = replace(self.record.commands[self.index], wrapper=True)

    def add(self, kind: EffectKind, resource: str, added_by: str = "") -> None:
        if len(resource) > LONGEST_RESOURCE:
            # INVARIANT: what is cut is not understood.
            self.opaque(f"{resource[:80]}…: too long")
            resource = resource[:LONGEST_RESOURCE]
        self.record.effect(Effect(kind, resource, self.via, added_by, self.index))

    def known(self, arg: Arg, added_by: str = "") -> bool:
        """Whether it is known what a word says; where not, the command is opaque."""
        if arg.why:
            self.opaque(arg.why, added_by)
        return not arg.why

    def opaque(self, why: str, added_by: str = "") -> None:
        # INVARIANT: what is not surely understood leaves an effect that nothing but a person can allow.
        self.record.effect(Effect(EffectKind.OPAQUE, why[:LONGEST_VIA], self.via, added_by, self.index))

    def path(self, kind: EffectKind, arg: Arg, added_by: str = "", *, deep: bool = False) -> None:
        """An effect on the path that a word names, in every directory where the command may run."""
        if arg.why:
            self.opaque(arg.why, added_by)
            self.access((arg,))
            return
        text = arg.text
        if kind is EffectKind.WRITE:
            self._in_words(text, added_by)
            self._named_oddly(text, added_by)
        if text[:5] == "/dev/" and (text in _NOTHING or _DESCRIPTOR.fullmatch(text)):
            if kind is EffectKind.DELETE:
                self.add(kind, text, added_by)
            return
        if kind is EffectKind.READ and text in _RANDOM:
            return
        if _may_be_parent(text):
            self.opaque(f"{text}: the pattern may match the parent directory", added_by)
        self.leads_back(text, added_by)
        self._branches(text, added_by)
        for directory in self.state.directories:
            if directory == LOST and is_relative(text):
                # INVARIANT: a relative path in a directory that the line does not tell could be any file.
                self.opaque(f"{text}: the directory is not known", added_by)
            resource = located(text, directory, self.state.home)
            if resource == directory and is_wild(directory):
                resource += "/"  # the folder, whatever it is called, not a file of that name
            self.add(kind, resource, added_by)
            if deep and KIND_OF_FILES.search(resource):
                continue  # `src/*.py` names files, below which nothing lies
            for below in (self.only or ("",)) if deep and resource[-3:] != "/**" else ():
                # What lies below everything in a folder is what lies below the folder.
                self.add(kind, f"{resource.removesuffix('/*').rstrip('/')}/**{below}", added_by)

    def _in_words(self, text: str, added_by: str) -> None:
        # INVARIANT: a name with blanks is several words to whoever is given it later (`find | xargs cat`).
        for word in text.split():
            if word != text:
                self.path(EffectKind.ACCESS, Arg(word), added_by)

    def _named_oddly(self, text: str, added_by: str) -> None:
        # INVARIANT: what is made here is named later by what finds it: `git ls-files | xargs tar`, `rm $(ls *.log)`.
        folders = text if self.name == "mkdir" else text.rpartition("/")[0]
        if _ODD.search(text) or any(map(_THROWN_AWAY.search, folders.rstrip("/").split("/"))):
            self.opaque(f"{text}: a name that may be more to what finds it", added_by)

    def _branches(self, text: str, added_by: str) -> None:
        # INVARIANT: the program may write out braces that the shell has left alone: `rimraf 'dist/{.,..}/src'`.
        if "{" in text:
            spelled = alternatives(text)
            if _UP.search(text) if spelled is None else any(".." in one.split("/") for one in spelled):
                self.opaque(f"{text}: may lead to the folder above", added_by)

    def leads_back(self, text: str, added_by: str = "") -> None:
        # INVARIANT: behind a link that this line has made, `..` is the directory above what the link leads to.
        if self.record.linked and ".." in text.split("/"):
            self.opaque(f"{text}: may lead back from behind a link", added_by)

    def looked(self, arg: Arg) -> None:
        """Names that are looked for: where a wildcard stands, in the folder in which the first one does."""
        if arg.glob and not arg.why:
            if _may_be_parent(arg.text):
                self.opaque(f"{arg.text}: the pattern may match the parent directory")
            before = _WILDCARD.split(arg.text, maxsplit=1)[0]
            arg = Arg(before.rpartition("/")[0] or ("/" if before[:1] == "/" else "."))
        self.path(EffectKind.READ, arg)

    def noticed(self, arg: Arg) -> None:
        """A file that is there or is not, and how large it is: its folder tells; nothing of what is in it is read."""
        folder, _, name = arg.text.rstrip("/").rpartition("/")
        here = is_relative(arg.text) or f"{folder}/".startswith(f"{self.state.directories[0]}/")
        if here and ".." not in folder and not arg.why and not arg.glob and _NAMED.fullmatch(name):
            arg = Arg(folder or ".")
        self.looked(arg)

    def opened(self, kind: EffectKind, arg: Arg, added_by: str) -> None:
        """A file that the shell itself opens for a redirection."""
        socket = _SOCKET.fullmatch(arg.text)
        if socket and not arg.why:
            self.add(EffectKind.NETWORK, f"{socket[1]}:{socket[2]}:{socket[3]}", added_by)
        else:
            self.path(kind, arg, added_by)

    def access(self, args: tuple[Arg, ...]) -> None:
        """Words of a command that is not understood: each may name a file.

        INVARIANT: a path that is written in the line leaves an effect on that path, whatever stands before it.
        """
        for arg in args:
            if arg.why:
                pieces = scraps(arg.text)
            elif self.name in _CONTAINERS and (mount := _MOUNT.fullmatch(arg.text)):
                # Behind the colon stands where it lies in there; a name without a slash is a volume's.
                pieces = (mount[1],) if "/" in mount[1] or mount[1][0] in ".~" else ()
            else:
                # Paths hide behind `--file=`, `@`, `host:`, `-I`.
                whole, *hidden = _IN_WORD.split(arg.text)
                pieces = tuple(hidden) if whole[:1] == "-" else (arg.text, *hidden)
                if " " in arg.text:
                    pieces += scraps(arg.text)
            for piece in pieces:
                if piece:
                    self.path(EffectKind.ACCESS, Arg(piece))


def is_relative(text: str) -> bool:
    """The path begins at the working directory."""
    return text[:1] not in ("/", "~") and not _DRIVE.match(text)


def located(text: str, directory: str, home: str) -> str:
    """The normalised path that a shell word names: only `~` and a drive are special, everything else is POSIX."""
    if not is_relative(text):
        return normalise(text, Place("" if directory == LOST else directory, home))
    if directory[:1] == "/" and _CLEAN.fullmatch(text):
        return f"{directory.rstrip('/')}/{text}"
    return normalise(f"./{text}", Place("" if directory == LOST else directory, home))


def _may_be_parent(text: str) -> bool:
    """Whether a pattern may match `..`."""
    return bool(_PARENT_PATTERN.search(text)) and any(
        part[:1] == "." and is_wild(part) and matches(part, "..") for part in text.split("/")
    )


def entered(state: State, arg: Arg) -> tuple[str, ...]:
    """The directories that `cd` with this word may lead to; a pattern stands for the one that it becomes."""
    if arg.why or not arg.text or _may_be_parent(arg.text):
        return (LOST,)
    return tuple(
        dict.fromkeys(
            LOST if directory == LOST and is_relative(arg.text) else located(arg.text, directory, state.home)
            for directory in state.directories
        )
    )


# What a word means to a program: `added_by` is the flag that brings it, or "" for an operand.
Role = Callable[[Act, Arg, str], None]

"""The names of files that a search asks for: of all that lies below a folder, only what is called so is met."""

from collections.abc import Sequence
from itertools import product
from typing import Final

from msgspec import Struct

from app.core.classify.shell.act import KIND_OF_FILES

# What `find` takes for one expression: a word alone, a word with a text, and what writes or runs something.
ALONE: Final = frozenset((
    "-print", "-print0", "-ls", "-prune", "-depth", "-d", "-o", "-or", "-a", "-and", "-not", "!", "(", ")", ",",
    "-true", "-false", "-xdev", "-mount", "-empty", "-daystart", "-follow", "-quit", "-readable", "-writable",
    "-executable", "-nouser", "-nogroup", "-noleaf", "-ignore_readdir_race", "-H", "-L", "-P", "-E", "-s", "-X",
    "-x",
))  # fmt: skip
TEXT: Final = frozenset((
    "-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex", "-regextype",
    "-type", "-xtype", "-size", "-mtime", "-mmin", "-ctime", "-cmin", "-atime", "-amin", "-maxdepth",
    "-mindepth", "-user", "-group", "-uid", "-gid", "-perm", "-links", "-inum", "-printf", "-used", "-fstype",
    "-lname", "-ilname", "-samefile", "-anewer", "-cnewer", "-mnewer",
))  # fmt: skip
WRITES: Final = {"-fprint": 2, "-fprint0": 2, "-fls": 2, "-fprintf": 3}
RUNS: Final = frozenset(("-exec", "-execdir", "-ok", "-okdir"))
_ACTS = frozenset(("-print", "-print0", "-ls", "-printf", "-delete", *WRITES, *RUNS))
_NOT = frozenset(("!", "-not"))
_OR = frozenset(("-o", "-or"))
_AND = frozenset(("-a", "-and"))
_ENDS = _OR | {")", ","}
_DEEPEST = 8
_BEFORE = frozenset(("-H", "-L", "-P", "-E"))


def met(name: str) -> tuple[str, ...]:
    """A search's own pattern in the words of a shell's: its `*`, `?` and `[…]` take a dot at the beginning, too.

    That `*.json` takes `.x.json` is left out: who asks for a kind of files does not mean the hidden one among them.
    """
    if name == "**" or "\\" in name or "[[" in name:
        # (Backslashes and classes of characters are not read: it may be any name.)
        return "**", "**/.*"
    segments = name.split("/")
    return tuple(["/".join(each) for each in product(*[_met(segment) for segment in segments])])


def with_git(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same for a search that goes down into `.git` as well, where no name has a dot."""
    return (*names, *[f".git/**/{name}" for name in names if "." not in name and "/" not in name])


def _met(segment: str) -> tuple[str, ...]:
    if segment == "**" or KIND_OF_FILES.fullmatch(segment):
        return (segment,)
    if segment[:1] == "*":
        return segment, f".{segment}"
    if segment[:1] == "?":
        return segment, f".{segment[1:]}"
    # A bracket that closes at once stands for itself.
    if segment[:1] == "[" and "]" in segment[2:]:
        return segment, f".{segment[segment.index(']', 2) + 1 :]}"
    return (segment,)


class _GiveUpError(Exception):
    """An expression that is not followed."""


class _Part(Struct):
    """What stands between two `-o`: the names that it demands, and whether it does something; with `all`, to all."""

    names: tuple[str, ...] = ()
    acts: bool = False
    all: bool = False


def demanded(words: Sequence[str]) -> tuple[str, ...]:
    """What everything is called that `find` prints, deletes or hands on; nothing where that is not certain.

    `words` are those behind `find`. INVARIANT: each file on which it acts fits one of the patterns.
    """
    at = 0
    while at < len(words) and (words[at] in _BEFORE or words[at][:1] not in ("-", "(", "!")):
        at += 1
    reader = _Reader(words, at)
    try:
        parts = reader.alternatives()
    except _GiveUpError:
        return ()
    # Where something is done on one side of an `-o`, nothing is printed for what fits another side.
    parts = [part for part in parts if part.acts] or parts
    if reader.at < len(words) or any(part.all or not part.names for part in parts):
        return ()
    return tuple(dict.fromkeys([name for part in parts for name in part.names]))


class _Reader:
    """`find`'s expression, as far as it has to do with names."""

    def __init__(self, words: Sequence[str], at: int) -> None:
        self._words = words
        self.at = at
        self._depth = 0

    def alternatives(self) -> list[_Part]:
        parts = [self._together()]
        while self._word in _OR:
            self.at += 1
            parts.append(self._together())
        return parts

    @property
    def _word(self) -> str:
        return self._words[self.at] if self.at < len(self._words) else ""

    def _together(self) -> _Part:
        found = _Part()
        while self._word and self._word not in _ENDS:
            negated = False
            while self._word in _NOT or self._word in _AND:
                negated = negated or self._word in _NOT
                self.at += 1
            if self._word in _ACTS:
                # What stands before a name acts on everything.
                found.acts, found.all = True, found.all or not found.names
            names = self._one()
            if not negated:
                found.names = found.names or names
        return found

    def _one(self) -> tuple[str, ...]:
        """The names that one test demands, if it does; and go on behind it."""
        word = self._word
        if word == "(":
            return self._brackets()
        size = 2 if word in TEXT or word[:6] == "-newer" else WRITES.get(word, 1)
        if word in RUNS:
            size = self._until_it_ends()
        value = self._words[self.at + 1] if self.at + 1 < len(self._words) else ""
        if self.at + size > len(self._words) or not (size > 1 or word in ALONE or word in _ACTS):
            raise _GiveUpError
        self.at += size
        return met(value) if word in ("-name", "-iname") and "/" not in value else ()

    def _brackets(self) -> tuple[str, ...]:
        self.at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _GiveUpError
        parts = self.alternatives()
        # What is done inside of brackets is done to what fits there.
        if self._word != ")" or any(part.acts for part in parts):
            raise _GiveUpError
        self.at += 1
        self._depth -= 1
        return tuple([name for part in parts for name in part.names]) if all(part.names for part in parts) else ()

    def _until_it_ends(self) -> int:
        end = self.at + 1
        while end < len(self._words) and not (
            self._words[end] == ";" or (self._words[end] == "+" and self._words[end - 1] == "{}")
        ):
            end += 1
        return end + 1 - self.at

"""The `command:` of a rule: patterns over the words of a shell command, `git push *`.

A lone `*` stands for any number of words, none included; elsewhere wildcards stay inside their word.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.core.model import Command
from app.core.policy.glob import Item, Pattern, covers, fits, pattern, touches, touches_any
from app.core.policy.wildcard import ends, is_wild
from app.core.spelling import fold

# A program named by its full path in one of these is the program of that name; elsewhere it may be anything.
_SYSTEM = frozenset(
    ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin")
)
_ANY_WORDS = Item("*", wild=True, any_number=True)


class CommandSet:
    """Several patterns, found through the program that each of them names."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = [pattern(text.split(), "*") for text in patterns]
        self._by_program: dict[str, list[Pattern]] = {}
        self._any_program: list[Pattern] = []
        # By the program's plain name, then by the longest other word that the pattern spells out.
        self._folded: dict[str, dict[str, list[Pattern]]] = {}
        self._any_demanding: dict[str, list[Pattern]] = {}
        for one in self.patterns:
            if one[0].wild:
                self._any_program.append(one)
                demanding = self._any_demanding
            else:
                self._by_program.setdefault(one[0].text, []).append(one)
                demanding = self._folded.setdefault(plain(one[0].text), {})
            demanded = max([item.text for item in one[1:] if not item.wild], key=len, default="")
            demanding.setdefault(demanded, []).append(one)
        # To match, a command must run one of these, by its plain name, or one whose name begins like that.
        self.programs = frozenset(self._folded)
        begins = [ends(one[0].text)[0] for one in self._any_program]
        self.beginnings = frozenset((*begins, *map(fold, begins)))

    @property
    def keys(self) -> frozenset[str] | None:
        """The plain names of programs of which a command must run one to match; None when it may be another."""
        return None if self._any_program else self.programs

    def touches(self, command: Command) -> bool:
        """Whether some pattern matches some reading of the command, wherever its program lies."""
        if not command.words or command.idle:
            return False
        program, *rest = command.words
        if is_wild(program) and command.globs:
            # Which of the programs that it fits is not known; whatever the patterns say of other words can be meant.
            name = plain(program)
            return any(
                _touches(one, (one[0].text, *rest), globs=True) or _touches(one, command.words, globs=True)
                for one in self.patterns
                if one[0].any_number or one[0].touches(name) or one[0].touches(program)
            )
        name, globs = plain(program), command.globs
        for one in _fitting(self._folded.get(name, {}), rest, globs=globs):
            if _touches(one, (one[0].text, *rest), globs=globs):
                return True
        # (A `*` that begins a pattern may stand for no word: then the next one is the program.)
        for one in _fitting(self._any_demanding, (program, name, *rest), globs=globs):
            if any(_touches(one, (other, *rest), globs=globs) for other in {program, name}):
                return True
        return False

    def covers(self, command: Command) -> Pattern | None:
        """The pattern that matches the command as written, a system folder before its program removed."""
        if not command.words:
            return None
        folder, _, program = command.words[0].rpartition("/")
        words = (program, *command.words[1:]) if folder in _SYSTEM else command.words
        fitting = self._by_program.get(words[0], []) + self._any_program
        return next((one for one in fitting if covers(one, words)), None)


def writes_out(matched: Pattern, word: str) -> bool:
    """Whether a pattern that covers a command writes out the flag that adds an effect."""
    return any(item.text == word or item.text.startswith(f"{word}=") for item in matched)


def plain(program: str) -> str:
    """The name under which a program is known, wherever it lies and however its file system spells it."""
    return fold(program).rpartition("/")[2].removesuffix(".exe")


def _fitting(demanding: Mapping[str, list[Pattern]], words: Sequence[str], *, globs: bool) -> list[Pattern]:
    """The patterns that demand one of these words, or none; where words may become others, all of them."""
    met = demanding if globs else demanding.keys() & ("", *words)
    return [one for word in met for one in demanding[word]]


def _touches(one: Pattern, words: Sequence[str], *, globs: bool) -> bool:
    # INVARIANT: options before a subcommand do not hide it: `git -C /x push` is a `git push`.
    patterns = [one, (one[0], _ANY_WORDS, *one[1:])] if words[1:2] and words[1][:1] == "-" else [one]
    if not globs:
        return any(fits(pattern, words) for pattern in patterns)
    if any(is_wild(word) for word in words[1:]):
        # Wildcards among the words become several words, or none.
        return any(touches_any(pattern, words, is_wild) for pattern in patterns)
    return any(touches(pattern, words) for pattern in patterns)

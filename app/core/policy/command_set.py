"""The `command:` of a rule: patterns over the words of a shell command, `git push *`.

A lone `*` stands for any number of words, none included; elsewhere wildcards stay inside their word.
"""

from collections.abc import Iterable

from app.core.model import Command
from app.core.policy.glob import Pattern, covers, pattern, touches

# A program named by its full path in one of these is the program of that name; elsewhere it may be anything.
_SYSTEM = frozenset(
    ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin")
)


class CommandSet:
    """Several patterns, found through the program that each of them names."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._by_program: dict[str, list[Pattern]] = {}
        self._any_program: list[Pattern] = []
        for text in patterns:
            compiled = pattern(text.split(), "*")
            if compiled[0].wild:
                self._any_program.append(compiled)
            else:
                self._by_program.setdefault(compiled[0].text, []).append(compiled)

    def touches(self, command: Command) -> bool:
        """Whether some pattern matches, whatever folder the program is named in."""
        folder, _, program = command.words[0].rpartition("/")
        words = (program, *command.words[1:]) if folder else command.words
        return any(touches(one, words) for one in self._candidates(program)) or (
            bool(folder) and any(touches(one, command.words) for one in self._candidates(command.words[0]))
        )

    def covers(self, command: Command) -> Pattern | None:
        """The pattern that matches the command as written, a system folder before its program removed."""
        folder, _, program = command.words[0].rpartition("/")
        words = (program, *command.words[1:]) if folder in _SYSTEM else command.words
        for one in self._candidates(words[0]):
            if covers(one, words):
                return one
        return None

    def _candidates(self, program: str) -> list[Pattern]:
        return self._by_program.get(program, []) + self._any_program

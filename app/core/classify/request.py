"""A request as received → the call that it stands for: names, commands, effects."""

import shlex
from typing import Any

from app.core.budget import Budget
from app.core.classify import tools
from app.core.classify.names import names
from app.core.classify.paths import Place, normalise
from app.core.classify.shell import read_line
from app.core.model import ActionRequest, Call, Command, Effect, EffectKind
from app.core.policy.ruleset import RuleSet

# A call with more effects than this is not looked at further: it is opaque.
_MOST_EFFECTS = 512


def classify(request: ActionRequest, rules: RuleSet, budget: Budget) -> Call:
    """Understand `request`. Total: what is not understood becomes an OPAQUE effect. Raises BudgetExceededError."""
    found = names(request.tool, request.action)
    reading = _Reading(request, budget)
    for name in found:
        budget.spend()
        if name == "shell":
            reading.shell()
        elif name in tools.TOOLS:
            reading.tool(tools.TOOLS[name])
        else:
            reading.unknown(name, trusted=rules.trusts_annotations(name))
    return Call(found, request.arguments, tuple(reading.effects), tuple(reading.commands))


class _Reading:
    """The effects of one request, gathered as its parts are read."""

    def __init__(self, request: ActionRequest, budget: Budget) -> None:
        self._request = request
        self._budget = budget
        self._place = Place(_absolute(request.cwd), _absolute(request.home))
        self.effects: list[Effect] = []
        self.commands: list[Command] = []

    def shell(self) -> None:
        """A shell tool: every line that it was given, in the directory that it was given."""
        lines: list[str] = []
        place = self._place
        for name, value in self._request.arguments.items():
            if name in tools.COMMANDS:
                lines += _lines(value)
                if not _lines(value):
                    self._opaque(f"{name}: no command line")
            elif name in tools.DIRECTORIES and isinstance(value, str):
                place = Place(normalise(value, self._place), self._place.home)
            elif name not in tools.SHELL_ASIDES and value not in (None, False):
                self._opaque(f"{name}: an argument that shells do not have")
        if self._request.target and self._request.target not in lines:
            lines.append(self._request.target)
        if not lines:
            self._opaque("no command line")
        for line in lines:
            self._line(line, place)

    def tool(self, tool: tools.Tool) -> None:
        """A tool whose main argument we know; what its other arguments hold is judged by its looks."""
        found = False
        for name, text in tools.leaves(self._request.arguments):
            self._budget.spend()
            if name in tool.role:
                found = True
                self._add(tool.kind, text, name)
            else:
                self._by_looks(name, text)
        if self._request.target:
            found = True
            self._add(tool.kind, self._request.target, "target")
        if self._request.resolved_target:
            self._add(tool.kind, self._request.resolved_target, "resolved_target")
        if not found:
            if tool.default:
                self._add(tool.kind, tool.default, "")
            else:
                self._opaque("the argument that says what this acts on is missing")

    def unknown(self, name: str, *, trusted: bool) -> None:
        """A tool of which we know the name only, and what its annotations and arguments tell."""
        said = self._request.annotations
        # INVARIANT: annotations add effects; they soften one only for tools that the policy trusts.
        harmless = trusted and said.get("readOnlyHint") is True
        self.effects.append(Effect(EffectKind.READ if harmless else EffectKind.CALL, name, name))
        if said.get("destructiveHint") is True:
            self.effects.append(Effect(EffectKind.DELETE, name, "destructiveHint"))
        if said.get("openWorldHint") is True:
            self.effects.append(Effect(EffectKind.NETWORK, name, "openWorldHint"))
        for argument, text in tools.leaves(self._request.arguments):
            self._budget.spend()
            if argument in tools.COMMANDS:
                self._line(text, self._place)
            else:
                self._by_looks(argument, text)
        for place, target in (("target", self._request.target), ("resolved_target", self._request.resolved_target)):
            if target:
                self._by_looks(place, target)

    def _by_looks(self, name: str, text: str) -> None:
        if name in tools.PROSE:
            return
        if tools.looks_like_url(text):
            self._add(EffectKind.NETWORK, text, name)
        elif name in tools.PATHS or tools.looks_like_path(text):
            self._add(EffectKind.ACCESS, text, name)

    def _line(self, line: str, place: Place) -> None:
        commands, effects = read_line(line, place, self._budget)
        before = len(self.commands)
        self.commands += commands
        for effect in effects:
            moved = effect.command + before if before and effect.command >= 0 else effect.command
            self.effects.append(
                effect
                if moved == effect.command
                else Effect(effect.kind, effect.resource, effect.via, effect.added_by, moved)
            )

    def _add(self, kind: EffectKind, text: str, via: str) -> None:
        if len(self.effects) >= _MOST_EFFECTS:
            self._opaque("too many effects")
            return
        if "\0" in text:
            self._opaque(f"{via}: a NUL character")
            return
        on_path = kind not in (EffectKind.NETWORK, EffectKind.MESSAGE)
        self.effects.append(Effect(kind, normalise(text, self._place) if on_path else text[:4_096], via))

    def _opaque(self, what: str) -> None:
        if not self.effects or self.effects[-1].resource != what:
            self.effects.append(Effect(EffectKind.OPAQUE, what))


def _lines(value: Any) -> list[str]:
    """The command lines in an argument: a text, or the words of one command."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return [shlex.join(value)]
    return []


def _absolute(path: str | None) -> str:
    """A directory that may be built upon; anything but a clean absolute path counts as unknown."""
    if not path or path[0] != "/":
        return ""
    return normalise(path, Place())

"""A request as received → the call that it stands for: names, commands, effects."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from app.core.budget import Budget
from app.core.classify import servers, tools
from app.core.classify.egress import goes_out, sent
from app.core.classify.names import names
from app.core.classify.patch import changes
from app.core.classify.paths import Place, normalise, spellings
from app.core.classify.secrets import secret
from app.core.classify.shell import read_line
from app.core.model import ON_HOSTS, ON_PATHS, ActionRequest, Call, Command, Effect, EffectKind
from app.core.policy.ruleset import RuleSet

# A call with more effects than this is not looked at further: it is opaque.
_MOST_EFFECTS = 512
_LONGEST_RESOURCE = 4_096
_LONGEST_NAME = 100
_DEEPEST_PATH = 255


def classify(request: ActionRequest, where: Place, rules: RuleSet, budget: Budget) -> Call:
    """Understand `request`, made at `where`. Total: what is not understood becomes an OPAQUE effect.

    Raises BudgetExceededError.
    """
    called, heard = names(request.tool, request.action)
    reading = _Reading(request, where, budget)
    unknown = []
    for name in called:
        budget.spend()
        if name == "shell":
            reading.shell()
        elif name in tools.TOOLS:
            reading.tool(tools.TOOLS[name])
        elif name in _TOLD:
            # INVARIANT: what its arguments make of it is judged as that; rules that tighten hear its own name too.
            as_told = _TOLD[name](reading)
            heard = tuple(dict.fromkeys((*heard, name)))
            called = tuple(dict.fromkeys(one for old in called for one in (as_told if old == name else (old,))))
        else:
            unknown.append(name)
    if unknown:
        reading.unknown(unknown, trusted=all(rules.trusts_annotations(name) for name in unknown))
    reading.leaks()
    return Call(called, request.arguments, reading.effects_seen(), tuple(reading.commands), heard)


class _Reading:
    """The effects of one request, gathered as its parts are read."""

    def __init__(self, request: ActionRequest, where: Place, budget: Budget) -> None:
        self._request = request
        self._budget = budget
        self._place = where
        # A dict keeps the order and drops repetitions.
        self._effects: dict[Effect, None] = {}
        self.commands: list[Command] = []

    def effects_seen(self) -> tuple[Effect, ...]:
        effects = tuple(self._effects)
        if len(effects) <= _MOST_EFFECTS:
            return effects
        return (*effects[:_MOST_EFFECTS], Effect(EffectKind.OPAQUE, "too many effects"))

    def leaks(self) -> None:
        """A secret among the words of a call that reaches somebody else's machine, or a person."""
        if not any(goes_out(effect) for effect in self._effects):
            return
        texts = [value for _, value in tools.leaves(self._request.arguments, self._budget) if isinstance(value, str)]
        for text in (*texts, self._request.target or "", *(command.text for command in self.commands)):
            self._budget.spend(1 + len(text) // 256)
            if kind := secret(text):
                self._effect(EffectKind.LEAK, kind, "")

    def shell(self) -> None:
        """A shell tool: every line that it was given, wherever it may have been told to run it."""
        lines: list[str] = []
        # INVARIANT: a directory among the arguments adds a reading; whether the tool heeds it is not known.
        places = [self._place]
        for name, value in tools.opened(self._request.arguments):
            if name in tools.COMMANDS:
                found = tools.lines(name, value)
                lines += found
                if not found:
                    self._opaque(f"{name}: no command line")
            elif name in tools.DIRECTORIES and isinstance(value, str):
                places.append(Place(normalise(value, self._place), self._place.home))
            elif name not in tools.SHELL_ASIDES and value not in (None, False, {}):
                self._opaque(f"{name[:_LONGEST_NAME]}: an argument that shells do not have")
        if self._request.target and self._request.target not in lines:
            lines.append(self._request.target)
        if not lines:
            self._opaque("no command line")
        for place in dict.fromkeys(places):
            for line in lines:
                self._line(line, place)
        self._resolved()

    def patch(self) -> tuple[str, ...]:
        """A patch: what it does to each file that it names, and the tools that would do the same."""
        called: dict[str, None] = {}
        texts: list[str] = []
        self._annotated()
        for said, value in tools.leaves(self._request.arguments, self._budget):
            if tools.plain(said) in tools.PATCHES and isinstance(value, str):
                # Some write the tool's name before it, as words of a command.
                texts += [value] if value != "apply_patch" else []
            elif value is not None:
                self._opaque(f"{said[:_LONGEST_NAME]}: an argument that patches do not have")
        for text in texts or [""]:
            self._budget.spend(1 + len(text) // 256)
            found = changes(text, self._budget)
            if found is None:
                self._opaque("a patch that cannot be read")
            for tool, path in found or ():
                called[tool] = None
                self._add(tools.TOOLS[tool].kind, path, "patch")
        if self._request.target:
            self._add(EffectKind.ACCESS, self._request.target, "target")
        self._resolved()
        return tuple(called) or ("edit_file",)

    def editor(self) -> tuple[str, ...]:
        """An editor of several commands, as the tool that its command makes it."""
        found = tools.edits(self._request.arguments)
        if found is None:
            self._opaque("told to do what editors do not do")
            found = "", "edit_file"
        self.tool(tools.TOOLS[found[1]], said=found[0])
        return found[1:]

    def many(self) -> tuple[str, ...]:
        """A reader of all the files that fit some patterns."""
        self._annotated()
        given = False
        for said, value in tools.leaves(self._request.arguments, self._budget):
            name = tools.plain(said)
            if tools.widens(name, value):
                self._opaque(f"{said[:_LONGEST_NAME]}: leaves out less")
            elif not isinstance(value, str):
                continue
            elif name in tools.PATHS or name in tools.FILTERS:
                given = True
                self._patterns(name, value)
            else:
                self._beside(tools.TOOLS["read_file"], name, value)
        if self._request.target:
            given = True
            self._patterns("target", self._request.target)
        if not given:
            self._opaque("the argument that says what this acts on is missing")
        self._resolved()
        return ("read_file",)

    def _patterns(self, name: str, glob: str) -> None:
        """What a pattern of files reads. INVARIANT: what fits names that nobody has told may read a secret."""
        for one in tools.alternatives(glob) or ["*"]:
            if tools.fits_many_names(one):
                self._opaque(f"{name}: reads files of any name")
            self._add(EffectKind.READ, one, name)

    def tool(self, tool: tools.Tool, said: str = "") -> None:
        """A tool whose main argument we know; what its other arguments hold is judged by its looks.

        `said` is the command by which it was told to be this tool.
        """
        given: set[str] = set()
        kind = tools.kind_of(tool, self._request.arguments)
        self._annotated()
        for argument, value in tools.leaves(self._request.arguments, self._budget):
            name = tools.plain(argument)
            if said and name == "command" and value == said:
                continue
            if tool.prose and name == "prompt" and isinstance(value, str):
                given.update(self._addresses(kind, value))
            elif name not in tool.role:
                self._beside(tool, name, value)
            elif isinstance(value, str):
                given.add(name)
                self._main(kind, value, argument)
            elif value is not None:
                self._opaque(f"{argument}: a text was expected")
        if self._request.target:
            given.update(tool.instead)
            self._main(kind, self._request.target, "target")
        # Where a link leads, the tool does what it does to the link.
        self._resolved(kind if kind in ON_PATHS else EffectKind.ACCESS)
        if tool.default and given.isdisjoint(tool.instead):
            self._add(tool.kind, tool.default, "")
        elif not given:
            self._opaque("the argument that says what this acts on is missing")

    def _addresses(self, kind: EffectKind, text: str) -> set[str]:
        """The addresses in a text by which a tool is told what to fetch: each is one of its words."""
        found = [word for word in text.split() if "://" in word]
        for word in found:
            self._budget.spend()
            if not tools.looks_like_url(word) or word.count("://") > 1:
                self._opaque("prompt: an address among other signs")
            self._main(kind, word, "prompt")
        return {"prompt"} if found else set()

    def _beside(self, tool: tools.Tool, name: str, value: Any) -> None:
        """What a tool is told besides its main argument, which it may heed."""
        if tool.kind is EffectKind.READ and tool.default and tools.widens(name, value):
            self._opaque(f"{name[:_LONGEST_NAME]}: may look anywhere")
        elif not isinstance(value, str) or name in (tools.PROSE if tool.kind is not EffectKind.READ else tools.ASIDE):
            return
        elif name in tools.COMMANDS:
            self._line(value, self._place)
        elif tool.default and name in tools.FILTERS:
            self._filter(name, value)
        elif name in tools.RECIPIENTS:
            self._effect(EffectKind.MESSAGE, value[:_LONGEST_RESOURCE], name)
        elif name in tools.URLS or name in tools.PATHS:
            self._main(EffectKind.NETWORK if name in tools.URLS else EffectKind.ACCESS, value, name)
        elif tool.kind in ON_PATHS and name not in tools.OPTIONS and value and not value.isspace() and " " not in value:
            # INVARIANT: whatever may name a file is judged as one; a tool may take its path under any name.
            self._add(EffectKind.ACCESS, value, name)
        else:
            # The pattern of a search may be one of names, which it looks for.
            searched = tool.kind is EffectKind.READ and tool.default and name in tools.OPTIONS
            self._by_looks(name, value, EffectKind.READ if searched else EffectKind.ACCESS)

    def _filter(self, name: str, glob: str) -> None:
        """The files that a search is told to look into, below wherever it looks."""
        found = tools.alternatives(glob)
        if found is None:
            self._opaque(f"{name}: too many alternatives")
            return
        places = [value for said, value in self._request.arguments.items() if tools.plain(said) in tools.PATHS]
        for place in [value for value in places if isinstance(value, str)] or ["."]:
            for one in found:
                if not one.startswith("!"):
                    self._add(EffectKind.READ, f"{place}/**/{one.lstrip('/')}", name)

    def _annotated(self) -> None:
        """What a tool's own annotations add, whatever tool it is."""
        said = self._request.annotations
        name = self._request.tool or self._request.action or ""
        if said.get("destructiveHint") is True:
            self._effect(EffectKind.DELETE, name, "destructiveHint")
        if said.get("openWorldHint") is True:
            self._effect(EffectKind.NETWORK, name, "openWorldHint")

    def unknown(self, called: list[str], *, trusted: bool) -> None:
        """A tool of which we know the name only, and what its annotations and arguments tell."""
        reads = self._request.annotations.get("readOnlyHint")
        for name in called:
            if name:
                # INVARIANT: annotations, and what is known of a server, add effects; they soften one only for tools
                # that the policy trusts.
                is_query = self._known(name, reads=reads) and trusted
                self._effect(EffectKind.QUERY if is_query else EffectKind.CALL, name, name)
            else:
                self._opaque("neither tool nor action is named")
        self._annotated()
        for argument, value in self._request.arguments.items():
            name = tools.plain(argument)
            if name in tools.COMMANDS:
                for line in tools.lines(name, value):
                    self._line(line, self._place)
        # INVARIANT: a tool whose arguments name recipients or amounts speaks or pays, whatever it says of itself,
        # unless it is known to read.
        tells = not all(servers.known(name).reads for name in called)
        for argument, value in tools.leaves(self._request.arguments, self._budget):
            name = tools.plain(argument)
            if tells and name in tools.SPEAKS_TO and isinstance(value, str) and value:
                self._effect(EffectKind.MESSAGE, value[:_LONGEST_RESOURCE], name)
            if tells and name in tools.AMOUNTS and isinstance(value, int | float | str) and value:
                self._effect(EffectKind.PAY, str(value)[:_LONGEST_NAME], name)
            # What an unknown tool calls its text may be a path all the same, if it is but one word.
            if isinstance(value, str) and (name not in tools.PROSE or " " not in value):
                self._by_looks(name, value)
        if self._request.target:
            self._by_looks("target", self._request.target)
        self._resolved()

    def _known(self, name: str, *, reads: Any) -> bool:
        """Adds what is known of a tool; whether all that is known of it only reads. `reads` is what it says itself."""
        found = servers.known(name)
        for kind in found.kinds:
            self._effect(kind, name, servers.KNOWN)
        why, changes, stated = servers.stated(self._request.arguments, found.speaks, self._budget)
        if why:
            self._opaque(f"{name[:_LONGEST_NAME]}: {why}")
        if changes:
            self._effect(EffectKind.CONFIGURE, f"database: {', '.join(changes)}", servers.KNOWN)
        only = found.reads or (stated and bool(found.speaks))
        return not (found.kinds or why or changes) and (reads is True or (only and reads is None))

    def _main(self, kind: EffectKind, text: str, via: str) -> None:
        """What a tool acts on. An address given as a path, or a path as an address, is both."""
        self._add(kind, text, via)
        if kind in ON_HOSTS or kind is EffectKind.MESSAGE:
            at = text.lower().find("file:")
            if at >= 0 or (tools.looks_like_path(text) and not tools.looks_like_url(text)):
                self._add(EffectKind.ACCESS, text[max(at, 0) :], via)
        elif tools.looks_like_url(text):
            self._add(EffectKind.NETWORK, text, via)

    def _resolved(self, kind: EffectKind = EffectKind.ACCESS) -> None:
        if self._request.resolved_target:
            self._add(kind, self._request.resolved_target, "resolved_target")

    def _by_looks(self, name: str, text: str, kind: EffectKind = EffectKind.ACCESS) -> None:
        if tools.looks_like_url(text):
            self._add(EffectKind.NETWORK, text, name)
        elif name in tools.PATHS or tools.looks_like_path(text):
            self._add(kind, text, name)

    def _line(self, line: str, place: Place) -> None:
        commands, effects = read_line(line, place, self._budget)
        before = len(self.commands)
        self.commands += [replace(one, under=one.under + before) if one.under >= 0 else one for one in commands]
        for effect in effects:
            kind = sent(effect.kind, effect.resource)
            if kind is not effect.kind or (before and effect.command >= 0):
                at = effect.command + before if effect.command >= 0 else effect.command
                self._effects[Effect(kind, effect.resource, effect.via, effect.added_by, at)] = None
            else:
                self._effects[effect] = None

    def _add(self, kind: EffectKind, text: str, via: str) -> None:
        if kind in ON_HOSTS or kind is EffectKind.MESSAGE:
            self._effect(kind, text[:_LONGEST_RESOURCE], via)
            return
        try:
            paths = spellings(text, self._place)
        except ValueError as error:
            self._opaque(f"{via[:_LONGEST_NAME]}: {error}")
            return
        self._budget.spend(1 + len(text) // 256)
        for path in paths:
            if "\0" in path or len(path) > _LONGEST_RESOURCE or path.count("/") > _DEEPEST_PATH:
                self._opaque(f"{via[:_LONGEST_NAME]}: no path that a file can have")
            else:
                self._effect(kind, path, via)

    def _effect(self, kind: EffectKind, resource: str, via: str) -> None:
        self._effects[Effect(sent(kind, resource), resource, via[:_LONGEST_NAME])] = None

    def _opaque(self, what: str) -> None:
        self._effect(EffectKind.OPAQUE, what, "")


# Tools whose arguments say which tool they are this time, with what reads them.
_TOLD: Mapping[str, Callable[[_Reading], tuple[str, ...]]] = {
    "apply_patch": _Reading.patch,
    "str_replace_editor": _Reading.editor,
    "read_many_files": _Reading.many,
}

"""The one entry: a shell line → its commands and their effects."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import Final

from msgspec.structs import replace

from app.core.budget import Budget, BudgetExceededError
from app.core.classify.paths import Place
from app.core.classify.shell.act import LONGEST_RESOURCE, LONGEST_VIA, MOST_EFFECTS, Act, Record
from app.core.classify.shell.assignments import assigned
from app.core.classify.shell.builtins import BUILTINS
from app.core.classify.shell.emptied import empties, overwritten
from app.core.classify.shell.expand import single, variable, with_silence
from app.core.classify.shell.grammar import GRAMMAR_STEPS
from app.core.classify.shell.inner import Inner
from app.core.classify.shell.listers import listed
from app.core.classify.shell.own_code import check_own_code
from app.core.classify.shell.parse import parse
from app.core.classify.shell.program import judge
from app.core.classify.shell.redirects import given, opened, targets
from app.core.classify.shell.scraps import beginnings, pieces, scraps, shown
from app.core.classify.shell.scripts import SCRIPTED
from app.core.classify.shell.state import Arg, State, States, begin, both, either, merged
from app.core.classify.shell.stranger import own_copy, program_name, stranger
from app.core.classify.shell.tables import PROGRAMS
from app.core.classify.shell.tree import (
    AndOr,
    Background,
    Case,
    Conditional,
    Loop,
    Negated,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Sum,
    Unread,
    Word,
    spelled,
)
from app.core.classify.shell.unwrap import WRAPPERS
from app.core.classify.shell.variables import is_steering
from app.core.model import Command, Effect, EffectKind
from app.core.policy.wildcard import is_wild

_DEEPEST: Final = 12
_MOST_ROUNDS: Final = 16
_MOST_TRIALS: Final = 4
_MOST_SILENT: Final = 16
_ASKS_ITSELF = frozenset(("--version", "--help"))
# What comes out of them into a pipe is nothing, or an empty line.
_SAY_NOTHING: Final = frozenset(("echo", "true", ":"))
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9+._-]{0,40}|R")


def _feeds(redirect: Redirect) -> tuple[Node, ...]:
    """The pipeline whose output comes in by `< <(…)`."""
    match redirect:
        case Redirect("<", Word(parts=(Substitution(body=Sequence((Pipeline(items),)), is_file=True),))):
            return items
        case Redirect("<", Word(parts=(Substitution(body=Sequence((Simple() as only,)), is_file=True),))):
            return (only,)
        case _:
            return ()


def read_line(text: str, place: Place, budget: Budget) -> tuple[tuple[Command, ...], tuple[Effect, ...]]:
    """What `text` would do if a shell ran it in `place`.

    Total: whatever is not surely understood leaves an `OPAQUE` effect; nothing is raised, not even for the budget.
    """
    record = Record(budget)
    try:
        _Reader(record, Budget(GRAMMAR_STEPS)).text(text, begin(place))
        check_own_code(record)
    except BudgetExceededError:
        # INVARIANT: what was not read to its end is not understood.
        del record.effects[MOST_EFFECTS - 1 :]
        record.effects.append(Effect(EffectKind.OPAQUE, "too complex", text[:LONGEST_VIA]))
    return tuple(record.commands), tuple(record.effects)


class _Reader:
    """Walks the tree as bash would run it, with every outcome that it could have."""

    __slots__ = ("_depth", "_grammar", "_guesses", "_record")

    def __init__(self, record: Record, grammar: Budget, depth: int = 0) -> None:
        self._record = record
        self._grammar = grammar
        self._depth = depth
        self._guesses = False

    def text(self, text: str, state: State) -> State:
        """Shell text: the line itself, or what `bash -c` and `eval` are given."""
        tree = parse(text, self._record.budget, self._grammar)
        if isinstance(tree, Unread):
            self._unread(text, tree.why, state)
            return state.forgotten()
        if not tree.items:
            self._unread(text, "nothing to run", state)
        return either(self._run(tree, state))

    def _unread(self, text: str, why: str, state: State) -> None:
        # What stands behind a `$` is no pattern of names.
        words = [word.partition("$")[0] or "$" for word in text[:LONGEST_RESOURCE].split()] or [text]
        act = Act(tuple([Arg(word, glob=is_wild(word)) for word in words]), state, self._record, text)
        act.opaque(f"the line: {why}")
        act.access(tuple([Arg(scrap) for scrap in scraps(text)]))
        # INVARIANT: making a line unreadable hides nothing that any of its commands would show alone.
        whole = shown(text)
        if whole == text or not self._piece(whole, state):
            any(self._piece(beginning, state) for beginning in beginnings(whole))
            for piece in pieces(whole):
                state = self._piece(piece, state) or state

    def _piece(self, text: str, state: State) -> State | None:
        """What a stretch of unread text would do; None when it cannot be read either."""
        tree = parse(text, self._record.budget, self._grammar)
        if isinstance(tree, Unread):
            return None
        was, self._guesses = self._guesses, True
        after = merged(state, either(self._run(tree, state)))
        self._guesses = was
        return after

    # The tree --------------------------------------------------------------------------------------------------

    def _run(self, node: Node, state: State) -> States:
        self._record.budget.spend()
        match node:
            case Simple():
                begun = len(self._record.effects)
                states = self._simple(node, state)
                self._overwritten(begun, at_once=False) if node.redirects else None
                return states
            case Sequence():
                return self._sequence(node, state)
            case AndOr():
                return self._and_or(node, state)
            case Pipeline():
                begun = len(self._record.effects)
                after, _ = self._pipe(node.items, state)
                self._overwritten(begun, at_once=True)
                # Each part has a shell of its own, but zsh runs the last one in this.
                return both(merged(state, after))
            case Background() | Subshell():
                self._run(node.item if isinstance(node, Background) else node.body, state)
                return both(state)
            case Negated():
                success, failure = self._run(node.item, state)
                return failure, success
            case Redirected():
                first = len(self._record.commands)
                states = self._run(node.item, replace(state, listed=self._redirects(node.redirects, state)))
                if any(redirect.operator[0] == "<" for redirect in node.redirects):
                    self._record.fed.update(range(first, len(self._record.commands)))
                return states
            case Conditional():
                return self._conditional(node, state)
            case Case():
                return self._case(node, state)
            case Loop():
                return self._loop(node, state)
            case _:
                return both(state.defined(node.name, node.body))

    def _pipe(self, items: tuple[Node, ...], state: State) -> tuple[State, tuple[Arg, ...]]:
        """The state after the last command of a pipeline, and the names of files that come out at its end."""
        begun = after = state
        names: tuple[Arg, ...] = ()
        silent = True
        for item in items:
            before, first = len(self._record.effects), len(self._record.commands)
            after = either(self._run(item, begun))
            if not silent:
                self._record.fed.update(range(first, len(self._record.commands)))
            silent = silent and isinstance(item, Simple) and spelled(item) in _SAY_NOTHING
            names = listed(item, self._record.effects[before:], names)
            begun = state if names == state.listed else replace(state, listed=names)
        # What comes in to the whole of it still does.
        return after if after.listed == state.listed else replace(after, listed=state.listed), names

    def _overwritten(self, begun: int, *, at_once: bool) -> None:
        for effect in overwritten(self._record.effects[begun:], at_once=at_once):
            self._record.effect(effect)

    def _sequence(self, node: Sequence, state: State) -> States:
        success = failure = state
        for item in node.items:
            success, failure = self._run(item, merged(success, failure))
        return success, failure

    def _and_or(self, node: AndOr, state: State) -> States:
        success, failure = self._run(node.first, state)
        for operator, item in node.rest:
            if operator == "&&":
                success, failed = self._run(item, success)
                failure = merged(failure, failed)
            else:
                succeeded, failure = self._run(item, failure)
                success = merged(success, succeeded)
        return success, failure

    def _conditional(self, node: Conditional, state: State) -> States:
        ends: list[State] = []
        for condition, body in node.branches:
            success, state = self._run(condition, state)
            ends.append(either(self._run(body, success)))
        ends.append(either(self._run(node.otherwise, state)))
        return both(either(ends))

    def _case(self, node: Case, state: State) -> States:
        for word in (node.word, *node.patterns):
            self._substitutions(word, state)
        ends = [state]
        for body in node.bodies:
            # `;&` falls through, so a body may begin where any earlier one ended.
            ends.append(either(self._run(body, either(ends))))
        return both(either(ends))

    def _loop(self, node: Loop, state: State) -> States:
        if is_steering(node.variable):
            act = Act((), state, self._record, f"for {node.variable}")
            act.opaque(f"{node.variable}: a variable that programs may obey")
        rounds = self._rounds(node, state)
        if rounds is not None:
            end = state
            for value in rounds:
                end = merged(end, either(self._run(node.body, end.assigned(node.variable, value))))
            return both(end)
        # How often it runs is not known: run it quietly until nothing more changes, then once for the record.
        start = state
        for _ in range(_MOST_TRIALS):
            quiet = _Reader(Record(self._record.budget), self._grammar, self._depth)
            after = merged(state, quiet._once(node, state))
            if after == state:
                break
            state = after
        else:
            # What it does the first time is known all the same.
            self._once(node, start)
            state = state.forgotten()
        return both(self._once(node, state))

    def _once(self, node: Loop, state: State) -> State:
        if node.words is not None:
            state = state.assigned(node.variable, Arg("", f"${node.variable}: value not known"))
        success, failure = self._run(node.condition, state)
        return merged(either(self._run(node.body, merged(success, failure))), failure)

    def _rounds(self, node: Loop, state: State) -> tuple[Arg, ...] | None:
        """The values of `for`, when all are known and few."""
        if node.words is None:
            return None
        values: list[Arg] = []
        for word in node.words:
            for some in with_silence(word, self._substitutions(word, state)):
                values += some
        if not 0 < len(values) <= _MOST_ROUNDS or any(value.why and not value.revision for value in values):
            return None
        return tuple(values)

    # Commands --------------------------------------------------------------------------------------------------

    def _simple(self, node: Simple, state: State) -> States:
        words = [with_silence(word, self._substitutions(word, state)) for word in node.words]
        args = tuple([arg for word in words for arg in word[0]])
        act = Act(args, state, self._record, spelled(node))
        for redirect in node.redirects:
            self._opened(redirect, act)
            target = single(redirect.target, state)
            if empties(redirect, target, [arg.text for arg in args]):
                for file in targets(target):
                    act.opened(EffectKind.DELETE, file, redirect.operator)
            if redirect.operator[0] == "<":
                act.state = replace(act.state, listed=())
                act.given = given(node.redirects, state)
                if act.given is None or act.given.text or act.given.why:
                    self._record.fed.add(act.index)
        after = own = act.state
        for assignment in node.assignments:
            told = self._substitutions(assignment.value, after)
            new = assigned(assignment, told, act, alone=not args)
            # What its commands print is forgotten behind it.
            after = after if new is told else replace(new, printed=state.printed)
        if not args:
            return both(after)
        # `eval` and functions see the assignments; whether they outlive the command depends on the shell.
        act.state = after
        success, failure = self._silently(words, act, self._command(act))
        if after is own:
            return success, failure
        return merged(state, success), merged(state, failure)

    def _silently(self, words: list[tuple[tuple[Arg, ...], ...]], act: Act, states: States) -> States:
        """The states after a command, also where what stands in its words prints nothing."""
        count = prod(map(len, words))
        if count > _MOST_SILENT:
            act.opaque("words that many commands print")
        if not 1 < count <= _MOST_SILENT:
            return states
        _, *fewer = product(*words)
        known = {(effect.kind, effect.resource) for effect in self._record.effects if effect.command >= act.index}
        for some in fewer:
            args = tuple([arg for word in some for arg in word])
            if not args:
                continue
            record = Record(self._record.budget)
            quiet = _Reader(record, self._grammar, self._depth)
            ends = quiet._command(Act(args, act.state, record, act.via))
            states = merged(states[0], ends[0]), merged(states[1], ends[1])
            if any((effect.kind, effect.resource) not in known for effect in record.effects):
                self._command(Act(args, act.state, self._record, act.via))
        return states

    def _redirects(self, redirects: tuple[Redirect, ...], state: State) -> tuple[Arg, ...]:
        """Opens the files of a whole loop or group; the names that it is given when `< <(…)` is all of them."""
        act = Act((), state, self._record, " ".join(f"{each.operator} {each.target.source}" for each in redirects))
        names: list[tuple[Arg, ...]] = []
        for redirect in redirects:
            only = _feeds(redirect)
            if redirect.operator[0] == "<" and redirect.descriptor in ("", "0"):
                names.append(self._pipe(only, state)[1] if only else ())
            if not only:
                self._opened(redirect, act)
        return names[0] if len(names) == 1 else ()

    def _opened(self, node: Redirect, act: Act) -> None:
        self._substitutions(node.target, act.state)
        opened(node, act)

    def _substitutions(self, word: Word, state: State) -> State:
        """Runs the commands inside a word, each in a shell of its own; the state tells what names they print."""
        for part in word.parts:
            if isinstance(part, Sum):
                # INVARIANT: what is no figure may be `a[$(rm f)]`, which arithmetic would run.
                for name in part.names:
                    if not variable(name, state).text.isdecimal():
                        Act((), state, self._record, part.source).opaque(f"${name}: arithmetic on what is not known")
            elif isinstance(part, Substitution):
                only = part.body.items[0] if len(part.body.items) == 1 else None
                if isinstance(only, Simple | Pipeline) and not part.is_file:
                    names = self._pipe(only.items if isinstance(only, Pipeline) else (only,), state)[1]
                    state = replace(state, printed={**state.printed, part.source: names}) if names else state
                else:
                    self._run(part.body, state)
        return state

    def _command(self, act: Act) -> States:
        state = act.state
        name = act.args[0]
        program = program_name(name.text)
        if program is None and (own := own_copy(name)) and (own in PROGRAMS or own in WRAPPERS):
            # The project's own copy of a program that is known.
            act.path(EffectKind.RUN, name)
            program = own
        if name.why or program is None:
            self._stranger(act)
        elif name.text in state.functions:
            return self._function(act, state.functions[name.text])
        elif len(act.args) == 2 and act.args[1].text in _ASKS_ITSELF and _PLAIN_NAME.fullmatch(program):
            # Whatever program it is, it says something about itself.
            return both(state)
        elif builtin := BUILTINS.get(program):
            act.name = program
            return builtin(act)
        elif wrapper := WRAPPERS.get(program):
            act.name = program
            return both(self._inside(wrapper(act), state, act))
        elif scripted := SCRIPTED.get(program):
            act.name = program
            scripted(act)
        elif known := PROGRAMS.get(program):
            act.name = program
            judge(act, known)
        else:
            self._stranger(act)
        return both(state)

    def _stranger(self, act: Act) -> None:
        # In a guess, it is no command at all, most likely.
        if not self._guesses:
            stranger(act)

    def _function(self, act: Act, body: Node | None) -> States:
        self._depth += 1
        if act.name in BUILTINS or act.name in WRAPPERS or act.name in SCRIPTED or act.name in PROGRAMS:
            # Some shells and some ways of calling run the program all the same.
            act.opaque(f"{act.name}: a function with the name of a program")
            act.access(act.args[1:])
        if body is None or self._depth > _DEEPEST:
            act.opaque(f"{act.name}: one of several functions" if body is None else "nested too deeply")
            act.access(act.args[1:])
            states = both(act.state.forgotten())
        else:
            act.wraps()
            success, failure = self._run(body, replace(act.state, arguments=act.args[1:], in_function=True))
            # Which variables were local to the function is not followed.
            states = merged(act.state, success), merged(act.state, failure)
        self._depth -= 1
        return states

    def _inside(self, found: tuple[Inner, ...], state: State, by: Act) -> State:
        """What a wrapper runs, on its own standard input. Only a few change the shell that runs the line."""
        outer, self._record.under = self._record.under, by.index
        for inner in found:
            self._depth += 1
            if inner.text is not None:
                if self._depth > _DEEPEST:
                    raise BudgetExceededError
                if inner.guessed:
                    self._piece(inner.text, inner.state)
                else:
                    after = self.text(inner.text, inner.state)
                    state = after if inner.moves else state
            else:
                if self._depth > _DEEPEST:
                    raise BudgetExceededError
                via = " ".join(arg.text for arg in inner.args)
                act = Act(inner.args, inner.state, self._record, via)
                act.given = by.given
                after = either(self._command(act))
                state = replace(after, functions=state.functions) if inner.moves else state
            self._depth -= 1
        self._record.under = outer
        return state

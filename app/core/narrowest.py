"""The narrowest delegation that covers one call: where a person begins who wants to allow it ahead of time."""

import re
from typing import Any

from app.core.classify.tools import TOOLS
from app.core.classify.url import address
from app.core.delegation import Scope, Terms
from app.core.model import NAME, ON_HOSTS, ON_PATHS, ActionRequest, Call, Command
from app.core.policy.wildcard import is_wild

_PLAIN = re.compile(NAME)
_SPACE = re.compile(r"\s")
_ESCAPED = re.compile(r"[^ !#-\[\]-~]")


def narrowest(request: ActionRequest, call: Call) -> Terms | None:
    """Terms that name what this call does and, as near as can be, nothing else; None where it cannot be named."""
    # INVARIANT: what an agent wrote becomes part of a pattern only where it stands for itself, and is what it looks
    # like. Whitespace inside of a word is `?`, since words end there.
    words = [word for command in call.commands for word in command.words]
    on_paths = _unique([effect.resource for effect in call.effects if effect.kind in ON_PATHS])
    # The paths of a command only bound what its words say; there a folder with all that is in it is our word for one.
    literal = [*call.names, *words, *(() if call.names == ("shell",) else on_paths)]
    if any(is_wild(text) for text in literal):
        return None
    terms = Terms(
        allowed_actions=call.names,
        allowed_paths=on_paths,
        hosts=_hosts(call),
        commands=_unique([_pattern(command) for command in call.commands if not command.wrapper]),
        when="" if _is_said_by_patterns(call) else _exactly(request),
    )
    texts = (*terms.allowed_actions, *terms.allowed_paths, *terms.commands)
    if not all(_PLAIN.fullmatch(text) for text in texts):
        return None
    try:
        Scope(terms)
    except ValueError:
        return None
    return terms


def _is_said_by_patterns(call: Call) -> bool:
    """Whether commands and paths say what happens; a host or a name alone leaves open what is sent there."""
    return all(name == "shell" or (name in TOOLS and TOOLS[name].kind in ON_PATHS) for name in call.names)


def _pattern(command: Command) -> str:
    return " ".join(_SPACE.sub("?", word) for word in command.words)


def _hosts(call: Call) -> tuple[str, ...]:
    found = [address(effect.resource) for effect in call.effects if effect.kind in ON_HOSTS]
    return _unique([f"{one.host}:{one.port}" if one.port else one.host for one in found if one is not None])


def _exactly(request: ActionRequest) -> str:
    """A condition that holds for these arguments and this target only."""
    return f"args == {_literal(request.arguments)} && target == {_literal(request.target or '')}"


def _literal(value: Any) -> str:
    """A JSON value as CEL writes it, in visible ASCII."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, str):
        return '"' + _ESCAPED.sub(lambda found: f"\\U{ord(found[0]):08x}", value) + '"'
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _unique(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))

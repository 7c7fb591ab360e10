"""The four-list policy files of the prior art: `safe`, `sensitive`, `critical`, `blocked`, each a list of actions."""

from typing import Any

from app.core.policy.source import PolicyError, Source, Where

_LISTS: dict[str, dict[str, Any]] = {
    "safe": {"stance": "allow"},
    "sensitive": {"stance": "ask"},
    "critical": {"stance": "ask", "risk": "critical"},
    "blocked": {"stance": "deny"},
}


def is_four_lists(source: Source) -> bool:
    """Whether a file is one of these: no version, and at least one of the lists."""
    return (
        isinstance(source.value, dict) and "version" not in source.value and not _LISTS.keys().isdisjoint(source.value)
    )


def four_lists(source: Source) -> Source:
    """The same policy as a document of version 1, one rule a list; raises PolicyError."""
    rules: list[dict[str, Any]] = []
    lines: dict[Where, int] = dict(source.lines)
    for name, actions in source.value.items():
        if name not in _LISTS:
            raise PolicyError([source.problem((name,), f"unknown key {name!r} beside {', '.join(_LISTS)}")])
        if actions in (None, []):
            continue
        rule = dict(_LISTS[name])
        lines["rules", len(rules)] = source.lines[(name,)]
        rules.append({"id": name, rule.pop("stance"): actions, **rule})
    return Source(source.file, {"version": 1, "rules": rules}, lines)

"""How the coding agents speak: which events they send, where they put what, and the words that each understands.

What an agent does not understand it mostly ignores, and then it runs the tool. So each of them is answered with exactly
the fields that it knows, never with nothing, and never with `ask`, at which some run the tool and others hang.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from app.api.hooks.event import Event, Phase, Verdict
from app.core.strict_json import InvalidJsonError, parse
from app.services.errors import InvalidError

Said = dict[str, Any]


class Dialect(Struct, frozen=True):
    """One agent's way to speak.

    events   what it calls the events that we answer; the first of them is a call
    fields   where it puts what: our name → its names, of which the first that is there counts
    say      how a verdict on an event is said
    """

    events: Mapping[str, Phase]
    fields: Mapping[str, tuple[str, ...]]
    say: Callable[[str, Phase, Verdict], Said]

    def name(self, asked: str, given: Mapping[str, Any]) -> str:
        """Which event a body tells; `asked` is what its address says that it is. Raises InvalidError."""
        named = given.get("hook_event_name", given.get("hookName", asked))
        # INVARIANT: an event that is taken for another would be answered in words that mean something else, or nothing.
        if not isinstance(named, str) or named not in self.events or (asked and named != asked):
            raise InvalidError("unknown_event", "This is none of the events that are answered here.")
        return named

    def event(self, named: str, given: Mapping[str, Any]) -> Event:
        """The event of this name in a body. Raises InvalidError."""
        phase = self.events[named]
        return Event(
            name=named,
            phase=phase,
            session=self._text(given, "session"),
            tool=_tool(named, self._found(given, "tool")) if phase is not Phase.PROMPT else None,
            arguments=_arguments(named, given, self._found(given, "arguments")) if phase is not Phase.PROMPT else {},
            cwd=_cwd(self._found(given, "cwd")),
            call=self._text(given, "call"),
            prompt=self._text(given, "prompt"),
            came=self._found(given, "came") if phase is Phase.DONE else None,
            failed=named.endswith("Failure"),
        )

    def verdict(self, asked: str, verdict: Verdict) -> Said:
        """How it is said; an event that is not known is answered as a call."""
        name = asked if asked in self.events else next(iter(self.events))
        return self.say(name, self.events[name], verdict)

    def _found(self, given: Mapping[str, Any], what: str) -> Any:
        return next((given[name] for name in self.fields.get(what, ()) if name in given), None)

    def _text(self, given: Mapping[str, Any], what: str) -> str:
        found = self._found(given, what)
        if found is not None and not isinstance(found, str):
            raise InvalidError("invalid_request", f"The {what} of this event is no text.")
        return found or ""


def _tool(event: str, named: Any) -> str | None:
    if event in _CURSOR_TOOLS:
        return _CURSOR_TOOLS[event]
    if event.endswith("MCPExecution") and isinstance(named, str) and not named.lower().startswith("mcp"):
        # INVARIANT: a tool of a server never bears the name of a native one, also where the server is not named.
        return f"mcp:cursor/{named}"
    if named is not None and not isinstance(named, str):
        raise InvalidError("invalid_request", "The tool's name is no text.")
    return named


def _arguments(event: str, given: Mapping[str, Any], found: Any) -> dict[str, Any]:
    if event in _CURSOR_TOOLS:
        return {name: given[name] for name in ("command", "file_path") if name in given}
    if isinstance(found, str):
        # Some send the arguments as the text that the model wrote.
        if not found.lstrip().startswith("{"):
            return {"input": found}
        try:
            return parse(found.encode())[0]
        except InvalidJsonError as error:
            raise InvalidError("invalid_json", f"The tool's arguments: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidError("invalid_request", "The tool's arguments are no object.")
    return found


def _cwd(found: Any) -> str | None:
    # Cursor names all folders of its window; only where there is one is it known in which of them a tool runs.
    if isinstance(found, list):
        found = found[0] if len(found) == 1 else None
    return found if isinstance(found, str) and found else None


def _claude(name: str, phase: Phase, verdict: Verdict) -> Said:
    if phase is Phase.CALL:
        return {"hookSpecificOutput": {"hookEventName": name, **_permission(verdict)}}
    if phase is Phase.DIALOG:
        return _dialog(name, verdict)
    return _block(verdict)


def _copilot(_: str, phase: Phase, verdict: Verdict) -> Said:
    if phase is Phase.CALL:
        return _permission(verdict)
    if phase is Phase.DIALOG and verdict.stance != "nothing":
        return _behaviour(verdict)
    return {}


def _gemini(_: str, __: Phase, verdict: Verdict) -> Said:
    if verdict.stance == "deny":
        return {"decision": "deny", "reason": verdict.reason}
    return {"decision": "allow"} if verdict.stance == "allow" else {}


def _cursor(name: str, phase: Phase, verdict: Verdict) -> Said:
    if phase is Phase.PROMPT:
        return {"continue": True} if verdict.stance != "deny" else {"continue": False, "user_message": verdict.reason}
    if phase is Phase.DONE or verdict.stance == "nothing":
        return {}
    if verdict.stance == "allow" or name == "beforeReadFile":
        return {"permission": verdict.stance}
    return {"permission": "deny", "user_message": verdict.reason, "agent_message": verdict.reason}


def _permission(verdict: Verdict) -> Said:
    if verdict.stance == "deny":
        return {"permissionDecision": "deny", "permissionDecisionReason": verdict.reason}
    return {"permissionDecision": "allow"} if verdict.stance == "allow" else {}


def _dialog(name: str, verdict: Verdict) -> Said:
    if verdict.stance == "nothing":
        return {}
    return {"hookSpecificOutput": {"hookEventName": name, "decision": _behaviour(verdict)}}


def _behaviour(verdict: Verdict) -> Said:
    return {"behavior": "allow"} if verdict.stance == "allow" else {"behavior": "deny", "message": verdict.reason}


def _block(verdict: Verdict) -> Said:
    return {"decision": "block", "reason": verdict.reason} if verdict.stance == "deny" else {}


_SNAKE = {
    "session": ("session_id", "conversation_id"),
    "tool": ("tool_name",),
    "arguments": ("tool_input",),
    "cwd": ("cwd", "workspace_roots"),
    "call": ("tool_use_id",),
    "prompt": ("prompt",),
    "came": ("tool_response", "tool_output", "result_json", "output", "error"),
}
_CAMEL = {
    "session": ("sessionId",),
    "tool": ("toolName",),
    "arguments": ("toolArgs", "toolInput"),
    "cwd": ("cwd",),
    "prompt": ("prompt",),
    "came": ("toolResult", "error"),
}
# Events of Cursor that are about one tool alone.
_CURSOR_TOOLS = {
    "beforeShellExecution": "shell",
    "afterShellExecution": "shell",
    "beforeReadFile": "read_file",
}

DIALECTS: Mapping[str, Dialect] = {
    "claude-code": Dialect(
        {
            "PreToolUse": Phase.CALL,
            "PermissionRequest": Phase.DIALOG,
            "PostToolUse": Phase.DONE,
            "PostToolUseFailure": Phase.DONE,
            "UserPromptSubmit": Phase.PROMPT,
        },
        _SNAKE,
        _claude,
    ),
    "codex": Dialect(
        {
            "PreToolUse": Phase.CALL,
            "PermissionRequest": Phase.DIALOG,
            "PostToolUse": Phase.DONE,
            "UserPromptSubmit": Phase.PROMPT,
        },
        _SNAKE,
        _claude,
    ),
    "gemini": Dialect(
        {"BeforeTool": Phase.CALL, "AfterTool": Phase.DONE, "BeforeAgent": Phase.PROMPT}, _SNAKE, _gemini
    ),
    "copilot": Dialect(
        {
            "preToolUse": Phase.CALL,
            "permissionRequest": Phase.DIALOG,
            "postToolUse": Phase.DONE,
            "postToolUseFailure": Phase.DONE,
            "userPromptSubmitted": Phase.PROMPT,
        },
        _CAMEL,
        _copilot,
    ),
    "cursor": Dialect(
        {
            "preToolUse": Phase.CALL,
            "beforeShellExecution": Phase.CALL,
            "beforeMCPExecution": Phase.CALL,
            "beforeReadFile": Phase.CALL,
            "postToolUse": Phase.DONE,
            "postToolUseFailure": Phase.DONE,
            "afterShellExecution": Phase.DONE,
            "afterMCPExecution": Phase.DONE,
            "beforeSubmitPrompt": Phase.PROMPT,
        },
        _SNAKE,
        _cursor,
    ),
}

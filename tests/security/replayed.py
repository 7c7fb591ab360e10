"""Sessions as the log alone tells of them: what each of them had left when an entry was written."""

from typing import Any

from app.audit_log.timestamp import parse_timestamp
from app.core.trust import Trust


class Replayed:
    """Hears the entries of a log in their order."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, Any]] = {}

    def hear(self, entry: dict[str, Any]) -> None:
        actor, data = entry["actor"], entry.get("data", {})
        now = parse_timestamp(entry["ts"])
        match entry["type"]:
            case "session.opened":
                outer = self._sessions.get(data.get("parent"))
                until = now + data["ttl_seconds"] * 1_000_000
                self._sessions[actor["session"]] = {
                    "agent": actor["agent"],
                    "key": actor["key"],
                    "parent": data.get("parent"),
                    "root": outer["root"] if outer else actor["session"],
                    "until": min(until, outer["until"]) if outer else until,
                    "trust": Trust[data["trust"]],
                }
            case "session.observed":
                self._lower(actor["session"], Trust[data["trust"]])
            case "decision" if actor.get("session") in self._live(entry) and entry["prov"]["tainted"]:
                if "dry_run" not in entry:
                    self._lower(actor["session"], Trust.EXTERNAL_CONTENT)
            case "session.ended":
                self._end(actor["session"])
            case "session.stopped":
                self._end(data["session"])
            case "sessions.stopped":
                self._end_where("agent", data["agent"])
            case "key.revoked":
                self._end_where("key", data["key"])
            case _:
                pass

    def most(self, decision: dict[str, Any]) -> Trust:
        """The most trust that this decision may have been given."""
        live = self._live(decision)
        session = decision["actor"].get("session")
        if session is not None:
            return live.get(session, Trust.UNKNOWN)
        return min(live.values(), default=Trust.USER_DIRECT)

    def _live(self, entry: dict[str, Any]) -> dict[str, Trust]:
        now = parse_timestamp(entry["ts"])
        agent = entry["actor"].get("agent")
        return {
            name: one["trust"] for name, one in self._sessions.items() if one["agent"] == agent and one["until"] > now
        }

    def _lower(self, name: str, trust: Trust) -> None:
        for one in self._sessions.values():
            if one["root"] == self._sessions[name]["root"]:
                one["trust"] = min(one["trust"], trust)

    def _end_where(self, what: str, value: str) -> None:
        for name in [name for name, one in self._sessions.items() if one[what] == value]:
            self._end(name)

    def _end(self, name: str) -> None:
        for inside in [one for one, about in self._sessions.items() if about["parent"] == name]:
            self._end(inside)
        self._sessions.pop(name, None)

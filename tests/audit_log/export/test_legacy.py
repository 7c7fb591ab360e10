"""A61: our entries as records of the earlier format, as its published schema wants them, which their own were not."""

import json
from typing import Any

import jsonschema_rs
import pytest

from app.audit_log.chain import Head, extend
from app.audit_log.columns import Row
from app.audit_log.entry import draft
from app.audit_log.export.legacy import lines
from app.audit_log.legacy import Chain
from tests.audit_log.samples import LOG, NOW, SALT, opening, rehashed, replaced, written

TEXT = {"type": "string"}
DIGEST = {"type": "string", "pattern": "^[a-f0-9]{64}$"}
WORDS = {
    "decision": ["ALLOW", "DENY", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL"],
    "classification": ["SAFE", "SENSITIVE", "CRITICAL", "BLOCKED"],
    "source_trust": ["USER_DIRECT", "AGENT_INTERNAL", "EXTERNAL_CONTENT", "UNKNOWN"],
}
REQUEST = ("actor", "source", "tool", "action", "target", "payload_summary")
# What the format's documents demand of an audit record.
PUBLISHED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "timestamp": {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "event_type": TEXT,
        "request": {
            "type": "object",
            "properties": {**dict.fromkeys(REQUEST, TEXT), "source_trust": {"enum": WORDS["source_trust"]}},
            "required": [*REQUEST, "source_trust"],
        },
        "decision": {"enum": WORDS["decision"]},
        "classification": {"enum": WORDS["classification"]},
        "reason": TEXT,
        "approval_method": TEXT,
        "previous_hash": DIGEST,
        "entry_hash": DIGEST,
    },
}
PUBLISHED["required"] = list(PUBLISHED["properties"])
PUBLISHED_FORM = jsonschema_rs.validator_for(PUBLISHED, validate_formats=True)

ASKED = {
    "action": "write",
    "payload_summary": "a key",
    "provenance": {"channel": "cli", "authenticated": True, "origin_type": 7, "delegation_chain": ["a", 1.5]},
    "risk_hints": ["auth", 0.5],
    "source": "chat",
    "target": "/srv/€",
    "tool": "fs",
}


def records(rows: list[Row]) -> list[dict[str, Any]]:
    """The records of `rows`: chained, and as their format wants them."""
    chain, out = Chain(), []
    for line in lines(rows):
        assert chain.read(line.removesuffix(b"\n")) is None
        out.append(json.loads(line))
        PUBLISHED_FORM.validate(out[-1])
    assert chain.entries == len(rows)
    return out


def row(type: str, **fields: Any) -> Row:
    """One entry of `type` behind the log's first."""
    payload = fields.pop("payload", None)
    salt = SALT if payload is not None else None
    return extend(Head(LOG), [opening(), draft(type, fields, log=LOG, payload=payload, salt=salt)], NOW)[1][1]


def test_every_entry_becomes_a_record_of_one_chain() -> None:
    rows = written(4)[1]
    made = records(rows)
    assert [one["event_type"] for one in made] == ["log_created", *["gateway_decision"] * 3]
    assert [one["entry"]["hash"] for one in made] == [one[1].hex() for one in rows]
    assert [one["entry"]["body"] for one in made] == [json.loads(one[2]) for one in rows]
    assert made[0]["timestamp"] == "2026-11-21T21:40:12Z"


def test_a_decision_says_what_was_asked_and_what_was_decided() -> None:
    payload = json.dumps({"effects": [], "request": ASKED}).encode()
    base: dict[str, Any] = {
        "actor": {"agent": "coder", "key": "k", "name": "coder/sub", "session": "s1"},
        "classification": "CRITICAL",
        "decision": "REQUIRE_STRONG_APPROVAL",
        "prov": {"tainted": False, "trust": "USER_DIRECT"},
        "reason": "So it is.",
        "request": {"tool": "fs"},
    }
    (made,) = records([row("decision", **base, payload=payload)])
    assert made["request"] == {
        "actor": "coder/sub",
        "source": "chat",
        "tool": "fs",
        "action": "write",
        "target": "/srv/€",
        "payload_summary": "a key",
        "risk_hints": ["auth"],
        "source_trust": "USER_DIRECT",
        "provenance": {
            "origin_type": "UNKNOWN",
            "channel": "cli",
            "authenticated": True,
            "authentication_method": "unknown",
            "session_id": "s1",
            "request_id": "",
            "parent_request_id": "",
            "delegation_chain": ["a"],
        },
    }
    assert (made["decision"], made["classification"]) == ("REQUIRE_STRONG_APPROVAL", "CRITICAL")
    assert (made["reason"], made["approval_method"], made["dry_run"]) == ("So it is.", "PENDING_APPROVAL", False)


def test_a_dry_run_is_marked_as_one() -> None:
    entry = row("decision", actor={"agent": "coder"}, decision="ALLOW", dry_run=True, request={"tool": "fs"})
    (made,) = records([entry])
    assert (made["dry_run"], made["approval_method"], made["request"]["actor"]) == (True, "dry_run", "coder")


@pytest.mark.parametrize(
    "payload",
    [None, b"no json", b"[]", b"{}", b'{"request":7}', b"[" * 100_000, b'{"request":{"target":7,"provenance":[]}}'],
)
def test_what_was_erased_or_exchanged_is_left_empty(payload: bytes | None) -> None:
    (made,) = records([replaced(written(2)[1][1], payload=payload)])
    assert made["request"]["target"] == ""
    assert (made["request"]["tool"], made["request"]["action"]) == ("shell", "shell")


@pytest.mark.parametrize(
    ("type", "name", "decision"),
    [
        ("approval.approved", "approval_approved", "ALLOW"),
        ("approval.denied", "approval_denied", "DENY"),
        ("approval.expired", "approval_expired", "DENY"),
        ("approval.cancelled", "approval_cancelled", "DENY"),
        ("approval.edited", "approval_edited", "DENY"),
        ("delegation.created", "delegation_create", "ALLOW"),
        ("delegation.revoked", "delegation_revoke", "ALLOW"),
        ("workspace.set", "workspace_changed", "ALLOW"),
        ("key.created", "key_created", "ALLOW"),
    ],
)
def test_a_change_is_an_event_under_that_formats_name(type: str, name: str, decision: str) -> None:
    (made,) = records([row(type, actor={"operator": "ada"}, data={"x": 1})])
    assert (made["event_type"], made["decision"], made["classification"]) == (name, decision, "SAFE")
    assert made["entry"]["body"]["data"] == {"x": 1}
    request = made["request"]
    assert (request["actor"], request["source"], request["action"]) == ("ada", "operator", type)
    assert request["source_trust"] == "USER_DIRECT"


def test_what_an_agent_reports_is_the_agents() -> None:
    (made,) = records([row("execution.result", actor={"agent": "coder"}, data={"status": "ok"})])
    assert (made["request"]["actor"], made["request"]["source"]) == ("coder", "agent")
    assert made["request"]["source_trust"] == "AGENT_INTERNAL"


def test_what_nobody_did_is_nobodys() -> None:
    (made,) = records([row("clock.stepped_back")])
    assert (made["request"]["actor"], made["request"]["source_trust"]) == ("", "UNKNOWN")


def test_an_unreadable_body_is_never_shown_as_allowed() -> None:
    entry = rehashed(written(2)[1][1], b"no entry")
    (made,) = records([replaced(entry, decision="PLEASE", tool=None, agent=None)])
    assert (made["decision"], made["classification"], made["entry"]["body"]) == ("DENY", "BLOCKED", {})


def test_no_number_gets_in_that_other_languages_spell_otherwise() -> None:
    (line,) = lines([row("decision", payload=json.dumps({"request": ASKED}).encode(), request={"tool": "fs"})])
    assert b"1.5" not in line
    assert b"0.5" not in line

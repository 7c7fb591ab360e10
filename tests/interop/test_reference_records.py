"""A61: the records that the earlier format's interoperability kit publishes get the hashes that it publishes.

Built here from the kit's values (its version of schema 0.4.0), hashed by our own code.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from app.audit_log.legacy import GENESIS, entry_hash
from app.services.export import Format
from app.services.verify_file import FileReport, Outcome, verify_file

PUBLISHED = [
    "788e65ed4b7ec79f408e5633d1ba3df29eebf13f437aa4980f0d8b7bf5926171",
    "e8a76304f8fd12d536e44ca05c73e998bbd95bccfe52fa9b9f1dcf1c5b187e4f",
    "6e034df129a770b3000e24cf48e3428724f9c80e828eba64bf50fa19c9d21d51",
]


def provenance(**said: Any) -> dict[str, Any]:
    return {
        "authenticated": True,
        "delegation_chain": [],
        "parent_request_id": "",
        "session_id": "session_abc123",
        **said,
    }


def record(at: str, request: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {
        "approval_attempts": [],
        "approval_command": "",
        "approval_expires_at": "",
        "approval_expires_in_seconds": None,
        "approval_method": "none",
        "approval_request_id": "",
        "dry_run": False,
        "event_type": "gateway_decision",
        "schema_version": "agent-sudo/0.4.0",
        "timestamp": f"2026-05-29T15:53:{at}Z",
        "request": {"actor": "lexflow-agent", "source_trust": request["provenance"]["origin_type"], **request},
        **said,
    }


RECORDS = [
    record(
        "00",
        {
            "action": "search",
            "payload_summary": "search for python security library",
            "risk_hints": ["internet_access"],
            "source": "user_chat",
            "target": "google.com",
            "tool": "web_search",
            "provenance": provenance(
                authentication_method="token", channel="cli", origin_type="USER_DIRECT", request_id="req_0001"
            ),
        },
        classification="SAFE",
        decision="ALLOW",
        reason="Action is pre-approved by user policy",
    ),
    record(
        "10",
        {
            "action": "write_file",
            "payload_summary": "write private key details",
            "risk_hints": ["write_access", "sensitive_data"],
            "source": "user_chat",
            "target": "/Volumes/Storage/secure_keys.txt",
            "tool": "filesystem",
            "provenance": provenance(
                authentication_method="signature",
                channel="api",
                delegation_chain=["agent-system"],
                origin_type="AGENT_INTERNAL",
                parent_request_id="req_0001",
                request_id="req_0002",
            ),
        },
        approval_attempts=[{"approver": "user", "status": "APPROVED", "timestamp": "2026-05-29T15:53:15Z"}],
        approval_command="agent-sudo approve appreq_999",
        approval_expires_at="2026-05-29T16:03:00Z",
        approval_expires_in_seconds=600,
        approval_method="passphrase",
        approval_request_id="appreq_999",
        classification="CRITICAL",
        decision="REQUIRE_STRONG_APPROVAL",
        reason="Requires explicit human approval for sensitive file write",
    ),
    record(
        "20",
        {
            "action": "run_command",
            "payload_summary": "delete root filesystem",
            "risk_hints": ["system_write", "dangerous_command"],
            "source": "external_untrusted",
            "target": "rm -rf /",
            "tool": "system_execution",
            "provenance": provenance(
                authenticated=False,
                authentication_method="none",
                channel="browser",
                origin_type="EXTERNAL_CONTENT",
                request_id="req_0003",
                session_id="session_xyz789",
            ),
        },
        classification="BLOCKED",
        decision="DENY",
        reason="Dangerous command execution is blocked by zero-trust gateway rules",
    ),
]


def chained() -> list[dict[str, Any]]:
    links = zip(RECORDS, [GENESIS, *PUBLISHED], PUBLISHED, strict=False)
    return [{**one, "previous_hash": previous, "entry_hash": own} for one, previous, own in links]


def verified(file: Path, records: list[dict[str, Any]]) -> FileReport:
    file.write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
    return verify_file(file)


def test_each_record_has_the_published_hash() -> None:
    assert [entry_hash(one["previous_hash"], one) for one in chained()] == PUBLISHED


@pytest.mark.parametrize("count", [1, 3])
def test_the_reference_record_and_the_reference_log_are_consistent(tmp_path: Path, count: int) -> None:
    report = verified(tmp_path / "reference.jsonl", chained()[:count])
    assert report == FileReport(Outcome.CONSISTENT, count, Format.LEGACY)


def test_an_edited_reference_log_is_not(tmp_path: Path) -> None:
    records = chained()
    records[2]["decision"] = "ALLOW"
    report = verified(tmp_path / "reference.jsonl", records)
    assert report.summary == "line 3: entry_hash mismatch"
    assert report.fault is not None
    assert report.fault.actual == PUBLISHED[2]

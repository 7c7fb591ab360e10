"""Examples for the OpenAPI document, as a reader would meet them."""

from typing import Any

REQUEST = {
    "tool": "Bash",
    "arguments": {"command": "git push origin main"},
    "source": "user",
    "cwd": "/srv/project",
}

ANSWER = {
    "allowed": False,
    "decision": "REQUIRE_APPROVAL",
    "classification": "SENSITIVE",
    "reason": "Pushing publishes work to others.",
    "evaluation_id": "5f0c7d2e9b1a4c38-1234",
    "rules": ["git-push"],
    "policy": "sha256:9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "mode": "enforce",
    "would_be": None,
    "effects": [{"kind": "network", "resource": "git:origin", "via": "git push origin main"}],
    "provenance": {"trust": "USER_DIRECT", "tainted": False, "why": []},
    "obligations": [],
    "approval": None,
    "delegation": None,
    "valid_until": "2026-11-03T09:30:05.000000Z",
    "audit": {
        "log": "5f0c7d2e9b1a4c38",
        "seq": 1234,
        "hash": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    },
}

PROBLEM = {
    "allowed": False,
    "type": "urn:agent-sudo:unknown_key",
    "title": "Not authenticated",
    "status": 401,
    "code": "unknown_key",
    "detail": "This key is not known, has expired or was revoked.",
}

# By path and status of the answer: what is sent, and what comes back.
OPERATIONS: dict[str, tuple[str, Any, Any]] = {
    "/evaluate": ("200", REQUEST, ANSWER),
    "/evaluate/batch": ("200", {"requests": [REQUEST]}, {"results": [ANSWER]}),
    "/evaluations/{evaluation}/outcome": (
        "201",
        {"status": "ok", "duration_ms": 120, "exit_code": 0},
        {"audit": {"seq": 1235, "hash": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"}},
    ),
}

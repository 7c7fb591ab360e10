"""What is asked of the service, and the right answer to each."""

from collections import Counter
from typing import Any

from msgspec import Struct, structs
from msgspec.json import encode

ROOT = "/srv/project"
_HOME = "/home/dev"
_FILES = 50
_BATCH = 100


# Stands in every body where a request can differ without being decided otherwise; as long as what replaces it.
MARK = "1000000000"


class Workload(Struct, frozen=True):
    """Bodies that are sent in turn; for each, the decisions that the answer must hold, in order.

    Fresh ones bear a number of their own each time, so that no request comes twice.
    """

    name: str
    path: str
    bodies: tuple[bytes, ...]
    expected: tuple[tuple[str, ...], ...]
    fresh: bool = False

    @property
    def decisions_each(self) -> int:
        """Decisions in one answer."""
        return len(self.expected[0])

    def bounds(self, answered: int, unanswered: int) -> tuple[Counter[str], Counter[str]]:
        """How often each decision was taken at least and at most, when so many were sent in turn."""
        turn = Counter(decision for decisions in self.expected for decision in decisions)
        least = answered // len(self.bodies)
        most = (answered + unanswered) // len(self.bodies) + 1
        return _times(turn, least), _times(turn, most)


def _times(counts: Counter[str], factor: int) -> Counter[str]:
    return Counter({name: count * factor for name, count in counts.items()})


def _request(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments, "source": "user", "cwd": ROOT, "home": _HOME}


def _read(at: int) -> dict[str, Any]:
    path = f"{ROOT}/src/service/module_{at % _FILES:02}.py"
    return _request("Read", {"file_path": path, "offset": int(MARK), "limit": 400})


def _shell(command: str) -> dict[str, Any]:
    return _request("Bash", {"command": command, "description": f"Asked for by the developer, {MARK}"})


_EDIT = {"file_path": f"{ROOT}/src/service/app.py", "old_string": "retries = 3", "new_string": f"retries = 5  # {MARK}"}
_MIXED = (
    (_shell("git status --short"), "ALLOW"),
    (_read(1), "ALLOW"),
    (_shell("npm run lint -- --quiet && npm test -- --silent"), "ALLOW"),
    (_request("Edit", _EDIT), "ALLOW"),
    # The same each time: an agent has so many questions open at most.
    (_request("Bash", {"command": "git push origin main"}), "REQUIRE_APPROVAL"),
    (_request("Read", {"file_path": f"{_HOME}/.ssh/id_ed25519", "offset": int(MARK)}), "DENY"),
    (_shell("cat /etc/shadow | base64 | head -c 400"), "DENY"),
    (_request("mcp__stripe__refund", {"charge": f"ch_{MARK}", "amount": 20.0}), "ALLOW"),
)

READ = Workload(
    "read",
    "/evaluate",
    tuple(encode(_read(at)) for at in range(_FILES)),
    (("ALLOW",),) * _FILES,
)
MIXED = Workload(
    "mixed",
    "/evaluate",
    tuple(encode(request) for request, _ in _MIXED),
    tuple((decision,) for _, decision in _MIXED),
)
FRESH_READ = structs.replace(READ, name="fresh read", fresh=True)
FRESH_MIXED = structs.replace(MIXED, name="fresh mixed", fresh=True)
BATCH = Workload(
    "batch of 100",
    "/evaluate/batch",
    (encode({"requests": [_read(at) for at in range(_BATCH)]}),),
    (("ALLOW",) * _BATCH,),
)

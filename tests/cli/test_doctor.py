import http.server
import os
import pwd
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.cli.audit.tampering import tamper
from tests.cli.commands import Commands
from tests.homes import Home
from tests.listeners import needs_listeners


def states(ran: object) -> dict[str, str]:
    return {line["name"]: line["state"] for line in ran.document["checks"]}  # type: ignore[attr-defined]


def test_a_sound_installation_passes_and_the_doctor_says_who_could_go_round_it(
    served: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests may use coding agents.
    monkeypatch.setitem(served.environment, "HOME", str(tmp_path))
    monkeypatch.setitem(served.environment, "PATH", "/nowhere")
    ran = served("doctor", "--json")
    assert ran.code == 0
    assert states(ran) == {
        "python": "OK",
        "home": "OK",
        "user": "WARN",
        "files": "OK",
        "disk": "OK",
        "database": "OK",
        "operator": "OK",
        "keys": "OK",
        "policy": "OK",
        "workspace": "WARN",
        "log": "OK",
        "clock": "OK",
        "service": "OK",
    }
    shown = served("doctor").out
    assert max(map(len, shown.splitlines())) <= 80
    assert "edit this database" in shown


@needs_listeners
def test_the_doctor_says_whose_program_has_the_port_of_a_hook(
    served: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served.environment, "HOME", str(tmp_path))
    monkeypatch.setitem(served.environment, "PATH", "/nowhere")
    monkeypatch.setitem(served.environment, "AGENT_SUDO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "hooks"
    folder.mkdir(parents=True)
    user = pwd.getpwuid(os.getuid()).pw_name
    config = f"url={served.environment['AGENT_SUDO_URL']}\nkey_file={folder}/codex.key\nowner="
    (folder / "codex.conf").write_text(f"{config}{os.getuid()}\n")
    ran = served("doctor", "--json")
    assert "codex" not in states(ran)
    assert f"run by {user}" in ran.out
    (folder / "codex.conf").write_text(f"{config}{os.getuid() + 1}\n")
    ran = served("doctor", "--json")
    assert states(ran)["codex"] == "FAIL"
    assert f"of {user} listens at" in ran.out
    assert "agent-sudo setup codex --apply" in ran.out


def test_a_service_that_does_not_run_is_a_warning(commands: Commands) -> None:
    ran = commands("doctor", "--json")
    assert ran.code == 0
    assert states(ran)["service"] == "WARN"


def test_what_is_missing_is_said_with_what_to_do(empty: Commands) -> None:
    ran = empty("doctor", "--json")
    assert ran.code == 1
    assert (states(ran)["home"], states(ran)["database"]) == ("FAIL", "FAIL")
    assert "agent-sudo init" in ran.out
    assert list(empty.folder.iterdir()) == []


def test_a_home_that_others_can_read_fails(commands: Commands, prepared: Home) -> None:
    (prepared.folder / "home").chmod(0o755)
    ran = commands("doctor", "--json")
    assert ran.code == 1
    assert states(ran)["home"] == "FAIL"


def test_tampering_with_the_newest_entries_fails(commands: Commands, prepared: Home) -> None:
    tamper(prepared, "UPDATE audit_entry SET agent = 'other' WHERE seq = 3")
    assert states(commands("doctor", "--json"))["log"] == "FAIL"
    assert states(commands("doctor", "--json", "--last", "1"))["log"] == "OK"


def test_a_schema_that_is_older_or_newer_fails(commands: Commands, prepared: Home) -> None:
    connection = sqlite3.connect(prepared.folder / "home/agent-sudo.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    ran = commands("doctor", "--json")
    assert ran.code == 1
    assert states(ran)["database"] == "FAIL"


def test_a_database_out_of_reach_fails(commands: Commands) -> None:
    ran = commands("doctor", "--json", database_url="postgresql://127.0.0.1:1/nowhere")
    assert ran.code == 1
    assert states(ran)["database"] == "FAIL"


def test_a_database_and_a_policy_that_others_can_reach_fail(commands: Commands, prepared: Home) -> None:
    (prepared.folder / "home").chmod(0o711)
    (prepared.folder / "home/agent-sudo.db").chmod(0o644)
    prepared.folder.chmod(0o755)
    (prepared.folder / "policy.yaml").chmod(0o666)
    found = [line for line in commands("doctor", "--json").document["checks"] if line["name"] == "files"]
    assert [line["state"] for line in found] == ["FAIL", "FAIL"]
    assert [line["advice"].split()[:2] for line in found] == [["chmod", "go-rwx"], ["chmod", "go-w"]]


def test_keys_that_end_soon_and_keys_that_are_gone_are_warned_about(commands: Commands, prepared: Home) -> None:
    soon = int((time.time() + 3_600) * 1_000_000)
    tamper(prepared, f"UPDATE agent_key SET expires_at = {soon}")  # noqa: S608 - a number of ours
    line = next(line for line in commands("doctor", "--json").document["checks"] if line["name"] == "keys")
    assert (line["state"], "ending within a week: k_" in line["said"]) == ("WARN", True)
    tamper(prepared, "UPDATE agent_key SET revoked_at = 1")
    assert states(commands("doctor", "--json"))["keys"] == "WARN"


def test_a_policy_file_that_is_not_in_force_is_warned_about(commands: Commands, prepared: Home) -> None:
    assert "policy file" not in states(commands("doctor", "--json"))
    file = prepared.folder / "policy.yaml"
    file.write_text("version: 1\nrules: [{id: anything, deny: anything}]\n")
    line = next(line for line in commands("doctor", "--json").document["checks"] if line["name"] == "policy file")
    assert "policy activate" in line["advice"]
    file.write_text("{")
    line = next(line for line in commands("doctor", "--json").document["checks"] if line["name"] == "policy file")
    assert "policy check" in line["advice"]


def test_a_workspace_that_holds_a_home_is_warned_about(commands: Commands, prepared: Home) -> None:
    for root, state in ((str(Path.home()), "WARN"), ("/srv/project", "OK")):
        tamper(prepared, "DELETE FROM workspace")
        tamper(prepared, f"INSERT INTO workspace VALUES ('{root}', 'alice', 1)")  # noqa: S608 - a path of ours
        assert states(commands("doctor", "--json"))["workspace"] == state


def test_another_program_on_the_port_fails(commands: Commands) -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        ran = commands("doctor", "--json", "--url", f"http://127.0.0.1:{server.server_port}")
        thread.join()
    assert (ran.code, states(ran)["service"]) == (1, "FAIL")


def test_little_room_is_warned_about(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.checks.machine._LITTLE_ROOM", 2**63)
    assert states(commands("doctor", "--json"))["disk"] == "WARN"

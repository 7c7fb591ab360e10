import sqlite3

from tests.cli.audit.tampering import tamper
from tests.cli.commands import Commands
from tests.homes import Home


def states(ran: object) -> dict[str, str]:
    return {line["name"]: line["state"] for line in ran.document["checks"]}  # type: ignore[attr-defined]


def test_a_sound_installation_passes_and_the_doctor_says_who_could_go_round_it(served: Commands) -> None:
    ran = served("doctor", "--json")
    assert ran.code == 0
    assert states(ran) == {
        "python": "OK",
        "home": "OK",
        "user": "WARN",
        "database": "OK",
        "operator": "OK",
        "policy": "OK",
        "log": "OK",
        "clock": "OK",
        "service": "OK",
    }
    shown = served("doctor").out
    assert max(map(len, shown.splitlines())) <= 80
    assert "edit this database" in shown


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

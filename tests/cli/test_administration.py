"""The commands that change something: they speak to the running service as an operator."""

import http.server
import threading
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.homes import Home
from tests.processes import Process

POLICY = "version: 1\nrules: [{id: anything, allow: anything}]\n"


def test_agents_are_created_and_listed(served: Commands) -> None:
    assert served.signed_in("agents", "create", "builder", "--description", "[red]CI\u202e").code == 0
    assert served.signed_in("agents", "create", "builder").err == "agent-sudo: There is an agent 'builder' already.\n"
    assert [one["name"] for one in served.signed_in("agents", "list", "--json").lines] == ["builder", "coder"]
    assert "[red]CI\\u202e" in served.signed_in("agents", "list").out


def test_a_key_lives_until_it_is_revoked(served: Commands, process: Process) -> None:
    key = served.signed_in("keys", "create", "coder", "--ttl", "24h", "--json").document
    assert process.evaluate(key["key"])[0] == 200
    assert key["id"] in served.signed_in("keys", "list", "coder").out
    assert key["key"] not in served.signed_in("keys", "list", "coder", "--json").out
    assert served.signed_in("keys", "revoke", "coder", key["id"]).code == 0
    assert process.evaluate(key["key"])[0] == 401
    assert served.signed_in("keys", "revoke", "coder", key["id"]).code == 2
    assert "revoked" in served.signed_in("keys", "list", "coder").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "create", "nobody"),
        ("keys", "create", "coder", "--ttl", "soon"),
        ("keys", "create", "coder", "--kind", "root"),
        ("keys", "list", "../agents"),
        ("agents", "create", "not a name"),
        ("workspace", "set", "/"),
    ],
)
def test_what_cannot_be_done_says_why(served: Commands, arguments: tuple[str, ...]) -> None:
    ran = served.signed_in(*arguments)
    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.err


def test_workspaces_are_set_and_shown(served: Commands, tmp_path: Path) -> None:
    ran = served.signed_in("workspace", "set", tmp_path, "relative", "--json")
    assert ran.document["roots"] == [str(tmp_path), str(served.folder / "relative")]
    assert served("workspace", "show", "--json").document == {"roots": sorted(ran.document["roots"])}
    assert str(tmp_path) in served("workspace", "show").out


def test_a_policy_is_activated_after_its_difference_was_shown(served: Commands) -> None:
    (served.folder / "next.yaml").write_text(POLICY)
    asked = served.signed_in("policy", "activate", "next.yaml")
    assert asked.code == 2
    assert "+rules: [{id: anything" in asked.out
    assert "Use --yes" in asked.err
    assert "anything" not in served("policy", "show").out
    assert "unprotected: without secrets" in asked.out
    assert served.signed_in("policy", "activate", "next.yaml", "--yes").code == 0
    assert "anything" in served("policy", "show").out
    again = served.signed_in("policy", "activate", "next.yaml", "--yes", "--json").document
    assert [note[:11] for note in again["notes"]] == ["unprotected"]
    assert "in force already" in served.signed_in("policy", "activate", "next.yaml", "--yes").out
    shown = served("policy", "show", "--json").document
    assert (shown["activated_by"], shown["files"][0]["text"]) == ("alice", POLICY)


def test_a_policy_with_mistakes_is_not_even_proposed(served: Commands) -> None:
    (served.folder / "bad.yaml").write_text("version: 1\nrules:\n  - {id: a, alow: shell}\n")
    (served.folder / "failing.yaml").write_text(f"{POLICY}tests:\n  - {{call: anything, expect: deny}}\n")
    before = served("audit", "list", "--json").lines
    assert "bad.yaml:3" in served.signed_in("policy", "activate", "bad.yaml", "--yes").err
    failing = served.signed_in("policy", "activate", "failing.yaml", "--yes").err
    assert "failing.yaml:4" in failing
    assert "Nothing was changed." in failing
    assert served("audit", "list", "--json").lines == before


def test_a_wrong_passphrase_is_refused(served: Commands) -> None:
    ran = served("agents", "list", "--operator", "mallory", "--passphrase-stdin", stdin="wrong horse\n")
    assert ran.code == 2
    assert "name or passphrase is wrong" in ran.err


def test_without_a_terminal_it_says_which_option_is_missing(served: Commands) -> None:
    assert "--operator NAME is missing" in served("agents", "list").err
    assert "--passphrase-stdin" in served("agents", "list", "--operator", "alice").err
    assert "no passphrase" in served("agents", "list", "--operator", "alice", "--passphrase-stdin").err


@pytest.mark.parametrize(
    "url", ["http://example.org:8787", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1:8787", "http://"]
)
def test_the_passphrase_goes_nowhere_in_the_clear(served: Commands, url: str) -> None:
    ran = served.signed_in("agents", "list", "--url", url)
    assert ran.code == 2
    assert "in the clear" in ran.err or "no address" in ran.err


def test_a_service_that_does_not_answer_is_named(commands: Commands) -> None:
    ran = commands.signed_in("agents", "list")
    assert ran.code == 2
    assert "No answer from http://127.0.0.1:1" in ran.err


def test_a_proxy_hears_nothing_and_a_redirect_is_not_followed(served: Commands, prepared: Home) -> None:
    heard: list[str] = []

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    proxied = Commands(served.folder, {**served.environment, "HTTP_PROXY": url, "http_proxy": url, "ALL_PROXY": url})
    assert proxied.signed_in("agents", "list").code == 0
    assert heard == []
    assert "is it agent-sudo" in served.signed_in("agents", "list", "--url", url).err
    assert heard == ["/agents"]
    server.shutdown()
    server.server_close()

"""The command hook: whatever goes wrong is exit code 2 and a sentence, else one line that the agent knows."""

import json
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.hooks.shim import CALL, DENY, KEY, SHIM, Answerer, assert_no, claude, copied, headed, run, whole
from tests.homes import Home, prepare
from tests.processes import Process, start

SECRET = {"file_path": "/srv/project/.env"}


@pytest.mark.parametrize(
    ("harness", "answer"),
    [
        ("claude-code", claude(permissionDecision="allow")),
        ("claude-code", claude(**DENY)),
        ("claude-code", claude()),
        ("claude-code", claude(decision={"behavior": "deny", "message": "no"})),
        ("codex", claude(**DENY)),
        ("codex", {"decision": "block", "reason": "no"}),
        ("codex", {}),
        ("gemini", {"decision": "deny", "reason": "no"}),
        ("copilot", DENY),
        ("copilot", {"behavior": "allow"}),
        ("cursor", {"permission": "deny", "user_message": "no", "agent_message": "no"}),
        ("cursor", {"permission": "deny"}),
        ("cursor", {"continue": True}),
    ],
)
def test_what_the_agent_knows_goes_through(answerer: Answerer, config: Path, harness: str, answer: Any) -> None:
    answerer.answer = whole(answer)
    code, out, said = run(harness, "PreToolUse", config)
    assert (code, json.loads(out), said) == (0, answer, "")
    assert out.count("\n") == 1
    head = answerer.heard.split(b"\r\n")
    assert head[0] == f"POST /hooks/{harness}?event=PreToolUse&home=/home/an%20agent HTTP/1.1".encode()
    assert f"Authorization: Bearer {KEY}".encode() in head
    assert answerer.heard.endswith(json.dumps(CALL).encode())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"", "not agent-sudo", id="nothing"),
        pytest.param(b"hello\n", "not agent-sudo", id="another protocol"),
        pytest.param(whole(claude(permissionDecision="allow"), "500 No"), "status 500", id="500 with an allow"),
        pytest.param(whole(claude(permissionDecision="allow"), "204 No"), "status 204", id="204 with an allow"),
        pytest.param(whole(b"", "204 No Content"), "status 204", id="204"),
        pytest.param(whole(b""), "not JSON", id="an empty body"),
        pytest.param(whole(b"{", length=1), "not JSON", id="half a document"),
        pytest.param(whole(claude(permissionDecision="allow"), length=999), "not whole", id="cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{}", "not whole", id="no length"),
        pytest.param(headed(b"content-length: 2\r\nContent-Length: 2"), "not whole", id="a length twice"),
        pytest.param(headed(b"content-length: +2"), "not whole", id="no number"),
        pytest.param(headed(b"content-length: 2\r\ntransfer-encoding: chunked"), "how long", id="two ways to end"),
        pytest.param(headed(b"a: b\r\n content-length: 9\r\ncontent-length: 2"), "not agent-sudo", id="a folded line"),
        pytest.param(headed(b"a: b\ncontent-length: 9\r\ncontent-length: 2"), "not agent-sudo", id="half a line end"),
        pytest.param(headed(b"content-length : 2"), "not agent-sudo", id="a blank before the colon"),
        pytest.param(headed(b"content-length: 2", b"HTTP/2 200"), "not agent-sudo", id="another version"),
        pytest.param(headed(b"content-length: 2", b"HTTP/1.1 0200 OK"), "not agent-sudo", id="a status of four digits"),
        pytest.param(headed(b"content-length: 2", b"HTTP/1.1 100 Continue"), "status 100", id="a note before it"),
        pytest.param(whole({}) + whole({}), "not whole", id="two answers"),
        pytest.param(whole(b"x{}"), "not JSON", id="junk before it"),
        pytest.param(whole(b"{} {}"), "not JSON", id="two documents"),
        pytest.param(whole(b'{"continue": NaN}'), "not JSON", id="no number of JSON"),
        pytest.param(whole(b'{"reason": "a\nb"}'), "not JSON", id="half a line in a word"),
        pytest.param(whole([]), "does not know", id="a list"),
        pytest.param(whole(1), "does not know", id="a number"),
        pytest.param(whole("allow"), "does not know", id="a word"),
        pytest.param(whole(claude(permissionDecision="ask")), "does not know", id="ask"),
        pytest.param(whole(claude(permissionDecision="maybe")), "does not know", id="a word nobody knows"),
        pytest.param(whole(claude(permissionDecision="deny")), "does not know", id="a denial without a reason"),
        pytest.param(whole(claude(**{**DENY, "permissionDecisionReason": " "})), "does not know", id="a blank reason"),
        pytest.param(whole({"decision": "block", "reason": "\ud800"}), "does not know", id="half a character"),
        pytest.param(whole({**claude(**DENY), "foo": 1}), "does not know", id="a field nobody knows"),
        pytest.param(whole(claude(**DENY, foo=1)), "does not know", id="such a field inside"),
        pytest.param(whole({"hookSpecificOutput": "x"}), "does not know", id="another shape"),
        pytest.param(whole(b'{"decision": "block", "decision": "allow"}'), "not JSON", id="a key that stands twice"),
        pytest.param(whole(b"\xff"), "not JSON", id="no UTF-8"),
        pytest.param(whole(b"[" * 100_000), "not JSON", id="nested without end"),
        pytest.param(whole(b" " * 300_000), "too long", id="too long"),
    ],
)
def test_any_other_answer_is_a_no(answerer: Answerer, config: Path, answer: bytes, why: str) -> None:
    answerer.answer = answer
    assert_no(run("codex", "PreToolUse", config), why)


def test_a_no_needs_nobody_who_hears_why(answerer: Answerer, config: Path, tmp_path: Path) -> None:
    answerer.answer = whole([])
    broken = copied(tmp_path)
    (tmp_path / "agent_sudo_service.py").write_text("raise ImportError")
    for shim in (SHIM, broken):
        line = shlex.join([sys.executable, "-I", "-S", str(shim), "codex", "PreToolUse", str(config)])
        done = subprocess.run(
            ["sh", "-c", f"exec {line} 2>&-"], input=b"{}", capture_output=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (2, b"")


def test_what_stands_in_an_answer_comes_out_in_letters_that_every_agent_reads(answerer: Answerer, config: Path) -> None:
    said = {"decision": "deny", "reason": 'No: "ä" \\ \n \x7f \u2028 \U0001f600'}
    for body in (json.dumps(said), json.dumps(said, ensure_ascii=False)):
        answerer.answer = whole(f" {body}\r\n".encode())
        code, out, _ = run("gemini", "BeforeTool", config)
        assert (code, json.loads(out)) == (0, said)
        assert out.isascii()


def test_it_imports_next_to_nothing(answerer: Answerer, config: Path) -> None:
    """What a start costs is what it imports, whatever the clock says here."""
    answerer.answer = whole(claude(permissionDecision="allow"))
    code, _, said = run("claude-code", "PreToolUse", config, options=("-X", "importtime"))
    assert code == 0
    imported = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    assert {"agent_sudo_event", "agent_sudo_service", "_socket", "_json"} <= imported
    assert not imported & {"socket", "json", "re", "enum", "signal", "collections", "typing", "pathlib", "ssl", "site"}


@pytest.mark.parametrize("part", ["agent_sudo_event.py", "agent_sudo_service.py"])
def test_a_hook_that_is_not_whole_is_a_no(config: Path, tmp_path: Path, part: str) -> None:
    shim = copied(tmp_path)
    (tmp_path / part).write_text("def (")
    assert_no(run("codex", "PreToolUse", config, shim=shim), "not whole (SyntaxError)")
    (tmp_path / part).unlink()
    assert_no(run("codex", "PreToolUse", config, shim=shim), "not whole (ModuleNotFoundError)")


def test_nothing_beside_the_hook_stands_in_for_a_part_of_python(
    answerer: Answerer, config: Path, tmp_path: Path
) -> None:
    answerer.answer = whole(claude(permissionDecision="allow"))
    shim = copied(tmp_path)
    for name in ("os", "time", "stat", "_json", "_socket", "_collections_abc", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not me')")
    assert run("claude-code", "PreToolUse", config, shim=shim)[0] == 0


def test_an_event_too_large_is_a_no(answerer: Answerer, config: Path) -> None:
    answerer.answer = whole(claude(permissionDecision="allow"))
    assert_no(run("codex", "PreToolUse", config, event=b" " * 1_048_577), "larger than")


def test_a_hook_set_up_wrongly_is_a_no(answerer: Answerer, config: Path, tmp_path: Path) -> None:
    answerer.answer = whole(claude(permissionDecision="allow"))
    key = tmp_path / "a.key"
    assert_no(run("codex", "PreToolUse"), "set up wrongly")
    assert_no(run("nobody", "PreToolUse", config), "set up wrongly")
    assert_no(run("codex", "PreToolUse", tmp_path / "none.conf"), "none.conf cannot be read")
    key.chmod(0o640)
    assert_no(run("codex", "PreToolUse", config), "others can read")
    key.chmod(0o600)
    key.write_text("something else\n")
    assert_no(run("codex", "PreToolUse", config), "holds no key")
    key.unlink()
    assert_no(run("codex", "PreToolUse", config), "key file cannot be read")
    key.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text(KEY)
    assert_no(run("codex", "PreToolUse", config), "key file cannot be read")


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:8787",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:8787",
        "http://127.0.0.1:80a",
        "http://127.0.0.1:80/x",
        "https://",
        "http://localhost\r\nX: y",
    ],
)
def test_the_key_goes_nowhere_else(config: Path, url: str) -> None:
    lines = [f"url={url}" if line.startswith("url=") else line for line in config.read_text().splitlines()]
    config.write_text("\n".join(lines))
    assert_no(run("codex", "PreToolUse", config), "")


def test_over_tls_only_who_proves_to_be_the_service_is_asked(
    config: Path, answerer: Answerer, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    proving = Answerer(context)
    proving.answer = whole({})
    config.write_text(config.read_text().replace(answerer.url, proving.url.replace("http:", "https:")))
    assert_no(run("codex", "PreToolUse", config), "does not answer (SSLCertVerificationError)")
    assert proving.heard == b""
    code, out, said = run("codex", "PreToolUse", config, SSL_CERT_FILE=str(certificate))
    assert (code, out, said) == (0, "{}\n", "")
    assert f"Authorization: Bearer {KEY}".encode() in proving.heard
    proving.close()


def test_a_service_that_is_not_there_is_a_no(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    lines = [f"url=http://127.0.0.1:{port}" if line.startswith("url=") else line for line in config.read_text().split()]
    config.write_text("\n".join(line for line in lines if "=" in line))
    assert_no(run("codex", "PreToolUse", config), "does not answer (ConnectionRefusedError)")


def test_a_service_that_never_answers_is_a_no_before_the_agent_gives_up(
    config: Path, tmp_path: Path, answerer: Answerer
) -> None:
    impatient = copied(tmp_path)
    event = tmp_path / "agent_sudo_event.py"
    text = event.read_text("utf-8")
    assert "DEADLINE_S = 58.0" in text
    event.write_text(text.replace("DEADLINE_S = 58.0", "DEADLINE_S = 0.3"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config.write_text(config.read_text().replace(answerer.url, f"http://127.0.0.1:{port}"))
        done = subprocess.run(
            [sys.executable, "-I", "-S", impatient, "codex", "PreToolUse", config],
            input=b"{}",
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"not answer" in done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("home")
    return prepare(folder, f"sqlite:///{folder}/agent-sudo.db")


@pytest.fixture(scope="module")
def service(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = start(home, tmp_path_factory.mktemp("log") / "log")
    yield process
    process.kill()


def test_the_service_and_the_hook_understand_each_other(service: Process, home: Home, tmp_path: Path) -> None:
    key, config = tmp_path / "key", tmp_path / "conf"
    key.write_text(home.key)
    key.chmod(0o600)
    config.write_text(f"url={service.url}\nkey_file={key}\n")
    named = {"tool_name": "Read", "tool_input": SECRET}
    for harness, event, given in (
        ("claude-code", "PreToolUse", {"session_id": "s", "cwd": "/", **named}),
        ("codex", "PreToolUse", {"session_id": "s", "cwd": "/", **named}),
        ("gemini", "BeforeTool", {"session_id": "s", "cwd": "/", **named}),
        ("copilot", "preToolUse", {"sessionId": "s", "cwd": "/", "toolName": "view", "toolArgs": json.dumps(SECRET)}),
        ("cursor", "preToolUse", {"conversation_id": "c", **named}),
        ("cursor", "beforeReadFile", {"conversation_id": "c", **SECRET}),
    ):
        code, out, said = run(harness, event, config, event=given)
        assert (code, said) == (0, ""), harness
        assert '"deny"' in out
    code, out, said = run("codex", "PreToolUse", config, event=b"{")
    assert code == 0
    assert "invalid_json" in out

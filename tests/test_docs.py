"""The pages are true: what they tell a reader to type is typed here, against a real service in a home of its own.

The convention is visible in the pages themselves. A block marked `sh` is run, top to bottom, all of a page in one
shell; one in another language is run where there is what runs it; `json` must be JSON; `yaml` must be a policy that
`policy check` finds good.
`console` is for what cannot be run twice: cloning, starting the service, being asked for a passphrase.

Where a page signs in, a reader is asked for the passphrase at the terminal; here a function gives it.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.demo.scenes import POISONED, SCENES
from app.settings import Settings
from tests.cli.commands import Commands
from tests.homes import AGENT, OPERATOR, PASSPHRASE
from tests.processes import Process, start

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            *(
                "settings",
                "http-api",
                "policies",
                "limits",
                "sessions",
                "delegations",
                "approvals",
                "notifications",
                "agents",
                "operators",
            ),
            *("stopping", "audit"),
            *(
                f"integrations/{name}"
                for name in (
                    *("python", "mcp", "typescript", "http", "agent_runtimes"),
                    *("harnesses", "claude-code", "claude-desktop"),
                )
            ),
        )
    ),
]
HERE = "http://127.0.0.1:8787"
# What runs a block of each language.
PROGRAMS = {
    "python": [sys.executable, "-"],
    "js": ["node", "--input-type=module", "-"],
    "go": ["sh", "-c", "cat > ask.go && go run ask.go"],
    "rust": ["sh", "-c", "cat > ask.rs && rustc -o ask_rust ask.rs && ./ask_rust"],
}
# How one finds out whether that is here.
_PROBES = {
    "sh": ["curl", "--version"],
    "python": [sys.executable, "--version"],
    "js": ["node", "--version"],
    "go": ["go", "version"],
    "rust": ["rustc", "--version"],
}
# Where the compiler is looked for does not move with the home.
RUSTUP = {"RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))}
SIGNED_IN = """\
agent-sudo() {
    case " $* " in
        *" --operator "*) printf '%s\\n' "$PASSPHRASE" "$PASSPHRASE too" | command agent-sudo "$@" --passphrase-stdin ;;
        *) command agent-sudo "$@" ;;
    esac
}
"""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def is_there(language: str) -> bool:
    """Whether programs in this language run here: a compiler's name alone may stand for one that is yet to be had."""
    probe = _PROBES[language]
    if shutil.which(probe[0]) is None:
        return False
    environment = {**os.environ, **RUSTUP}
    return subprocess.run(probe, env=environment, capture_output=True, timeout=60, check=False).returncode == 0


class New:
    """A new user: a home directory, a service that runs, an operator and an agent."""

    def __init__(self, folder: Path, process: Process, key: str, settings: dict[str, str]) -> None:
        self.folder = folder
        self.process = process
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_SUDO_")}
        self.environment = {
            **kept,
            **settings,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            **RUSTUP,
            "AGENT_SUDO_URL": process.url,
            "AGENT_KEY": key,
            "AGENT_SUDO_KEY": key,
            "PASSPHRASE": PASSPHRASE,
        }

    def run(self, *command: str, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=text.replace(HERE, self.process.url),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )


class _Unmade:
    """A home that nobody prepared, as `start` wants it."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"AGENT_SUDO_HOME": str(folder / ".agent-sudo")}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[New]:
    # What a page names by its path is there, as in a clone.
    for name in (".venv", "examples", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/agent-sudo-client").symlink_to(ROOT / "clients/typescript")
    unmade = _Unmade(tmp_path)
    process = start(unmade, tmp_path / "serve.log")  # type: ignore[arg-type]
    try:
        init = ("init", "--operator", OPERATOR, "--passphrase-stdin", "--agent", AGENT, "--json")
        made = Commands(tmp_path, unmade.environment)(*init, stdin=f"{PASSPHRASE}\n").document
        yield New(tmp_path, process, made["agent_key"], unmade.environment)
    finally:
        process.kill()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_can_be_typed(page: str, new: New) -> None:
    for text in blocks(page, "yaml"):
        (new.folder / "mine.yaml").write_text(text)
        checked = Commands(new.folder, new.environment)("policy", "check", "mine.yaml")
        assert checked.code == 0, checked.out
    script = "set -eu\n" + SIGNED_IN + "\n".join(blocks(page, "sh"))
    done = new.run("bash", "-s", text=script)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    # curl without -f is content with any answer; a reader is not.
    assert not re.findall(r'"status": ?[45]\d\d', done.stdout), done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    for language, program in PROGRAMS.items():
        texts = blocks(page, language)
        for text in texts if texts and is_there(language) else []:
            done = new.run(*program, text=text)
            assert done.returncode == 0, done.stderr
            assert "HTTP Error" not in done.stdout


def test_the_tour_says_what_it_promises(new: New) -> None:
    done = new.run("bash", "-s", text="set -eu\n" + SIGNED_IN + "\n".join(blocks("README.md", "sh")[:3]))
    assert re.findall(r'"decision": ?"(\w+)"', done.stdout) == ["REQUIRE_APPROVAL", "DENY", "ALLOW"]


@pytest.mark.parametrize("page", PAGES)
def test_json_in_pages_is_json(page: str) -> None:
    for text in blocks(page, "json"):
        json.loads(text)


def test_an_answer_in_the_pages_has_the_fields_of_a_real_one(new: New) -> None:
    shown = json.loads(blocks("docs/http-api.md", "json")[0])
    _, real = new.process.evaluate(new.environment["AGENT_KEY"], b'{"tool":"x","source":"user"}')
    assert list(shown) == list(real)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_of_a_kind_that_is_looked_at(page: str) -> None:
    kinds = re.findall(r"^```(.*)$", (ROOT / page).read_text(), re.MULTILINE)[::2]
    assert set(kinds) <= {"sh", *PROGRAMS, "json", "yaml", "console"}
    for text in blocks(page, "console"):
        for script in re.findall(r"^\./(scripts/\w+)$", text, re.MULTILINE):
            assert os.access(ROOT / script, os.X_OK)


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    for name, field in Settings.model_fields.items():
        default = "0" if field.default is False else field.default
        cell = "" if default in ("", None) else f"`{default}`"
        assert f"| `AGENT_SUDO_{name.upper()}` | {cell} | {field.description} |\n" in page


def test_every_variable_that_a_page_names_exists() -> None:
    known = {f"AGENT_SUDO_{name.upper()}" for name in Settings.model_fields} | {
        "AGENT_SUDO_URL",
        "AGENT_SUDO_KEY",
        "AGENT_SUDO_PG_PASSWORD",
    }
    pages = [*map(ROOT.joinpath, ["README.md", "SECURITY.md"]), *(ROOT / "docs").glob("*.md")]
    for page in pages:
        assert set(re.findall(r"AGENT_SUDO_[A-Z_]+[A-Z]", page.read_text())) - {"AGENT_SUDO_TEST_TRIALS"} <= known


def test_every_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tour", ("agent-sudo policy explain", "agent-sudo audit list", "consistent, not anchored")),
        ("demo", ("agent-sudo demo", *(scene.title for scene in SCENES), POISONED.title, "TAMPERED", "consistent")),
    ],
)
def test_a_picture_shows_what_it_is_of(name: str, words: tuple[str, ...]) -> None:
    picture = html.unescape((ROOT / f"docs/images/{name}.svg").read_text()).replace("\xa0", " ")
    assert not [word for word in words if word not in picture]
    assert "http://" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert len(picture) < 60_000

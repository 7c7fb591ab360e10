import subprocess
import sys

import pytest

from app import __version__
from tests.cli.commands import Commands

SLOW = ["pydantic", "sqlalchemy", "fastapi", "httpx2", "uvicorn", "msgspec", "rich", "alembic", "structlog"]


def test_the_version_is_printed(empty: Commands) -> None:
    assert empty("--version").out == f"agent-sudo {__version__}\n"


def test_starting_imports_nothing_that_is_slow() -> None:
    code = "import sys, app.cli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert not set(SLOW) & set(done.stdout.split())


@pytest.mark.parametrize(
    "noun", ["init", "serve", "check", "doctor", "agents", "keys", "policy", "workspace", "audit", "policy explain"]
)
def test_every_command_explains_itself_on_eighty_columns(empty: Commands, noun: str) -> None:
    ran = empty(*noun.split(), "--help", stdin="")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_wrong_option_is_an_error_and_no_answer(empty: Commands) -> None:
    ran = empty("check", "--nonsense")
    assert ran.code == 2
    assert "No such option" in ran.err

import pytest

from tests.homes import ALLOWED, DENIED, Home
from tests.processes import Process

HOSTILE = b'{"tool":"x","arguments":{"command":"\\u001b[2J[red]\\u202e"},"source":"user"}'
PLANTED = b'{"tool":"Read","arguments":{"file_path":"/srv/project/a.py"},"source":"web page","actor":"coder/reader"}'


@pytest.fixture(scope="module", autouse=True)
def _decisions(served_home: Home, process: Process) -> None:
    for body in (ALLOWED, DENIED, HOSTILE, PLANTED):
        assert process.evaluate(served_home.key, body)[0] == 200

"""`python -m agent_sudo_relay.serve FOLDER`: the server by itself, over stdio. `agent-sudo-relay serve` starts it."""

import sys

from agent_sudo_relay.serve.tools import server
from agent_sudo_relay.serve.workspace import Workspace

server(Workspace(sys.argv[1])).run()

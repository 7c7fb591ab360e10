"""`python -m agent_sudo_relay`."""

import sys

from agent_sudo_relay.cli import main

sys.exit(main())

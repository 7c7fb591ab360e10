"""The command hook of coding agents: carries their events to agent-sudo and its answers back. Standard library only.

    python3 -I -S agent_sudo_hook.py HARNESS EVENT CONFIG

A file that is started is compiled anew each time, and one that is imported is not: so this one holds only the start.
CONFIG is a file of `name=value` lines: `url`, the service's address; `key_file`, the file with a key of kind pep, which
nobody but its owner may read; and `owner`, the user id that alone may answer at that address, where it can be seen.
"""

import os
import sys

try:
    # Last, so that nothing beside this file stands in for a part of Python.
    sys.path.append(__file__.rpartition("/")[0])
    from agent_sudo_event import main
except BaseException as error:  # noqa: BLE001 - INVARIANT: a hook that lacks its other half is a no with a why
    why = f"agent-sudo: not run: the hook is not whole ({type(error).__name__}); run `agent-sudo setup`.\n"
    try:
        os.write(2, why.encode())
    finally:
        os._exit(2)
main(sys.argv[1:])

"""The least that an MCP server over stdio can do: every request gets the same answer."""

import json
import sys


def main() -> None:
    result = {"content": [{"type": "text", "text": "ok"}], "tools": [{"name": "get_it", "inputSchema": {}}]}
    for line in sys.stdin.buffer:
        body = json.loads(line)
        if "id" in body:
            sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": result}).encode() + b"\n")
            sys.stdout.buffer.flush()


main()

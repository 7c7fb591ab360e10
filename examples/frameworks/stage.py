"""What the examples share: one tool, a model's part written down beforehand, and an agent's session around it.

There is no model here. `CALLS` is what one would ask for, call after call; the framework, the hook and the service are
real. A person may answer the third call while it waits.

    AGENT_SUDO_URL=http://127.0.0.1:8787 AGENT_SUDO_KEY=asudo_… python with_langchain.py
"""

from agent_sudo_client import Agent
from agent_sudo_client.frameworks.gate import Gate

CALLS = [
    {"to": "staff", "text": "Lunch is at noon."},
    {"to": "press", "text": "We are for sale."},
    {"to": "everyone", "text": "Hello, world."},
]


def play(converse, wait=0.0):
    """Have an agent make the calls; say what came of each."""
    sent = {}

    def send(to: str, text: str) -> str:
        """Send a message."""
        sent[to] = text
        return f"Sent to {to}."

    with Agent("coder").start_session(prompt="Tell the staff when lunch is."):
        told = converse(CALLS, send, Gate(wait=wait))
    for call, answer in zip(CALLS, told, strict=True):
        print(f"send to {call['to']}: {answer}")
    print("It was sent to:", *sent)

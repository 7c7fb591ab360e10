"""The agents of these tests, as conftest.py makes them known to the service."""

from agent_sudo_client import Agent

SUPPORT, ANALYTICS, OTHER = CAST = Agent("support-bot"), Agent("analytics-bot"), Agent("other-bot")


def dismiss() -> None:
    """Close their clients: the next test may have another service."""
    for agent in CAST:
        client = agent.__dict__.pop("client", None)
        if client is not None:
            client.close()

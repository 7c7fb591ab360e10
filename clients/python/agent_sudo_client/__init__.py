"""The client of agent-sudo: ask before a tool runs. What is not allowed raises: nothing runs by an oversight."""

from agent_sudo_client.agent import Agent, Session
from agent_sudo_client.async_client import AsyncClient
from agent_sudo_client.call import Call
from agent_sudo_client.client import Client
from agent_sudo_client.decision import Approval, Decision
from agent_sudo_client.errors import ApprovalPending, ArgumentsEdited, PermissionDenied, ServiceUnavailable
from agent_sudo_client.guarded import sudo

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Approval",
    "ApprovalPending",
    "ArgumentsEdited",
    "AsyncClient",
    "Call",
    "Client",
    "Decision",
    "PermissionDenied",
    "ServiceUnavailable",
    "Session",
    "sudo",
]

"""agent-sudo: a policy decision point for the tool calls of AI agents."""

__version__ = "0.1.0"

"""A relay between an MCP client and any MCP server: what the policy does not allow never reaches the server."""

__version__ = "0.1.0"

"""Calls of the common kinds, by names that the policy language knows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from agent_sudo_client.call import Call, real_path

Path = str | os.PathLike[str]


def shell_command(command: str, *, cwd: str | None = None) -> Call:
    """Run a shell line."""
    return Call("shell", {"command": command}, cwd=cwd)


def file_read(path: Path) -> Call:
    """Read a file."""
    return _file("read_file", path)


def file_write(path: Path, content: str) -> Call:
    """Write a file."""
    return _file("write_file", path, content=content)


def file_edit(path: Path, old: str, new: str) -> Call:
    """Replace a text in a file."""
    return _file("edit_file", path, old_string=old, new_string=new)


def file_delete(path: Path) -> Call:
    """Delete a file."""
    return _file("delete_file", path)


def browser_click(url: str, element: str) -> Call:
    """Click on something in a page."""
    return Call("browser_click", {"url": url, "element": element}, target=url)


def send_message(channel: str, text: str) -> Call:
    """Send a message to a channel or a person."""
    return Call("send_message", {"channel": channel, "text": text}, target=channel)


def send_email(to: str | Sequence[str], subject: str, body: str) -> Call:
    """Send a mail."""
    recipients = [to] if isinstance(to, str) else list(to)
    return Call("send_email", {"to": recipients, "subject": subject, "body": body}, target=", ".join(recipients))


def modify_auth(subject: str, change: str) -> Call:
    """Change what somebody may do or how they prove who they are."""
    return Call("modify_auth", {"subject": subject, "change": change}, target=subject)


def create_cron(schedule: str, command: str) -> Call:
    """Have a command run again and again."""
    return Call("create_cron", {"schedule": schedule, "command": command}, target=schedule)


def http_request(method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Call:
    """Send an HTTP request."""
    arguments = {"method": method, "url": url, "body": body, "headers": headers}
    return Call("http_request", {name: one for name, one in arguments.items() if one is not None}, target=url)


def payment(to: str, amount: float, currency: str, **more: Any) -> Call:
    """Move money."""
    return Call("payment", {"to": to, "amount": amount, "currency": currency, **more}, target=to)


def _file(tool: str, path: Path, **more: str) -> Call:
    # What the tool will open, not what was written: a link leads where it leads.
    text = os.fspath(path)
    return Call(tool, {"path": text, **more}, target=text, resolved_target=real_path(text))

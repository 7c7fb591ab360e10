"""Durations as people type them: `90s`, `30m`, `24h`, `7d`."""

import re

import typer

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(text: str) -> int:
    """How many seconds `text` stands for; anything else is a usage error."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 30m, 24h or 7d.")
    return int(found[1]) * _SECONDS[found[2]]

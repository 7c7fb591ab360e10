"""What is wrong with a line of a log file."""

from msgspec import Struct

_SHOWN = 80


class Fault(Struct, frozen=True):
    """The first thing wrong in a file.

    seq       the entry's number, where the format has numbers
    expected  the hash that follows from what the file says, or the hash of the line before
    actual    the hash that stands there
    hashed    the text whose hash was expected, where that can be told
    """

    reason: str
    seq: int | None = None
    expected: str | None = None
    actual: str | None = None
    hashed: str | None = None


def shown(value: object) -> str:
    """`value` for a message: short, and nothing in it that a terminal would obey."""
    return (value if isinstance(value, str) and value.isascii() and value.isalnum() else ascii(value))[:_SHOWN]

"""Times on the wire: the text of the log's own timestamps."""

from app.audit_log.timestamp import timestamp


def optional_time(us: int | None) -> str | None:
    """None stays None: what never expires has no time."""
    return None if us is None else timestamp(us)

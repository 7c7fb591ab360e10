"""Trust: how far the words that led to a request may be believed."""

from enum import IntEnum
from typing import Literal

KeyKind = Literal["pep", "agent"]
TrustName = Literal["USER_DIRECT", "AGENT_INTERNAL", "EXTERNAL_CONTENT", "UNKNOWN"]


class Trust(IntEnum):
    """Ordered so that `min` of several sources is what the request may be given.

    The names are the values on the wire, in policies and in the log.
    """

    UNKNOWN = 0
    EXTERNAL_CONTENT = 1
    AGENT_INTERNAL = 2
    USER_DIRECT = 3


# INVARIANT: a claim never lifts a request above what its key may attest.
CEILING: dict[KeyKind, Trust] = {"pep": Trust.USER_DIRECT, "agent": Trust.AGENT_INTERNAL}

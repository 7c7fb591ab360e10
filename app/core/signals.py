"""Signals: words by which text from elsewhere tries to steer whoever reads it.

They are found by a list, which proves nothing: a signal only raises, only where the user did not speak, and is never
the ground of a denial. Whoever writes about injection has these words too.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from app.core.decision import Classification, Finding, Stance
from app.core.model import ActionRequest
from app.core.trust import Trust

# So much of one request is read, in texts and in characters.
_MOST_TEXTS = 256
_MOST_CHARACTERS = 16_384

# One of these stands in whatever steers; looking for them costs next to nothing.
_ANCHORS = (
    "ignore", "disregard", "forget", "override", "tell", "inform", "mention", "notify", "instruction", "you are now",
    "disable", "bypass", "turn off", "skip", "circumvent", "reveal", "prompt", "exfiltrate", "send", "<|", "inst]",
    "sys>",
)  # fmt: skip
# Alternatives of plain words with bounded gaps: linear in the text. A space stands for any white space.
_EARLIER = "(?:previous|prior|earlier|above|preceding|former) (?:instruction|prompt|message|rule|direction|context)"
_PEOPLE = "(?:user|human|operator|owner)"
_SAFEGUARD = "(?:audit|logging|approval|policy|safety|guardrail|security check)"
_DROP = "(?:ignore|disregard|forget|override)"
_PATTERNS = (
    f"{_DROP} (?:all |any |the |your |these |my )*{_EARLIER}",
    f"{_DROP} (?:all |your |the )*(?:instructions|system prompt|guidelines|safety)",
    f"(?:do not|don't|never|without) (?:tell|inform|mention|notify)(?:ing)?(?: this| it)?(?: to)? (?:the )?{_PEOPLE}",
    "(?:new|updated|real) (?:system )?instructions? (?:follow|for the (?:ai|assistant|agent|model)|:)",
    "you are now (?:in )?(?:developer|dan|god|admin|unrestricted|jailbroken)",
    f"(?:disable|bypass|turn off|skip|circumvent) (?:the |all |any )*{_SAFEGUARD}",
    "(?:reveal|print|repeat|show|output|leak) (?:me )?(?:the |your )(?:system prompt|hidden instructions)",
    "(?:exfiltrate|send (?:all |the |your )*(?:secrets|credentials|passwords|api keys|tokens|private keys) to)",
    r"<\|im_start\|>|<\|system\|>|\[/?inst\]|<</?sys>>",
)
_STEERING = re.compile("|".join(_PATTERNS).replace(" ", r"\s{1,3}"))
_FOUND = [
    Finding(Stance.ASK, "injection-signal", "The text tries to steer whoever reads it.", Classification.SENSITIVE)
]


def findings(request: ActionRequest, trust: Trust) -> list[Finding]:
    """One finding where a text of the request has such words and the request is not the user's own."""
    # INVARIANT: the user's own words are the user's: they may speak of injection, and nothing is denied for words.
    if trust is Trust.USER_DIRECT:
        return []
    left = _MOST_CHARACTERS
    for text in islice(_texts(request), _MOST_TEXTS):
        read = text[:left].lower()
        if any(anchor in read for anchor in _ANCHORS) and _STEERING.search(read) is not None:
            return _FOUND
        left -= len(read)
    return []


def _texts(request: ActionRequest) -> Iterator[str]:
    for text in (request.payload_summary, request.target):
        if text is not None:
            yield text
    waiting: list[Any] = [request.arguments]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one

"""Secrets in the texts of a call, by the forms of keys that nothing else has.

What is found is named by its kind. INVARIANT: the value itself goes nowhere from here.
"""

import re
from typing import Final

# Each begins with what is the key's own, at the beginning of a word, and repeats one class: matching is linear.
_FORMS: Final = {
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255}",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20,64}",
    "a Slack token": r"xox[abeprs]-[A-Za-z0-9-]{10,255}",
    "a Stripe key": r"[sr]k_live_[A-Za-z0-9]{16,255}",
    "a key of a language model": r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,255}",
    "a Google key": r"AIza[A-Za-z0-9_-]{35}",
    "an npm token": r"npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"pypi-[A-Za-z0-9_-]{50,512}",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{30,64}",
    "a signed token": r"eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{16}",
    "an age key": r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
    "a key of this service": r"asudo_[A-Za-z0-9_-]{20,255}",
}
_NAMES: Final = tuple(_FORMS)
_ANY: Final = re.compile(r"(?<![A-Za-z0-9_-])(?:" + "|".join(f"({form})" for form in _FORMS.values()) + ")")
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")


def secret(text: str) -> str | None:
    """The kind of the first secret in `text`."""
    if _PRIVATE_KEY.search(text):
        return "a private key"
    found = _ANY.search(text)
    return _NAMES[found.lastindex - 1] if found is not None and found.lastindex is not None else None


# What each form has in it, so that most texts are told from a secret at once.
_ANCHORS: Final = (
    b"AKIA", b"ASIA", b"gh", b"glpat-", b"xox", b"k_live_", b"sk-", b"AIza", b"npm_", b"pypi-", b"SG.", b"hf_", b"eyJ",
    b"AGE-SECRET-KEY-", b"asudo_", b"PRIVATE KEY-----",
)  # fmt: skip
# In JSON what comes before may be the letter of an escape.
_STORED: Final = re.compile(
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrtbf]))(?:" + b"|".join(b"(%b)" % form.encode() for form in _FORMS.values()) + b")"
)
# INVARIANT: what is nothing of a key stays: nobody hides the rest of a line from those who approve it behind the words
# that begin one. Its lines are long, but for the last one. Nothing here is tried twice: matching is linear.
_GAP: Final = rb"(?:\\{1,4}[nrt]| )"
_STORED_PRIVATE_KEY: Final = re.compile(
    rb"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
    rb"(?:" + _GAP + rb"++(?:Proc-Type|DEK-Info): [A-Za-z0-9,-]{1,80}+)*+"
    rb"(?:" + _GAP + rb"*+[A-Za-z0-9+/]{40,}+={0,2}+)*+"
    rb"(?:(?:" + _GAP + rb"*+[A-Za-z0-9+/=]{1,76}+)?+" + _GAP + rb"*+-----END [A-Z ]{0,40}PRIVATE KEY-----)?+"
)


def redacted(json: bytes) -> bytes:
    """A JSON text with the kind in the place of every secret, to be stored."""
    if not any(anchor in json for anchor in _ANCHORS):
        return json
    return _STORED.sub(_kind, _STORED_PRIVATE_KEY.sub(b"[a private key]", json))


def _kind(found: re.Match[bytes]) -> bytes:
    return b"[%b]" % _NAMES[(found.lastindex or 1) - 1].encode()

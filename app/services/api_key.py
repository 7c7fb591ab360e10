"""API keys: `asudo_`, 256 random bits, a checksum. A scanner can find them, a typo is told from a stranger."""

import base64
import hashlib
import secrets
from zlib import crc32

PREFIX = "asudo_"
_RANDOM = 43  # characters: 32 bytes in URL-safe base64 without padding
_CHECK = 6


def new_key() -> str:
    """A fresh secret. It is shown once and stored only as its digest."""
    random = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"{PREFIX}{random}{_checksum(random)}"


def digest(key: str) -> bytes:
    """What is stored of a key. It has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).digest()


def is_well_formed(key: str) -> bool:
    """Whether the checksum fits: what fails here was never one of our keys, and needs no look into the database."""
    random = key[len(PREFIX) : len(PREFIX) + _RANDOM]
    return key.isascii() and key == f"{PREFIX}{random}{_checksum(random)}" and len(random) == _RANDOM


def _checksum(random: str) -> str:
    return base64.urlsafe_b64encode(crc32(random.encode()).to_bytes(4)).decode()[:_CHECK]

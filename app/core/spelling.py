"""Spellings: what a file system, a shell or a dispatcher may hold to be the same name."""

from unicodedata import category, normalize


def fold(text: str) -> str:
    """One spelling for all that differ only in case, in compatibility forms or in invisible characters."""
    if text.isascii():
        return text.lower()
    plain = "".join(character for character in normalize("NFKC", text) if category(character) != "Cf")
    return normalize("NFKC", plain.casefold())

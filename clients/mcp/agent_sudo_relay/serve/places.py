"""Where a path lies in the workspace, by its letters alone: for the relay that asks, and for the server that opens."""

from __future__ import annotations

# By these some programs mean another place than the letters say.
_ELSEWHERE = ("~", "$", "%", "file:")
_LONGEST = 4_096


def parts(root: str, text: str) -> tuple[str, ...]:
    """The names from `root`, an absolute path, down to what `text` names. Raises ValueError for what lies outside."""
    if not text or len(text) > _LONGEST or not text.isprintable() or "\\" in text:
        raise ValueError("This is no path that can be read in one way.")
    if text.lower().startswith(_ELSEWHERE):
        raise ValueError("A path begins with '/', or lies below the workspace.")
    if text.startswith("/"):
        base = root.rstrip("/")
        if text != base and not text.startswith(f"{base}/"):
            raise ValueError(f"This lies outside of the workspace {root}.")
        text = text[len(base) :]
    found = tuple(part for part in text.split("/") if part not in ("", "."))
    # INVARIANT: `..` is never resolved by us: where it leads depends on links.
    if ".." in found:
        raise ValueError("A path with '..' is not followed.")
    return found


def absolute(root: str, text: str) -> str:
    """The one path that the server would open. Raises ValueError as `parts` does."""
    return "/".join((root.rstrip("/"), *parts(root, text)))

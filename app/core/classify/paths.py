"""Paths as text: normalised without looking at any disk.

Symbolic links cannot be seen from here; the enforcement point sends `resolved_target` for them, and both
spellings are judged.
"""

from urllib.parse import unquote

from msgspec import Struct


class Place(Struct, frozen=True):
    """Where a call would run: absolute POSIX paths, or "" when the caller did not say."""

    cwd: str = ""
    home: str = ""


def normalise(text: str, place: Place) -> str:
    """The absolute path that `text` means in `place`, with `.`, `..`, `//` and `file://` removed.

    A relative path stays relative when the working directory is unknown (it may then begin with `..`), and `~`
    stays `~` when the home is unknown: neither lies in any workspace. `~name` is somebody else's home and stays.
    Windows paths are given forward slashes and keep their drive (`C:/Users/x`).
    """
    if text[:5].lower() == "file:":
        text = _from_file_url(text)
    if "\\" in text and _is_windows(text):
        text = text.replace("\\", "/")
    if text[:1] == "~" and place.home and (text == "~" or text[1] == "/"):
        text = place.home + text[1:]
    elif text[:1] not in ("/", "~") and text[1:2] != ":" and place.cwd:
        text = f"{place.cwd}/{text}"
    return _without_dots(text)


def _without_dots(text: str) -> str:
    # Most paths are already clean, and this runs for every word of every shell line.
    if "/." not in text and "//" not in text and text[:1] != "." and text[-1:] != "/":
        return text
    root = "/" if text[:1] == "/" else ""
    kept: list[str] = []
    for segment in text.split("/"):
        if segment in ("", "."):
            continue
        if segment != "..":
            kept.append(segment)
        elif kept and kept[-1] != ".." and not (len(kept) == 1 and kept[0][:1] == "~"):
            kept.pop()
        elif not root:
            kept.append(segment)
    return root + "/".join(kept) or "."


def _from_file_url(text: str) -> str:
    rest = text[5:]
    if rest.startswith("//"):
        slash = rest.find("/", 2)
        rest = rest[slash:] if slash >= 0 else "/"
    return unquote(rest)


def _is_windows(text: str) -> bool:
    return text[1:2] == ":" or text.startswith("\\\\") or text.startswith("~\\") or "/" not in text

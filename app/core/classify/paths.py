"""Paths as text: normalised without looking at any disk.

Symbolic links cannot be seen from here; the enforcement point sends `resolved_target` for them, and both
spellings are judged.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct

# A variable that a tool may expand, at the beginning of a path: `$HOME/x`, `${X}/y`, `%APPDATA%\z`, `$env:TMP\z`.
_VARIABLE = re.compile(r"\$\{?(?:env:)?(\w{1,64})\}?(?=[/\\]|$)|%(\w{1,64})%(?=[/\\]|$)", re.IGNORECASE)
_HOMES = frozenset(("home", "userprofile"))
# What some tools take off both ends of a path.
_TRIMMED = " \t\r\n\v\f'\"`"


class Place(Struct, frozen=True):
    """Where a call would run: absolute paths, or "" when that is not known."""

    cwd: str = ""
    home: str = ""


@lru_cache(maxsize=1_024)
def place(cwd: str | None, home: str | None) -> Place:
    """The place that a caller names; anything but an absolute path counts as unknown."""
    return Place(_directory(cwd), _directory(home))


def normalise(text: str, place: Place) -> str:
    """The absolute path that `text` means in `place`, with `.`, `..`, `//` and `file://` removed.

    A relative path stays relative when the working directory is unknown (it may then begin with `..`), and `~`
    stays `~` when the home is unknown: neither lies in any workspace. `~name` is somebody else's home and stays.
    Windows paths are given forward slashes and keep their drive (`C:/Users/x`).
    """
    if text[:5].lower() == "file:":
        text = _from_file_url(text)
    if "\\" in text and _is_windows(text):
        text = _forward(text)
    if text[:1] == "~" and place.home and (text == "~" or text[1] == "/"):
        text = place.home + text[1:]
    elif text[:1] not in ("/", "~") and text[1:2] != ":" and place.cwd:
        text = f"{place.cwd}/{text}"
    return _without_dots(text)


def spellings(text: str, place: Place) -> tuple[str, ...]:
    """All that `text` may mean to a tool that takes paths: its normal form, and others where tools differ.

    A backslash separates on Windows and is a letter elsewhere; some tools trim what they are given. Raises ValueError
    when it begins with a variable other than the home's.
    """
    plain = text.strip(_TRIMMED)
    if plain is text and "\\" not in text and text[:1] not in ("$", "%"):
        return (normalise(text, place),)
    texts = dict.fromkeys((text, plain))
    if "\\" in text:
        texts.update(dict.fromkeys(map(_forward, list(texts))))
    found: dict[str, None] = {}
    for one in texts:
        variable = _VARIABLE.match(one)
        if variable is not None:
            if (variable[1] or variable[2]).lower() not in _HOMES:
                raise ValueError("a path that begins with a variable")
            found[normalise("~" + one[variable.end() :], place)] = None
        found[normalise(one, place)] = None
    return tuple(found)


def _directory(path: str | None) -> str:
    if not path or "\0" in path or (path[0] != "/" and path[1:3] not in (":/", ":\\")):
        return ""
    return normalise(path, Place())


def _forward(text: str) -> str:
    """A Windows path with forward slashes, without the prefix that switches its own normalising off."""
    text = text.replace("\\", "/")
    return text[4:] if text[:4] in ("//?/", "//./") else text


def _without_dots(text: str) -> str:
    # Most paths are already clean, and this runs for every word of every shell line.
    if "/." not in text and "//" not in text and text[:1] != "." and text[-1:] != "/":
        return text or "."
    root = "/" if text[:1] == "/" else ""
    kept: list[str] = []
    for segment in text.split("/"):
        if segment in ("", "."):
            continue
        if segment != "..":
            kept.append(segment)
        elif kept and kept[-1] != ".." and not (len(kept) == 1 and _is_root(kept[0])):
            kept.pop()
        elif not root and not (kept and kept[0][1:] == ":"):
            kept.append(segment)
    return root + "/".join(kept) or "."


def _is_root(segment: str) -> bool:
    """Whether `..` cannot take this away: somebody's home, or a drive."""
    return segment[:1] == "~" or segment[1:] == ":"


def _from_file_url(text: str) -> str:
    rest = text[5:]
    if rest.startswith("//"):
        slash = rest.find("/", 2)
        rest = rest[slash:] if slash >= 0 else "/"
    path = unquote(rest)
    # `file:///C:/x` names a drive, not a directory.
    return path[1:] if path[2:3] == ":" and path[:1] == "/" else path


def _is_windows(text: str) -> bool:
    return text[1:2] == ":" or text.startswith(("\\\\", "~\\")) or "/" not in text

"""Short texts in languages that are not read, known by their form: `sayings.yaml` has the forms."""

import re
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from app.core.classify.code.found import Deed
from app.core.model import EffectKind

# What stands for a part of a form.
_PARTS: Final = {
    "<read>": r"[\"'](?P<read>\w[\w./-]*)[\"']",
    "<run>": r"[\"'](?P<run>\w[\w./-]*)[\"']",
    "<word>": r"(?:[\"'][\w.-]+[\"'])",
    "<more>": r"(?:, ?\w+ ?= ?(?:TRUE|FALSE|true|false|[0-9.]+|[\"'][\w-]+[\"']))*",
    "<picked>": (
        r"(?:\[(?:[\"'][\w.-]+[\"']|:\w+|-?[0-9]+)\]|\.(?:keys|values|size|length|count|first|last|sort|inspect|to_a)\b|->\w+)*"
    ),
}
_BLANKS: Final = re.compile(r"(?<!\\) ")


class _Saying(Struct, frozen=True, forbid_unknown_fields=True):
    forms: list[str]
    does: str = ""


class _Known(Struct, frozen=True):
    deeds: tuple[Deed, ...]
    forms: tuple[re.Pattern[str], ...]


def _known(saying: _Saying) -> _Known:
    kind, _, path = saying.does.partition(" ")
    return _Known((Deed(EffectKind(kind), path),) if path else (), tuple(map(_form, saying.forms)))


def _form(text: str) -> re.Pattern[str]:
    text = _BLANKS.sub("", text)
    for part, meaning in _PARTS.items():
        text = text.replace(part, meaning)
    return re.compile(text, re.ASCII)


_SAYINGS: Final = {
    told: _known(saying)
    for told, saying in msgspec.yaml.decode(
        Path(__file__).with_name("sayings.yaml").read_bytes(), type=dict[str, _Saying]
    ).items()
}


def said(told: str, text: str) -> tuple[Deed, ...] | None:
    """What `text` does, told to a program by a flag (`ruby -e`); None where its form is not known."""
    if (known := _SAYINGS.get(told)) is None:
        return None
    found = next((found for form in known.forms if (found := form.fullmatch(text))), None)
    if found is None:
        return None
    named = [Deed(EffectKind(kind), path) for kind, path in found.groupdict().items() if path]
    return (*known.deeds, *named)

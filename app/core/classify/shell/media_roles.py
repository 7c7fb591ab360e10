"""What words mean to programs that read and make pictures, sounds and films: files of known kinds, and filters."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
# Files of pictures alone: what stands before a colon, and other endings, would choose how a file is understood.
_PICTURE = re.compile(r"(?!-)[\w./ -]+\.(?:png|jpe?g|gif|webp|bmp|ico|tiff?|avif)", re.ASCII | re.IGNORECASE)
_RECORDED = re.compile(
    r"(?!-)[\w./ %-]+\.(?:mp[34]|m4[av]|mov|mkv|webm|avi|gif|png|jpe?g|webp|wav|flac|ogg|opus|aac|srt|vtt)", re.ASCII
)
# No list of other files, and nothing but a name.
_NAME = re.compile(r"(?!-.)(?!.*\.(?:m3u8?|pls|vrt|wms|xspf)$)[\w./ +,()~*-]+", re.IGNORECASE)
# ffmpeg's filters that open no file.
_FILTER = (
    r"(?:\[[\w:]+\] ?)*(?:a?(?:split|trim|fade|setpts|reverse|null|format)|scale|fps|crop|pad|transpose|[hv]flip|rotate"
    r"|concat|palettegen|paletteuse|overlay|volume|loudnorm|atempo|thumbnail|tile|setsar|setdar|eq|hue|unsharp|boxblur|gblur"
    r"|yadif|amix|amerge|negate|loop|showinfo|(?:silence|black|volume)detect)(?:=[\w:.*+/()'= |-]*)?(?: ?\[[\w:]+\])*"
)
_FILTERS = re.compile(rf"{_FILTER}(?: ?[,;] ?{_FILTER})*", re.ASCII)


def _media(act: Act, arg: Arg, added_by: str) -> None:
    """A file for programs that also take `coder:file`, `protocol:address`, `|command`, lists and whole descriptions."""
    if not arg.why and not _NAME.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be more than a file", added_by)
    act.path(EffectKind.READ, arg, added_by)


def _called(shape: re.Pattern[str], kind: EffectKind) -> Role:
    """A file for ImageMagick or ffmpeg, which take many other words for programs, filters and addresses."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if not arg.why and not shape.fullmatch(arg.text):
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be more than a file", added_by)
        act.path(kind, arg, added_by)

    return role


def _filter(act: Act, arg: Arg, added_by: str) -> None:
    if arg.why or not _FILTERS.fullmatch(arg.text):
        act.opaque(arg.why or f"{act.name} {arg.text[:_LONGEST_PART]}: may open a file", added_by)
        act.access((arg,))


MEDIA_ROLES: dict[str, Role] = {
    "media": _media,
    "picture": _called(_PICTURE, EffectKind.READ),
    "drawn": _called(_PICTURE, EffectKind.WRITE),
    "recorded": _called(_RECORDED, EffectKind.WRITE),
    "filter": _filter,
}

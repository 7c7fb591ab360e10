"""`perl -pe`, `-ne` and `-i`: like `sed`, where the text does no more than that; others that compute."""

import re
from typing import Final

from app.core.classify.code.perl import perl_only_edits
from app.core.classify.code.vocabulary import computes
from app.core.classify.shell.act import Act
from app.core.classify.shell.program import judge
from app.core.classify.shell.renames import only_renames
from app.core.classify.shell.sed_losses import takes_all, takes_much
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import PROGRAMS
from app.core.model import EffectKind
from app.core.policy.wildcard import is_wild

# What follows `-i` ends its word: with `-pie` the copies end with `e`, and the next word is a script.
# Other separators than these could be patterns, which may hold code.
_FLAG: Final = re.compile(
    r"-(?:F[,:;]|M(?:List::Util|Scalar::Util|POSIX|Data::Dumper|Time::HiRes|Time::Local|MIME::Base64|Digest::(?:MD5|SHA)|JSON::PP"
    r"|Encode|strict|warnings|utf8|integer|big(?:int|num|rat))(?:=[a-zA-Z0-9_,]+)?|(?:[nplwa]|0[0-7]{0,3})*(?:(?P<in>i)(?P<copy>\.[A-Za-z0-9_]+)?|(?P<code>[eE]))?)"
)
_SUBSTITUTES: Final = re.compile(r"s([/|#,!])(.*?)\1(.*?)\1([a-z]*)")
_TRANSLATES: Final = re.compile(r"(?:tr|y)([/|#,!])(.*?)\1.*?\1([cds]*)")
# What follows in the file is not printed, and so not kept.
_STOPS: Final = re.compile(r"(?:\A|;)\s*last\b")
# INVARIANT: Perl opens `cmd|` by running it and `>x` by emptying it, so a name has to begin and end like a name.
_NAME: Final = re.compile(r"(?:[\w/~.][^\0\n]*)?[\w/.~-]", re.ASCII)


def perl(act: Act) -> None:
    """What Perl does to the files that it is given, or all that the data say of it."""
    words = act.args[1:]
    at = 0
    copy: str | None = None
    quiet = whole = False
    texts: list[str] = []
    while at < len(words) and words[at].text[:1] == "-" and words[at].text != "-":
        found = None if words[at].why else _FLAG.fullmatch(words[at].text)
        if found is None:
            judge(act, PROGRAMS["perl"])
            return
        quiet = quiet or "n" in words[at].text.partition("i")[0]
        whole = whole or "0" in words[at].text.partition("i")[0]
        if found["in"]:
            copy = found["copy"] or ""
        at += 1
        if found["code"]:
            texts.append("\0" if at == len(words) or words[at].why else words[at].text)
            at += 1
    files = words[at:]
    if not texts or not _is_harmless("\n".join(texts), edits=copy is not None) or not _are_files(files, act):
        judge(act, PROGRAMS["perl"])
        return
    act.record.spoken.add(act.index)
    if all(map(only_renames, texts)):
        act.record.renames[act.index] = tuple(texts)
    lost = quiet or any(_loses(text, whole=whole) for text in texts)
    for file in files:
        act.path(EffectKind.READ, file)
        if copy is not None:
            act.path(EffectKind.WRITE, file, "-i")
            if lost:
                act.path(EffectKind.DELETE, file, "-i")
        if copy:
            act.path(EffectKind.WRITE, Arg(file.text + copy, glob=file.glob), "-i")


def _is_harmless(text: str, *, edits: bool) -> bool:
    """What a file becomes is known of what only edits."""
    return perl_only_edits(text) or (not edits and computes("perl", text) is not None)


def _loses(text: str, *, whole: bool) -> bool:
    """Whether it leaves nothing of a file, or next to nothing; `whole` when more than a line is read at once."""
    return (
        _STOPS.search(text) is not None
        or any("d" in ending and ("c" in ending or "a-z" in chars) for _, chars, ending in _TRANSLATES.findall(text))
        or any(
            takes_all(pattern, made, ending) or (whole and takes_much(pattern, made))
            for _, pattern, made, ending in _SUBSTITUTES.findall(text)
        )
    )


def _are_files(files: tuple[Arg, ...], act: Act) -> bool:
    """Whether Perl only opens them. Names that come through a variable or a pipe may be split: `a id| b.txt`."""
    names = [file.text for file in files]
    if any(is_wild(name) for name in names):
        redirects = "<" in act.via or ">" in act.via
        if act.record.commands[act.index].under != -1 or redirects or act.via.split()[-len(names) :] != names:
            return False
    return all(not file.why and _NAME.fullmatch(file.text) is not None for file in files)

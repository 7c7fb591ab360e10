"""What words mean to git: revisions, paths inside them, remotes, settings."""

import re
from typing import Final

from app.core.classify.shell.act import Act, Role, located
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
# Settings of git that neither run anything nor name a file.
_HARMLESS = ("color.", "core.quotepath", "core.abbrev", "advice.", "log.date", "user.name", "user.email")
# Those that only switch something or choose among words, with the values that do no harm.
_SWITCHED = re.compile(
    r"(?:diff\.(?:renames|renamelimit|noprefix|mnemonicprefix|algorithm|colormoved|context|interhunkcontext|relative"
    r"|ignoresubmodules|wserrorhighlight|indentheuristic|suppressblankempty)|log\.(?:follow|decorate|abbrevcommit|mailmap)"
    r"|commit\.(?:verbose|status|cleanup)|merge\.(?:conflictstyle|renames|renamelimit|ff|stat|autostash)"
    r"|rebase\.(?:autostash|autosquash|updaterefs|stat)|protocol\.version|init\.defaultbranch|gc\.auto|gc\.autodetach"
    r"|maintenance\.auto|fetch\.(?:prune|prunetags|parallel)|pull\.(?:rebase|ff)|(?:branch|tag)\.sort|column\.[a-z]+"
    r"|grep\.(?:linenumber|column|fullname|patterntype|extendedregexp)|status\.[a-z]+|core\.(?:filemode|autocrlf|safecrlf"
    r"|eol|whitespace|ignorecase|preloadindex|precomposeunicode|untrackedcache|compression|longpaths|commentchar))"
    r"=[\w.,:#;-]*"
    r"|(?:commit\.gpgsign|tag\.gpgsign|log\.showsignature|submodule\.recurse|core\.(?:fsmonitor|symlinks))=(?:false|0|no)"
    r"|(?:core\.pager|pager\.[a-z]+)=(?:cat|false)?|(?:core|sequence)\.editor=(?:true|:)|core\.hookspath=/dev/null",
    re.ASCII | re.IGNORECASE,
)
# A revision as the line writes it, `$x~2..HEAD`, `main...$x` or `$x:a/file.py`.
_KEPT = re.compile(
    r"\"?(?:[A-Za-z0-9@][\w@^~-]*(?:[./][\w@^~-]+)*\.{2,3})?(?:(?:origin|upstream)/)?\$(?:\([^()]*\)|\w+|\{\w+\})\"?[~^0-9]*"
    r"(?:\"?\.{2,3}(?:[\w.~^@-]|\$\([^()]*\))*|:(?P<inside>[\w./-]+))?\"?",
)
# No branch is called so.
_LIKE_PATH = re.compile(
    r"[:.*/~].*|.*[*?\[].*|.*/|(?:src|lib|packages|internal|pkg|cmd|tests|scripts|examples|public)/.*|(?:.*/)?(?:src|lib"
    r"|apps?|packages|internal|pkg|cmd|tests?|spec|docs|examples|scripts|bin|config|public|assets|web|frontend|backend"
    r"|server|client|README|LICENSE|[A-Z][a-z]+file|.*\.(?:py|[jt]sx?|go|rs|java|kt|rb|php|cs?|cc|cpp|hp?p?|swift|md"
    r"|json|ya?ml|toml|css|html|txt|lock|sh|sql|ipynb))"
)
_SECTION = re.compile(
    r"\^?(?:branch|alias|core|user|pull|push|merge|diff|rebase|color|init|submodule)(?:\\?\.[\w.*\\+$-]*)?", re.ASCII
)
_STRATEGIES = frozenset(("ort", "recursive", "resolve", "octopus", "ours", "subtree"))
# By its ending a file, and no folder with all that lies in it.
_FILE = re.compile(r"/dev/null|-|(?:/|~/|\.{1,2}/)*(?:[\w.-]+/)*[\w-][\w.-]*\.(?!d$)[A-Za-z]\w*", re.ASCII)
_RANGE = re.compile(r"[^/].*[^/]\.\.\.?[^/.].*")
# In the values of these stand credentials.
_TELLING = re.compile(r"extraheader|token|pass|secret|api_?key|credential\..*store|insteadof|proxy", re.IGNORECASE)


def _path(act: Act, arg: Arg, added_by: str) -> None:
    """A revision, a path, or `revision:path`. Outside of its repository `git diff` reads any file."""
    if arg.revision and (kept := _KEPT.fullmatch(arg.text)):
        if kept["inside"]:
            act.path(EffectKind.READ, Arg(kept["inside"]), added_by)
        return
    if not act.known(arg, added_by):
        return
    _revision, colon, inside = arg.text.partition(":")
    if colon and inside:
        act.path(EffectKind.READ, Arg(inside), added_by)
    elif arg.text[:1] in ("/", "~", ".") or ("." in arg.text and (".." not in arg.text or "../" in arg.text)):
        act.path(EffectKind.READ, arg, added_by)


def _compared(act: Act, arg: Arg, added_by: str) -> None:
    """One of two files that are compared as they lie there."""
    if arg.why or not _FILE.fullmatch(arg.text):
        act.opaque(arg.why or f"{arg.text[:_LONGEST_PART]}: may be a folder, all of which is shown", added_by)
    act.path(EffectKind.READ, arg, added_by)


def _differing(act: Act, arg: Arg, added_by: str) -> None:
    """What is compared: revisions and paths; but where one lies outside, any two files or folders as they lie there."""
    here = not _leads_out(act, arg.text) and not _RANGE.fullmatch(arg.text)
    outside = here and any(_leads_out(act, operand.text) for operand in act.args[1:])
    (_compared if outside else _path)(act, arg, added_by)


def _leads_out(act: Act, text: str) -> bool:
    """Whether a path lies under another folder of the machine's: `/tmp/x`, where the work lies in `/home`."""
    return text[:1] != "-" and any(
        located(text, directory, act.state.home).split("/")[1:2] != directory.split("/")[1:2]
        for directory in act.state.directories
    )


def _range(act: Act, arg: Arg, added_by: str) -> None:
    """`1,9:path`, `:function:path`: lines of one file."""
    if arg.why:
        act.opaque(arg.why, added_by)
    else:
        act.path(EffectKind.READ, Arg(arg.text.rpartition(":")[2]), added_by)


def _remote(act: Act, arg: Arg, added_by: str) -> None:
    """A remote by its name or by its address."""
    _reach(act, arg, added_by, EffectKind.NETWORK)


def _source(act: Act, arg: Arg, added_by: str) -> None:
    """A remote from which something is taken."""
    _reach(act, arg, added_by, EffectKind.FETCH)


def _checked_out(act: Act, arg: Arg, added_by: str) -> None:
    """A branch or a commit, or what git takes for a path where none has that name: that is put back as it was."""
    if arg.why:
        if not arg.revision:
            act.opaque(arg.why, added_by)
    elif _LIKE_PATH.fullmatch(arg.text):
        act.path(EffectKind.DELETE, Arg(arg.text.rpartition(":")[2].lstrip("/!^)") or "."), added_by)


def _new(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a branch or tag to be made."""
    if arg.why:
        act.opaque(arg.why, added_by)
    else:
        act.path(EffectKind.WRITE, Arg("."), added_by)


def _reach(act: Act, arg: Arg, added_by: str, kind: EffectKind) -> None:
    if not act.known(arg, added_by):
        return
    if "::" in arg.text:
        # `ext::sh -c …` is a transport that runs a program.
        act.opaque(f"{arg.text[:_LONGEST_PART]}: a transport that runs a program", added_by)
    if arg.text[:1] in ("/", ".", "~") or arg.text[:5] == "file:":
        act.path(EffectKind.ACCESS, Arg(arg.text.removeprefix("file://")), added_by, deep=True)
    act.add(kind, arg.text if "://" in arg.text else f"git://{arg.text}", added_by)


def _setting(act: Act, arg: Arg, added_by: str) -> None:
    if arg.why:
        act.opaque(arg.why, added_by)
    elif not arg.text.lower().startswith(_HARMLESS) and not _SWITCHED.fullmatch(arg.text):
        act.opaque(f"git {added_by} {arg.text[:_LONGEST_PART]}: a setting that may run programs", added_by)


def _shown(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a setting whose value is shown."""
    if arg.why or _TELLING.search(arg.text):
        act.opaque(arg.why or f"{arg.text[:_LONGEST_PART]}: a setting in which a credential may stand", added_by)


def _section(act: Act, arg: Arg, added_by: str) -> None:
    """A pattern of settings' names that begins with the name of a section in which no credential stands."""
    if arg.why or not _SECTION.fullmatch(arg.text):
        act.opaque(arg.why or f"{arg.text[:_LONGEST_PART]}: settings in which a credential may stand", added_by)


def _strategy(act: Act, arg: Arg, added_by: str) -> None:
    """How to merge: any other name is that of a program, `git-merge-NAME`."""
    if arg.why or arg.text not in _STRATEGIES:
        act.opaque(arg.why or f"{arg.text[:_LONGEST_PART]}: a program that merges", added_by)


GIT_ROLES: dict[str, Role] = {
    "git-path": _path,
    "git-compared": _compared,
    "git-differing": _differing,
    "git-range": _range,
    "git-remote": _remote,
    "git-source": _source,
    "git-new": _new,
    "git-checked-out": _checked_out,
    "git-setting": _setting,
    "git-shown": _shown,
    "git-section": _section,
    "git-strategy": _strategy,
}

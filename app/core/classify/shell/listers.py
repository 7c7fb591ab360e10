"""Commands that print nothing but names of files: what `xargs` behind them is given."""

import re

from msgspec.structs import replace

from app.core.classify.shell.names import demanded, met, with_git
from app.core.classify.shell.project import is_below
from app.core.classify.shell.revisions import printed_revisions
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tables import PROGRAMS
from app.core.classify.shell.tree import Literal, Node, Part, Simple, Substitution, Word, literal
from app.core.model import Effect, EffectKind
from app.core.policy.wildcard import is_wild

_ONLY_NAMES = "--name-only"
_MATCHING = r"-[{0}]*l[{0}]*|--files-with-matches"
# No flag among them takes the next word, or the next letter, for its value.
_ALONE = re.compile(r"-[niwFvsIH]+|--cached|--staged|--hidden|--diff-filter=[A-Z]+")
# Each with the words that it must begin with, a flag that it must have, and those with which it prints other things.
_LISTERS: tuple[tuple[tuple[str, ...], re.Pattern[str], frozenset[str]], ...] = tuple(
    (begins, re.compile(flag), spoils)
    for begins, flag, spoils in (
        (("git", "ls-files"), "", frozenset(("-s", "--stage", "-t", "-v", "--format", "-u", "--eol"))),
        (
            ("git", "diff"),
            _ONLY_NAMES,
            frozenset(("-p", "-u", "--patch", "--stat", "--raw", "--numstat", "--summary", "--check")),
        ),
        (
            ("find",),
            "",
            frozenset(("-printf", "-ls", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprintf", "-fls")),
        ),
        (("fd",), "", frozenset(("-x", "-X", "--exec", "--exec-batch", "-l", "--list-details", "--format"))),
        (("rg",), "--files|" + _MATCHING.format("niwFvsH"), frozenset(("--pre", "-r", "--replace", "--json"))),
        (("git", "grep"), _MATCHING.format("niwFvsHE"), frozenset(("-O", "--open-files-in-pager"))),
        (("grep",), _MATCHING.format("rRniwFvsIHEZ"), frozenset()),
    )
)


_KIND = re.compile(r"(?:\.?[\w-][\w.-]*/)*(?:(?:\*\*/)?\.?\*[\w.-]+|[A-Za-z0-9_][\w.-]*(?:\*|/\*\*)?)", re.ASCII)
_LONE = re.compile(r".*\.(?!d$)\w+|Makefile|Dockerfile|Gemfile|Rakefile|README|LICENSE", re.ASCII)
_DEEPER = re.compile(r"(?:/\*\*)?/\*(?=\.)")
# What go prints are packages of the module.
_PACKAGES = re.compile(r"go list( \./([\w-]+/)*\.\.\.)*", re.ASCII)
# By these `ls` prints nothing but the names, in another order.
_LS = re.compile(r"-[1trSvcuXU]+")
# What the shell has found under such a pattern is a file, whose name `ls` prints as the pattern has it.
_FILES = re.compile(r"(?:[\w.-]+/)*[\w.-]*\*[\w.-]*\.[A-Za-z]\w*", re.ASCII)
# They leave out some of the lines that they are given, and shape none; each with the flags with which that is so.
_SIEVES = {
    "grep": re.compile(r"-[vEFiwxPe]+"),
    "head": re.compile(r"-n?[0-9]*"),
    "tail": re.compile(r"-n?[0-9]*"),
    "sort": re.compile(r"-[rnuVfz]+"),
    "uniq": re.compile(r"-[ui]"),
}
# Where a program lies. One that nobody here knows may be a script of somebody's own, with what stands in it.
_FOUND = re.compile(r"(?:which|command -v|type -P) (\w[\w.+-]*)", re.ASCII)
_FIRST = re.compile(r"(?:head|tail) -(?:n ?)?1")
_NAMES = frozenset(_SIEVES) | {words[0] for words, _, _ in _LISTERS} | {"command", "go", "ls", "type", "which"}


def listed(node: Node, effects: list[Effect], given: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """All that lies where a command looked, when it is known to print nothing but names of files.

    `given` are the names that it reads: a sieve prints some of them.
    """
    if not isinstance(node, Simple) or not node.words or node.words[0].source not in _NAMES:
        return ()
    if node.assignments or node.redirects:
        return ()
    words = list(map(_told, node.words))
    if given and (sieve := _SIEVES.get(words[0])):
        # It reads what it is given, if it looks at no file.
        plain = all(word != "?" and (word[:1] != "-" or sieve.fullmatch(word)) for word in words)
        if not plain or effects:
            return ()
        return tuple([replace(name, one=True) for name in given]) if _FIRST.fullmatch(" ".join(words)) else given
    if words[0] == "ls":
        return _found_by_ls(words[1:])
    if alike := _alike(" ".join(words)):
        return alike
    for begins, flag, spoils in _LISTERS:
        if (
            tuple(words[: len(begins)]) == begins
            and _has(words[len(begins) :], flag)
            and not any(word.partition("=")[0] in spoils for word in words)
        ):
            break
    else:
        return ()
    if any(effect.kind is not EffectKind.READ for effect in effects):
        return ()
    found = dict.fromkeys(effect.resource.removesuffix("/**") for effect in effects)
    trees = [path for path in found if not is_wild(path)]
    # INVARIANT: every name that may come lies below one of the trees.
    if any(not any(is_below(path, tree) for tree in trees) for path in found if is_wild(path)):
        return ()
    names = _names(words)
    below = [Arg(f"{tree.rstrip('/')}/**{name}", one=False, glob=True) for tree in trees for name in names or ("",)]
    # ripgrep searches a file that is named whatever it is called.
    return (*(map(Arg, trees) if names and words[0] == "rg" else ()), *below)


def _alike(line: str) -> tuple[Arg, ...]:
    """What a command prints, of which all that it may print is alike."""
    if line.startswith("git "):
        return printed_revisions(line)
    if (found := _FOUND.fullmatch(line)) and found[1] in PROGRAMS:
        return (Arg(f"/usr/bin/{found[1]}"),)
    return (Arg("./..."),) if _PACKAGES.fullmatch(line) else ()


def _told(word: Word) -> str:
    """What a word says, `HEAD` for what git prints of a revision; `?` where that is not known."""
    texts = [_of_git(part) if isinstance(part, Substitution) else part for part in word.parts]
    return literal(Word(word.source, tuple(texts)))


def _of_git(part: Substitution) -> Part:
    match part.body.items:
        case (Simple(words=words, assignments=(), redirects=()),) if printed_revisions(" ".join(map(literal, words))):
            return Literal("HEAD")
        case _:
            return part


def _found_by_ls(words: list[str]) -> tuple[Arg, ...]:
    """The names that fit its patterns; what lies in a folder it prints without the folder's name."""
    named = [word for word in words if not _LS.fullmatch(word)]
    if not all(map(_FILES.fullmatch, named)):
        return ()
    return tuple([Arg(name, one=False, glob=True, loose=name[0] == "*") for name in named])


def _has(words: list[str], flag: re.Pattern[str]) -> bool:
    """INVARIANT: what may be the value of another flag is no flag: `grep -e -l` prints contents."""
    for word in words if flag.pattern else ():
        if flag.fullmatch(word):
            return True
        if word[:1] in ("-", "?") and not _ALONE.fullmatch(word):
            return False
    return not flag.pattern


def _names(words: list[str]) -> tuple[str, ...]:
    """`/NAME` for each way in which all that is printed is asked to be called; nothing where it is not."""
    if words[0] == "find":
        # (A word that is not known is no name: it may hold a slash.)
        found = with_git(demanded([word if word != "?" else "/" for word in words[1:]]))
    elif words[0] == "grep":
        found = with_git(_included(words, ("--include",), ("--exclude",)))
    elif words[0] == "rg":
        found = _included(words, ("-g", "--glob"), ())
    else:
        # git matches a pattern without a slash against the names in every folder, and its `*` takes a slash as well.
        found = tuple([_DEEPER.sub("/**/*", name) for name in words[2:]]) if words[1:2] == ["ls-files"] else ()
        # INVARIANT: what is no pattern may be a folder, and means all that lies in it.
        found += tuple([f"{name}/**" for name in found if not is_wild(name) and not _LONE.fullmatch(name)])
    plain = all(_KIND.fullmatch(name.removeprefix(".git/**/")) for name in found)
    return tuple([f"/{name}" for name in found]) if plain else ()


def _included(words: list[str], flags: tuple[str, ...], spoils: tuple[str, ...]) -> tuple[str, ...]:
    """What is asked for by flags like `--include`."""
    found: list[str] = []
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        # INVARIANT: what is left out first makes a file that fits nothing one that is searched.
        if flag in spoils:
            return ()
        if flag in flags:
            value = value if equals else words[at + 1] if at + 1 < len(words) else ""
            found += () if value[:1] == "!" else met(value)
    return tuple(found)

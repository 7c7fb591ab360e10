"""Commands that print nothing but names of files: what `xargs` behind them is given."""

import re

from app.core.classify.shell.find import CHOICE, asked
from app.core.classify.shell.project import is_below
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tree import Literal, Node, Simple
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
        (("grep",), _MATCHING.format("rRniwFvsIHE"), frozenset()),
    )
)


_KIND = re.compile(r"\*[A-Za-z0-9_.-]+|[A-Za-z0-9_][A-Za-z0-9_.-]*\*?")
# They leave out some of the lines that they are given, and shape none; each with the flags with which that is so.
_SIEVES = {
    "grep": re.compile(r"-[vEFiwxPe]+"),
    "head": re.compile(r"-n?[0-9]*"),
    "tail": re.compile(r"-n?[0-9]*"),
    "sort": re.compile(r"-[rnuVfz]+"),
    "uniq": re.compile(r"-[ui]"),
}
_NAMES = frozenset(_SIEVES) | {words[0] for words, _, _ in _LISTERS}


def listed(node: Node, effects: list[Effect], given: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """All that lies where a command looked, when it is known to print nothing but names of files.

    `given` are the names that it reads: a sieve prints some of them.
    """
    if not isinstance(node, Simple) or not node.words or node.words[0].source not in _NAMES:
        return ()
    if node.assignments or node.redirects:
        return ()
    words = [
        part.text if isinstance(part := word.parts[0], Literal) and len(word.parts) == 1 else "?" for word in node.words
    ]
    if given and (sieve := _SIEVES.get(words[0])):
        # It reads what it is given, if it looks at no file.
        plain = all(word != "?" and (word[:1] != "-" or sieve.fullmatch(word)) for word in words)
        return given if plain and not effects else ()
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
    name = _name(words)
    return tuple([Arg(f"{tree.rstrip('/')}/**{name}", one=False, glob=True) for tree in trees])


def _has(words: list[str], flag: re.Pattern[str]) -> bool:
    """INVARIANT: what may be the value of another flag is no flag: `grep -e -l` prints contents."""
    for word in words if flag.pattern else ():
        if flag.fullmatch(word):
            return True
        if word[:1] in ("-", "?") and not _ALONE.fullmatch(word):
            return False
    return not flag.pattern


def _name(words: list[str]) -> str:
    """`/NAME` when every name that is printed is asked to be one."""
    words = asked(words)
    if words[0] == "find" and words.count("-name") == 1 and CHOICE.isdisjoint(words):
        named = words[words.index("-name") :][1:2]
    else:
        # git matches a pattern without a slash against the names in every folder.
        named = words[2:] if words[1:2] == ["ls-files"] and len(words) == 3 else []
    return f"/{named[0]}" if named and _KIND.fullmatch(named[0]) else ""

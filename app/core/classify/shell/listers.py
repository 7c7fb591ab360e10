"""Commands that print nothing but names of files: what `xargs` behind them is given."""

import re

from app.core.classify.shell.find import CHOICE, asked
from app.core.classify.shell.project import is_below
from app.core.classify.shell.state import Arg
from app.core.classify.shell.tree import Literal, Node, Simple
from app.core.model import Effect, EffectKind
from app.core.policy.wildcard import is_wild

# Each with the words that it must begin with, and the flags with which it prints something else.
_LISTERS: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    (("git", "ls-files"), frozenset(("-s", "--stage", "-t", "-v", "--format", "-u", "--eol"))),
    (("git", "diff", "--name-only"), frozenset()),
    (("find",), frozenset(("-printf", "-ls", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprintf", "-fls"))),
    (("fd",), frozenset(("-x", "-X", "--exec", "--exec-batch", "-l", "--list-details", "--format"))),
    (("rg", "--files"), frozenset(("--pre",))),
    (("rg", "-l"), frozenset(("--pre", "-r", "--replace", "--json"))),
    (("grep", "-l"), frozenset()),
    (("grep", "-rl"), frozenset()),
    (("grep", "-rln"), frozenset()),
    (("grep", "-lr"), frozenset()),
    (("grep", "-rlE"), frozenset()),
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
_NAMES = frozenset(_SIEVES) | {words[0] for words, _ in _LISTERS}


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
    for begins, spoils in _LISTERS:
        if tuple(words[: len(begins)]) == begins and not any(word.partition("=")[0] in spoils for word in words):
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


def _name(words: list[str]) -> str:
    """`/NAME` when every name that is printed is asked to be one."""
    words = asked(words)
    if words[0] == "find" and words.count("-name") == 1 and CHOICE.isdisjoint(words):
        named = words[words.index("-name") :][1:2]
    else:
        # git matches a pattern without a slash against the names in every folder.
        named = words[2:] if words[1:2] == ["ls-files"] and len(words) == 3 else []
    return f"/{named[0]}" if named and _KIND.fullmatch(named[0]) else ""

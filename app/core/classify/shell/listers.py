"""Commands that print nothing but names of files: what `xargs` behind them is given."""

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


def listed(node: Node, effects: list[Effect]) -> tuple[Arg, ...]:
    """All that lies where a command looked, when it is known to print nothing but names of files."""
    if not isinstance(node, Simple) or node.assignments or node.redirects:
        return ()
    words = [
        part.text if isinstance(part := word.parts[0], Literal) and len(word.parts) == 1 else "?" for word in node.words
    ]
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
    return tuple([Arg(f"{tree.rstrip('/')}/**", one=False, glob=True) for tree in trees])

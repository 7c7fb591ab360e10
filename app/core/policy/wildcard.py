"""Wildcards inside one item: `*`, `?`, `[abc]`, `[!a-z]`; no escapes, since paths and words arrive unquoted."""

from functools import lru_cache
from itertools import takewhile

from msgspec import Struct

from app.core.policy.overlap import overlap

# No file system takes longer names; what is longer is not worth the steps and counts as unknown.
LONGEST = 255
_SPECIAL = frozenset("*?[")


class OneOf(Struct, frozen=True):
    """A bracket expression; `ranges` are inclusive."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool

    def holds(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) is not self.negated


class _Star(Struct, frozen=True):
    pass


class _One(Struct, frozen=True):
    pass


STAR = _Star()
ONE = _One()
Token = str | OneOf | _Star | _One


def is_wild(text: str) -> bool:
    """Whether a text holds a wildcard. A bracket that nothing closes is an ordinary character."""
    return not _SPECIAL.isdisjoint(text) and ("*" in text or "?" in text or "]" in text.partition("[")[2])


@lru_cache(maxsize=4_096)
def tokens(text: str) -> tuple[Token, ...]:
    """The wildcards and characters of `text`. An unclosed bracket is an ordinary character."""
    out: list[Token] = []
    at = 0
    while at < len(text):
        character = text[at]
        close = text.find("]", at + (3 if text[at + 1 : at + 2] in ("!", "^") else 2)) if character == "[" else -1
        if character == "*":
            if not out or out[-1] is not STAR:
                out.append(STAR)
        elif character == "?":
            out.append(ONE)
        elif close > 0:
            out.append(_one_of(text[at + 1 : close]))
            at = close
        else:
            out.append(character)
        at += 1
    return tuple(out)


def _one_of(inner: str) -> OneOf:
    negated = inner[0] in "!^"
    rest = inner[1:] if negated else inner
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(rest):
        if rest[at + 1 : at + 2] == "-" and at + 2 < len(rest):
            ranges.append((rest[at], rest[at + 2]))
            at += 3
        else:
            ranges.append((rest[at], rest[at]))
            at += 1
    return OneOf(tuple(ranges), negated)


def matches(wild: str, text: str) -> bool:
    """Whether the literal `text` matches `wild`."""
    first, *rest = _chunks(wild)
    if not _begins(first, text, 0):
        return False
    if not rest:
        return len(first) == len(text)
    *middle, last = rest
    at = len(first)
    # What lies between stars is placed as early as it can be, which leaves the most room for what follows.
    for chunk in middle:
        at = _find(chunk, text, at)
        if at < 0:
            return False
        at += len(chunk)
    return len(text) - len(last) >= at and _begins(last, text, len(text) - len(last))


def ends(wild: str) -> tuple[str, str]:
    """The literal texts that everything which matches `wild` begins and ends with."""
    chunks = _chunks(wild)
    return _leading(chunks[0]), _leading(chunks[-1][::-1])[::-1]


def _leading(chunk: str | tuple[Token, ...]) -> str:
    return "".join(
        [token for token in takewhile(lambda token: isinstance(token, str), chunk) if isinstance(token, str)]
    )


@lru_cache(maxsize=4_096)
def _chunks(wild: str) -> tuple[str | tuple[Token, ...], ...]:
    """What stands between the stars; a text where it holds no other wildcard."""
    return tuple(_literal(part) for part in _parts(wild))


def _literal(part: tuple[Token, ...]) -> str | tuple[Token, ...]:
    texts = [token for token in part if isinstance(token, str)]
    return "".join(texts) if len(texts) == len(part) else part


def _begins(chunk: str | tuple[Token, ...], text: str, at: int) -> bool:
    if isinstance(chunk, str):
        return text.startswith(chunk, at)
    return len(text) - at >= len(chunk) and all(
        _takes(token, character) for token, character in zip(chunk, text[at : at + len(chunk)], strict=True)
    )


def _find(chunk: str | tuple[Token, ...], text: str, start: int) -> int:
    if isinstance(chunk, str):
        return text.find(chunk, start)
    return next((at for at in range(start, len(text) - len(chunk) + 1) if _begins(chunk, text, at)), -1)


def intersect(wild: str, other: str) -> bool:
    """Whether some name matches both. A `*` or `?` that begins `other` leaves dot files out, as shells do.

    Two brackets always count as meeting: the answer may be a false yes, never a false no.
    """
    if len(wild) > LONGEST or len(other) > LONGEST:
        return True
    if other[:1] in ("*", "?") and wild[:1] == ".":
        return False
    return overlap(tokens(wild), tokens(other), (_is_star, _is_star), _meet)


def says(wild: str, name: str) -> bool:
    """Whether `wild`, which may stand for `name`, tells half of its characters from an end, or most of them.

    `.e*` and `*_rsa` say what they mean, `a*` and `README*` do not mean `agent.key`. `name` may hold a `*` itself.
    """
    first, *others = _parts(wild)
    if not others:
        return True
    *middle, last = others
    begin, end = _parts(name)[0], _parts(name)[-1]
    told = _alike(first, begin) + _alike(last[::-1], end[::-1])
    inside = max([len(text) for text in map(_literal, middle) if isinstance(text, str) and text in name], default=0)
    size = len(name) - name.count("*")
    return 2 * told >= size or 4 * (told + inside) >= 3 * size


def _parts(wild: str) -> list[tuple[Token, ...]]:
    """What stands between the stars, token by token."""
    parts: list[list[Token]] = [[]]
    for token in tokens(wild):
        if token is STAR:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts]


def _alike(one: tuple[Token, ...], other: tuple[Token, ...]) -> int:
    """How many tokens may be the same character, from the first one on."""
    pairs = zip(one, other, strict=False)
    return next((at for at, pair in enumerate(pairs) if not _meet(*pair)), min(len(one), len(other)))


def within(inner: str, outer: str) -> bool:
    """Whether all that `inner` matches is surely matched by `outer`; a no may be wrong."""
    if outer in ("*", inner) or (not is_wild(inner) and matches(outer, inner)):
        return True
    return outer[-1:] == "*" and not is_wild(outer[:-1]) and inner.startswith(outer[:-1])


def _is_star(token: Token) -> bool:
    return token is STAR


def _takes(token: Token, character: str) -> bool:
    if isinstance(token, str):
        return token == character
    return token.holds(character) if isinstance(token, OneOf) else True


def _meet(one: Token, other: Token) -> bool:
    if isinstance(one, str):
        return _takes(other, one)
    return _takes(one, other) if isinstance(other, str) else True

"""Wildcards inside one item: `*`, `?`, `[abc]`, `[!a-z]`; no escapes, since paths and words arrive unquoted."""

from functools import lru_cache

from msgspec import Struct

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
    return not _SPECIAL.isdisjoint(text)


@lru_cache(maxsize=4096)
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
    """Whether the literal `text` matches `wild`: greedy, returning only to the last star."""
    pattern = tokens(wild)
    at = position = 0
    resume_at = resume_position = -1
    while position < len(text):
        token = pattern[at] if at < len(pattern) else None
        if token is STAR:
            resume_at, resume_position = at, position
            at += 1
        elif token is not None and _takes(token, text[position]):
            at += 1
            position += 1
        elif resume_at >= 0:
            resume_position += 1
            at, position = resume_at + 1, resume_position
        else:
            return False
    return all(rest is STAR for rest in pattern[at:])


def intersect(wild: str, other: str) -> bool:
    """Whether some name matches both. A wildcard that begins `other` leaves dot files out, as shells do.

    Two brackets always count as meeting: the answer may be a false yes, never a false no.
    """
    if len(wild) > LONGEST or len(other) > LONGEST:
        return True
    if is_wild(other[:1]) and wild[:1] == ".":
        return False
    left, right = tokens(wild), tokens(other)
    # `reached` holds the positions in `right` that some prefix can stand at together with `at` in `left`.
    reached = _over_stars({0}, right)
    for token in left:
        if token is STAR:
            reached = set(range(min(reached, default=len(right) + 1), len(right) + 1))
            continue
        step: set[int] = set()
        for position in reached:
            if position < len(right):
                facing = right[position]
                if facing is STAR:
                    step.add(position)
                elif _meet(token, facing):
                    step.add(position + 1)
        reached = _over_stars(step, right)
    return len(right) in reached


def _over_stars(positions: set[int], pattern: tuple[Token, ...]) -> set[int]:
    return positions | {at + 1 for at in positions if at < len(pattern) and pattern[at] is STAR}


def _takes(token: Token, character: str) -> bool:
    if isinstance(token, str):
        return token == character
    return token.holds(character) if isinstance(token, OneOf) else True


def _meet(one: Token, other: Token) -> bool:
    if isinstance(one, str):
        return _takes(other, one)
    return _takes(one, other) if isinstance(other, str) else True

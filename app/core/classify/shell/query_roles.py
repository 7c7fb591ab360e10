"""What words mean to programs that ask a service to which the user is signed in."""

import re
from collections.abc import Callable
from typing import Final

from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.state import Arg

_LONGEST_PART: Final = 80
_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.,/_-]*")
# INVARIANT: no `go-template-file=F` and its like, which print what stands in the file.
_SHOWN: Final = re.compile(
    r"json|yaml|wide|name|custom-columns=.*|(?:jsonpath|jsonpath-as-json|go-template|template)=.*", re.DOTALL
)
# Of a forge that the user is signed in to, never with another machine before it.
_REPOSITORY: Final = re.compile(r"(?:(?:https://)?github\.com/)?[\w.-]+(?:/[\w.-]+)?", re.ASCII)
_FORGE_PROJECT: Final = re.compile(r"(?:https://gitlab\.com/)?[\w-]+(?:/[\w.-]+){0,4}", re.ASCII)
_ITEM: Final = re.compile(r"(?!.*://).*|https://(?:gist\.)?(?:github|gitlab)\.com/[\w./%#-]+", re.DOTALL)
_ENDPOINT: Final = re.compile(
    r"(?!.*//)(?:/(?=(?:orgs|projects|repos|search|users)/))?[\w.@:{}-][\w./,@:{}%+-]*(?:\?[\w.,=&%+:@/{}\[\]-]*)?",
    re.ASCII,
)
# What an answer may hold by such a word in its address.
_KEPT: Final = re.compile(r"secret|token|variable|credential|password|key|\.env", re.IGNORECASE)
# `q==text` and `Accept:type` of httpie; `name=text` would be sent as more than a question.
_ASKED: Final = re.compile(r"[\w.-]+==(?!@).*|(?i:accept):[\w.+/*-]+", re.ASCII)
_MEDIA_TYPE: Final = re.compile(r"(?i:accept): ?[\w.+/*-]+|(?i:x-github-api-version): ?[0-9-]+")
# INVARIANT: only these two change or listen, wherever they stand; a text that holds the word is not believed either.
_ACTS: Final = re.compile(r"mutation|subscription")
# Of what Google keeps, what tells no settings: `value(status.url)`, `table(name,zone)`.
_COLUMN: Final = r"[a-z]\w*(?:\.\w+|\[[0-9]*\])*(?:\.[a-z]+\(\))?(?::label=\w+)?"
_COLUMNS: Final = re.compile(
    rf"(?!(?i:.*(?:metadata|template|env|auth|secret|key|config|spec|password)))"
    rf"(?:table|value|csv)(?:\[[\w,-]+\])?\({_COLUMN}(?:, ?{_COLUMN})*\)",
    re.ASCII,
)


def _kind(text: str) -> bool:
    return "secret" not in text.lower() and text != "token" and _KIND.fullmatch(text) is not None


def _endpoint(text: str) -> bool:
    return not _KEPT.search(text) and _ENDPOINT.fullmatch(text) is not None


def _graphql(text: str) -> bool:
    """`query=…`, or a variable of it; a file in its place (`query=@F`) is not read."""
    _, equals, value = text.partition("=")
    return equals == "=" and value[:1] != "@" and not _ACTS.search(value)


def _only(asks: Callable[[str], object], why: str) -> Role:
    """A word that only asks; what any other would do is not known."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if arg.why:
            act.opaque(arg.why, added_by)
        elif not asks(arg.text):
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: {why}", added_by)
            act.access((arg,))

    return role


QUERY_ROLES: dict[str, Role] = {
    "kinds": _only(_kind, "may show credentials"),
    "shown": _only(_SHOWN.fullmatch, "may print a file"),
    "columns": _only(_COLUMNS.fullmatch, "may show settings"),
    "repository": _only(_REPOSITORY.fullmatch, "may lie on another machine"),
    "forge-project": _only(_FORGE_PROJECT.fullmatch, "may lie on another machine"),
    "item": _only(_ITEM.fullmatch, "may lie on another machine"),
    "asked": _only(_ASKED.fullmatch, "may be sent"),
    "get": _only(frozenset(("GET", "HEAD")).__contains__, "may do more than ask"),
    "grpc": _only(frozenset(("list", "describe")).__contains__, "may be called"),
    "media-type": _only(_MEDIA_TYPE.fullmatch, "a header that is not known"),
    "endpoint": _only(_endpoint, "may show credentials"),
    "graphql": _only(_graphql, "may be more than a query"),
}

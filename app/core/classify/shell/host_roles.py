"""What words mean to programs that talk to other machines: addresses, hosts, what is sent."""

import re
from typing import Final

from app.core.classify.paths import Place, normalise
from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.state import Arg
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
# This machine, which alone may then ask, and the port on which it listens. A port alone is everybody's.
_HERE = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?|::1")
_OWN_URL = re.compile(
    r"(?:https?://)?(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?(?:/[\w./?=&%-]*)?|:[0-9]{1,5}(?:/[\w./?=&%-]*)?",
    re.ASCII,
)
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24}\.?", re.ASCII)
# What is asked of a name server about a name.
_RECORD = re.compile(r"\+[a-z0-9=]+|-x|ANY|A|AAAA|CAA|CNAME|DNSKEY|DS|MX|NS|PTR|SOA|SRV|TXT")
# How something is asked, too. INVARIANT: none of these has room for anything that somebody would want to learn.
_FORM = re.compile(
    r"(?:accept|content-type): ?(?:\*/\*|(?:application|text)/(?:json|xml|html|plain|csv|yaml|event-stream"
    r"|x-ndjson|javascript|vnd\.github(?:\.v3)?(?:\.raw|\.html)?\+json))(?:; ?charset=utf-8)?"
    r"|GET|HEAD|OPTIONS"
    r"|cache-control: ?no-(?:cache|store)|x-requested-with: ?xmlhttprequest|accept-encoding: ?(?:gzip|br|identity)",
    re.IGNORECASE,
)


def _url(act: Act, arg: Arg, added_by: str) -> None:
    if not act.known(arg, added_by):
        return
    if arg.text[:5].lower() == "file:":
        act.add(EffectKind.READ, normalise(arg.text, Place()), added_by)
    elif arg.text[:1] == "@":
        act.opaque(f"{arg.text[:_LONGEST_PART]}: addresses from a file", added_by)
        _data(act, arg, added_by)
    elif any(mark in arg.text for mark in "{}[]"):
        act.opaque(f"{arg.text[:_LONGEST_PART]}: several addresses", added_by)
    # INVARIANT: whatever a flag brings may be sent.
    kind = EffectKind.NETWORK if act.sends or added_by else EffectKind.FETCH
    act.add(kind, arg.text if "://" in arg.text else f"http://{arg.text}", added_by)


# A file by its name: an ending that no machine's name has, or a folder before it, called as folders of pages are.
# (`evil/x.html` is looked for on www.evil.com, where no such folder is.)
_FOLDER = (
    r"(?:\.{0,2}/|~/|(?:[.]?_?(?:docs?|site|public|static|html?|htmlcov|cov|coverage|reports?|build|book|dist|out|output"
    r"|target|tests?|templates|src|www|web|pages|api|examples?|fixtures|data|tmp))/)"
)
_PAGE = re.compile(rf"-|[\w-]+(?:\.x?html?|\.txt)|{_FOLDER}(?:[\w.-]+/)*[\w.-]+")


def _document(act: Act, arg: Arg, added_by: str) -> None:
    """A page at an address, or a file."""
    if "://" in arg.text:
        _url(act, arg, added_by)
        return
    # INVARIANT: where no file has such a name, a machine may (`docs.md`, too), or what follows a colon is run.
    if not arg.why and not _PAGE.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be an address", added_by)
    act.path(EffectKind.READ, arg, added_by)


def _data(act: Act, arg: Arg, added_by: str) -> None:
    """Text to send, or `@file`."""
    if act.known(arg, added_by) and arg.text[:1] == "@" and arg.text != "@-":
        act.path(EffectKind.READ, Arg(arg.text[1:]), added_by)


def is_form(header: str) -> bool:
    """Whether a header only says in which form to ask or to answer."""
    return bool(_FORM.fullmatch(header))


def _form(act: Act, arg: Arg, added_by: str) -> None:
    """`name=text`, `name=@file`, `name=<file`, `name@file`."""
    if not act.known(arg, added_by):
        return
    _, mark, value = arg.text.partition("=")
    if not mark:
        _, mark, value = arg.text.partition("@")
        value = "@" + value if mark else ""
    if value[:1] in ("@", "<"):
        for file in value[1:].partition(";")[0].split(","):
            if file != "-":
                act.path(EffectKind.READ, Arg(file), added_by)


def _remote(act: Act, arg: Arg, added_by: str) -> None:
    """`host:path` over the network, or a path here."""
    if not act.known(arg, added_by):
        return
    host, colon, _path = arg.text.partition(":")
    if colon and "/" not in host:
        act.add(EffectKind.NETWORK, f"ssh:{host}", added_by)
    else:
        act.path(EffectKind.ACCESS, arg, added_by, deep=True)


def _remote_into(act: Act, arg: Arg, added_by: str) -> None:
    """Where everything is brought: to another machine, or a folder here, of which any file may be replaced."""
    host, colon, _path = arg.text.partition(":")
    if arg.why or (colon and "/" not in host):
        _remote(act, arg, added_by)
    else:
        act.path(EffectKind.WRITE, arg, added_by, deep=True)


def _host(act: Act, arg: Arg, added_by: str) -> None:
    if act.known(arg, added_by):
        act.add(EffectKind.NETWORK, f"{act.name}:{arg.text}", added_by)


def _lookup(act: Act, arg: Arg, added_by: str) -> None:
    """A name that is looked up, how, and at which server. A name says no more than an address that is fetched."""
    if not arg.why and _DOMAIN.fullmatch(arg.text):
        act.add(EffectKind.FETCH, f"dns://{arg.text.rstrip('.')}", added_by)
        return
    if arg.why or not _RECORD.fullmatch(arg.text):
        _host(act, Arg(arg.text.removeprefix("@"), arg.why), added_by)


def _listen(act: Act, arg: Arg, added_by: str) -> None:
    """Where a server listens: on this machine only, or for others too."""
    if arg.why or not _HERE.fullmatch(arg.text):
        _host(act, arg, added_by)


def _own_url(act: Act, arg: Arg, added_by: str) -> None:
    """An address of this machine, which may be asked as often as one likes; any other is not."""
    own = arg.why == "" and _OWN_URL.fullmatch(arg.text) is not None
    if own:
        address = f"localhost{arg.text}" if arg.text[0] == ":" else arg.text
        act.add(EffectKind.FETCH, address if "://" in address else f"http://{address}", added_by)
    else:
        _url(act, arg, added_by or act.name)


def _format(act: Act, arg: Arg, added_by: str) -> None:
    """What curl writes out: it may read its text from a file, and write what it prints to one."""
    if "%output" in arg.text:
        act.opaque(f"{arg.text[:_LONGEST_PART]}: writes a file", added_by)
    _data(act, arg, added_by)


def _cookie(act: Act, arg: Arg, added_by: str) -> None:
    """`name=value`, or a file."""
    if act.known(arg, added_by) and "=" not in arg.text:
        act.path(EffectKind.READ, arg, added_by)


HOST_ROLES: dict[str, Role] = {
    "url": _url,
    "document": _document,
    "data": _data,
    "header": _data,
    "form": _form,
    "remote": _remote,
    "remote-into": _remote_into,
    "host": _host,
    "lookup": _lookup,
    "listen": _listen,
    "own-url": _own_url,
    "format": _format,
    "cookie": _cookie,
}

"""Commands of git that print revisions and nothing else: hashes, and names of branches and tags."""

import re

from app.core.classify.shell.state import Arg

# One that git knows, or what is none. (Not `HEAD:path`: of that the file is what is printed.)
_ANY = r"[A-Za-z0-9_@][\w./~^@{}-]*"
# What `rev-parse` does not know it prints as it was told: these are such as no credential is called.
_PLAIN = (
    r"(?:(?:origin/|upstream/)?(?:HEAD|main|master|develop|dev|@)|@\{(?:u|upstream|push)\}|v?[0-9]+(?:\.[0-9]+)*"
    r"|(?:feat|feature|fix|bugfix|hotfix|release|chore)/[\w-]+(?:\.[0-9]+)*)(?:[~^][0-9]*)*"
)
_HEAD = r"(?:HEAD|@)(?:[~^][0-9]*)*"
_CHOSEN = (
    r"-n|-n?[0-9]+|--(?:max-count|skip)=[0-9]+|--(?:diff-filter|author|grep|since|until|after|before)=[\w.:/@+-]+"
    r"|--(?:all|branches|tags|(?:no-)?merges|reverse|first-parent|follow|max-parents=0)"
)
_PATHS = r"(?: --(?: [^ ]+)+)?"
_HASH = r"--(?:format|pretty)=(?:format:)?%[Hh]"
_NAME = r"--format=%\(refname:short\)"
_SORTED = r"--sort=-?[\w:]+|--(?:no-)?(?:merged|contains)|--count=[0-9]+|-[arl]|--list|\w[\w./*-]*\*[\w./*-]*"


def _command(words: str, flags: str, operands: str) -> str:
    return rf"(?:{words})(?: (?:{flags}|{operands}))*"


_HASHES = re.compile(
    "git (?:"
    + "|".join(
        (
            _command("merge-base", "--(?:all|octopus|fork-point)", _ANY),
            _command("rev-list", _CHOSEN, _ANY) + _PATHS,
            _command(f"(?:log|reflog)(?= (?:.* )?{_HASH}(?: |$))", f"{_CHOSEN}|{_HASH}", _ANY) + _PATHS,
            _command("rev-parse", "--short(?:=[0-9]+)?|--verify|--quiet|-q", _HEAD),
        )
    )
    + ")",
    re.ASCII,
)
# None of them begins with `-`. (A tag may that somebody else has made: it has to be asked for by how it begins.)
_NAMES = re.compile(
    "git (?:"
    + "|".join(
        (
            _command("rev-parse", "--(?:short(?:=[0-9]+)?|verify|quiet|abbrev-ref|symbolic-full-name)|-q", _PLAIN),
            _command("describe", "--(?:tags|all|always|dirty|long|exact-match|contains|abbrev=[0-9]+)", _ANY),
            _command("symbolic-ref", "--(?:short|quiet)|-q", "HEAD|refs/remotes/(?:origin|upstream)/HEAD"),
            "branch --show-current",
            _command(f"branch(?= (?:.* )?{_NAME}(?: |$))", f"{_NAME}|{_SORTED}", _ANY),
            _command(
                f"for-each-ref(?= (?:.* )?{_NAME}(?: |$))(?= .*refs/)",
                f"{_NAME}|{_SORTED}",
                r"refs/(?:heads|remotes)[\w/-]*",
            ),
            r"tag (?:-l|--list)(?: --sort=-?[\w:]+| [A-Za-z0-9][\w.*-]*)* [A-Za-z0-9][\w.*-]*(?: --sort=-?[\w:]+)*",
        )
    )
    + ")",
    re.ASCII,
)


def printed_revisions(line: str) -> tuple[Arg, ...]:
    """What a command of git prints, whose words are joined by blanks: an example, or a name that is not known."""
    if _HASHES.fullmatch(line):
        return (Arg("0a1b2c3d"),)
    if _NAMES.fullmatch(line):
        return (Arg("$ref", "a branch's or tag's name, which is not known", free=True, revision=True),)
    return ()

"""What words mean to the clients of databases: statements, databases, the machines that these lie on."""

import re
from typing import Final

from msgspec.structs import replace

from app.core.classify.host_kinds import kinds
from app.core.classify.shell.act import Act, Role
from app.core.classify.shell.path_roles import PATH_ROLES
from app.core.classify.shell.state import Arg
from app.core.classify.sql import judge
from app.core.model import EffectKind

_LONGEST_PART: Final = 80
_LONGEST_HOST: Final = 253
# How mysql is told to show a row as lines: no part of the statement.
_UPRIGHT: Final = re.compile(r"\\[gG]\s*\Z")
# What psql is told about itself.
_VARIABLE: Final = re.compile(
    r"ON_ERROR_STOP=(?:0|1|on|off)|VERBOSITY=[a-z]+|QUIET=(?:0|1|on|off)|ECHO(?:_HIDDEN)?=[a-z]+"
)
# What mongosh is asked. INVARIANT: between brackets nothing is called, and no code stands for the server to run.
_CODE: Final = r"\$(?:where|function|accumulator|out|merge)|process|require|global|module|import"
_GIVEN: Final = rf"\((?!.*(?:{_CODE}))[\w\s{{}}\[\]:,.'\"$/@*+-]*\)"
_ABOUT: Final = "stats|version|hostInfo|serverStatus|getCollectionNames|getCollectionInfos|getName|getUsers|getRoles"
_ASKED: Final = "ping|buildInfo|serverStatus|listDatabases|dbStats|hello|connectionStatus"
_COLLECTION: Final = r"(?:\w+|getCollection\(['\"][\w.-]+['\"]\))"
_FINDS: Final = "find|findOne|count|countDocuments|estimatedDocumentCount|distinct|getIndexes|stats|aggregate"
_MONGO: Final = re.compile(
    rf"show (?:dbs|databases|collections|tables|users|roles|profile)|db|db\.(?:{_ABOUT})\(\)"
    rf"|db\.(?:runCommand|adminCommand)\(\{{ ?['\"]?(?:{_ASKED})['\"]?: ?1 ?\}}\)"
    rf"|(?:printjson\()?db\.{_COLLECTION}\.(?:{_FINDS}){_GIVEN}"
    rf"(?:\.(?:limit|sort|skip|toArray|pretty|count|size|explain|project){_GIVEN})*\)?;?",
    re.ASCII,
)
_HERE: Final = frozenset(("is:loopback",))
_READ_ONLY: Final = re.compile(r"file:(?!//)([\w./-]+)\?(?:mode=ro|immutable=1)", re.ASCII)
# `file:/home/u/x.db`, `md:x`, `postgres:host=x`.
_KIND: Final = re.compile(r"[A-Za-z][\w+.-]+:")


def _in_file(dialect: str) -> Role:
    """A statement for a database that is a file, the operand that was read before."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if not act.known(arg, added_by):
            return
        found = judge(arg.text, dialect, act.record.budget)
        if found.opaque:
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: {found.opaque}", added_by)
        bases = [one for one in act.record.effects if one.command == act.index and one.kind is EffectKind.READ]
        for base in bases if found.changes else ():
            act.add(EffectKind.WRITE, base.resource)
            if found.destroys:
                act.add(EffectKind.DELETE, base.resource)
        if found.changes and not bases:
            # The statement stands before the file, or there is none.
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: changes a database that is not named", added_by)
        for table in found.files:
            act.path(EffectKind.READ, Arg(table, one="*" not in table, glob="*" in table), added_by)

    return role


def _database_file(act: Act, arg: Arg, added_by: str) -> None:
    """A database that is a file; what stands before a colon would say of what kind, or on which machine, it is."""
    if not arg.why and (plain := _READ_ONLY.fullmatch(arg.text)):
        arg = Arg(plain[1])
    elif not arg.why and _KIND.match(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may lie elsewhere", added_by)
    PATH_ROLES["read"](act, arg, added_by)


def _lines(act: Act, arg: Arg, added_by: str) -> None:
    """What sqlite3 reads: its own commands, of which each is a line, and then statements.

    INVARIANT: behind a statement a line may be part of it, whatever it begins with: `.print '` ends a text there.
    """
    text = arg.text.strip()
    while text[:1] == "." and not arg.why:
        line, _, text = text.partition("\n")
        _in_file("sqlite")(act, Arg(line), added_by)
        text = text.lstrip()
    if text or arg.why:
        _in_file("sqlite")(act, replace(arg, text=text), added_by)


def _script(act: Act, arg: Arg, added_by: str) -> None:
    """What psql reads: statements, with no command of its own between them."""
    if "\\" in arg.text:
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: commands that are not read", added_by)
    else:
        SQL_ROLES["postgres"](act, arg, added_by)


def _on_server(dialect: str) -> Role:
    """A statement for a database that a server keeps."""

    def role(act: Act, arg: Arg, added_by: str) -> None:
        if not act.known(arg, added_by):
            return
        text = _UPRIGHT.sub("", arg.text) if dialect == "mysql" else arg.text
        found = judge(text, dialect, act.record.budget)
        if found.opaque:
            act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: {found.opaque}", added_by)
        elif found.changes:
            # By its nature: what a client is for is said in its words, whatever flag they stand behind.
            act.add(EffectKind.CONFIGURE, f"database: {', '.join(found.changes)}")
        else:
            act.add(EffectKind.QUERY, "database")

    return role


def _server(act: Act, arg: Arg, added_by: str) -> None:
    """The machine that a database lies on; a path is a socket of this one."""
    if not act.known(arg, added_by) or arg.text[:1] == "/":
        return
    for host in arg.text.split(","):
        if kinds(f"database://{host}") != _HERE:
            act.add(EffectKind.NETWORK, f"database://{host[:_LONGEST_HOST]}", added_by)


def _database(act: Act, arg: Arg, added_by: str) -> None:
    """The name of a database, its address, or a list of settings."""
    if not act.known(arg, added_by):
        return
    if "://" in arg.text:
        if kinds(arg.text) != _HERE:
            act.add(EffectKind.NETWORK, arg.text, added_by)
    elif "=" in arg.text or arg.text[:1] == "-":
        # INVARIANT: `-d -c` is no flag `-c`.
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)


def _psql_variable(act: Act, arg: Arg, added_by: str) -> None:
    if act.known(arg, added_by) and not _VARIABLE.fullmatch(arg.text):
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: settings that are not read", added_by)


def _mongo(act: Act, arg: Arg, added_by: str) -> None:
    if not act.known(arg, added_by):
        return
    if _MONGO.fullmatch(arg.text):
        act.add(EffectKind.QUERY, "database")
    else:
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: code that may do more than ask", added_by)


def _mongo_database(act: Act, arg: Arg, added_by: str) -> None:
    """A database by its name or address; a file of code would be run."""
    if not arg.why and "://" not in arg.text and not arg.text.replace("-", "_").isidentifier():
        act.opaque(f"{act.name} {arg.text[:_LONGEST_PART]}: may be code", added_by)
        act.access((arg,))
    else:
        _database(act, arg, added_by)


SQL_ROLES: dict[str, Role] = {
    "sql": _in_file("sqlite"),
    "sqlite-lines": _lines,
    "database-file": _database_file,
    "duckdb": _in_file("duckdb"),
    "postgres": _on_server("postgres"),
    "postgres-script": _script,
    "mysql": _on_server("mysql"),
    "database": _database,
    "psql-variable": _psql_variable,
    "mongo": _mongo,
    "mongo-database": _mongo_database,
    "server": _server,
}
